/** The inventory of a scenario: its file, or one host that has the role; the hosts' addresses are those of throwaway hosts. */

import { createResolver } from '../inventory/expressions/references.ts';
import { loadInventory } from '../inventory/load.ts';
import type { ResolvedHost } from '../inventory/resolve.ts';
import { resolveHosts } from '../inventory/resolve.ts';
import type { Group, Host, Inventory } from '../inventory/types.ts';
import { parseVariables } from '../inventory/variables.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Scenario } from './scenarios.ts';
import { TEST_SCHEMA, type TestSpec } from './spec.ts';

/** What a scenario without a file calls its host. */
const ONLY_HOST = 'host';

export interface TrialHostSpec extends ResolvedHost {
  readonly test: TestSpec;
}

/** @throws ProvisionError as `loadInventory` */
export async function loadScenario(
  { file, role, dir }: Scenario,
  { env, keyring }: { env: NodeJS.ProcessEnv; keyring: Keyring },
): Promise<Inventory> {
  const inventory =
    file === undefined ? bareInventory(role, dir, env, keyring) : await loadInventory(file, { env, keyring });
  const hosts = [...inventory.hosts.values()].map((host) => withVariables(host, { roles: [role], ...host.vars }));
  return { ...inventory, dir, hosts: byName(hosts) };
}

/**
 * Its hosts, completely read and checked, as they are reached at these addresses; a host that is not among them is checked as
 * if it were somewhere.
 * @throws ProvisionError as `resolveHosts`
 */
export async function resolveScenario(
  inventory: Inventory,
  addresses: ReadonlyMap<string, string> = new Map(),
): Promise<readonly TrialHostSpec[]> {
  const hosts = [...inventory.hosts.values()].map((host) =>
    withVariables(host, { ...host.vars, ansible_host: addresses.get(host.name) ?? `${host.name}.invalid` }),
  );
  const placed = { ...inventory, hosts: byName(hosts) };
  const resolved = await resolveHosts(placed, { variables: Object.keys(TEST_SCHEMA.shape) });
  return resolved.map((host) => {
    const secrets = new Map(host.secrets.map(({ name, secret }) => [name, secret]));
    const resolver = createResolver(placed.hosts.get(host.name) as Host, placed, secrets);
    return { ...host, test: parseVariables(TEST_SCHEMA, resolver, 'provision test').test };
  });
}

function bareInventory(role: string, dir: string, env: NodeJS.ProcessEnv, keyring: Keyring): Inventory {
  const location = `the role ${role}`;
  const group = (name: string, ownHosts: readonly string[], children: readonly string[], depth: number): Group => {
    return { name, location, hosts: [ONLY_HOST], ownHosts, children, depth, priority: 1 };
  };
  const groups = [group('all', [], ['ungrouped'], 0), group('ungrouped', [ONLY_HOST], [], 1)];
  const host: Host = {
    name: ONLY_HOST,
    location,
    groups: ['all', 'ungrouped'],
    vars: {},
    layers: [],
    origin: () => undefined,
  };
  return {
    path: location,
    dir,
    groups: byName(groups),
    hosts: byName([host]),
    implicitHost: () => undefined,
    env,
    keyring,
    isEncrypted: false,
  };
}

function withVariables(host: Host, vars: Host['vars']): Host {
  return { ...host, vars };
}

function byName<T extends { readonly name: string }>(all: readonly T[]): Map<string, T> {
  return new Map(all.map((one) => [one.name, one]));
}
