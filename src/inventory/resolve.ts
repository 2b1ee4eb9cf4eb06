import type { Peer, RoleDefinition } from '../engine/role.ts';
import { ProvisionError } from '../errors.ts';
import { suggest } from '../schema/nearest.ts';
import type { Secret } from '../shell/secret.ts';
import type { ConnectionSettings } from '../transport/settings.ts';
import { readConnection } from './connection.ts';
import { createResolver, type Resolver } from './expressions/references.ts';
import { ignoredVariables } from './foreign-variables.ts';
import { checkAllVariables, evaluateParams, type LeftVariable, type RoleUse } from './params.ts';
import { limitHosts } from './patterns.ts';
import { createPeerReader } from './peers.ts';
import { createRoleReader } from './roles/reader.ts';
import { readSecrets, type SecretSource } from './secrets/secrets.ts';
import type { Host, Inventory } from './types.ts';

/** A host with everything that the inventory says of it: what the engine needs to work on it. */
export interface ResolvedHost {
  readonly name: string;
  readonly groups: readonly string[];
  readonly settings: ConnectionSettings;
  /** In the order in which they are applied. */
  readonly roles: readonly RoleUse[];
  readonly secrets: readonly SecretSource[];
  /** Those of its variables that mean something to Ansible alone, and are passed over. */
  readonly ignored: readonly string[];
  /** Those that nothing reads, and that cannot be resolved. */
  readonly left: readonly LeftVariable[];
  /** Absolute path of the folder that local paths in the inventory are relative to. */
  readonly inventoryDir: string;
  /** Where that path of a variable stands: `prod.yml:12:7`. */
  origin(path: readonly PropertyKey[]): string | undefined;
  /** The hosts that a pattern selects which one of the roles has named. @throws ProvisionError `role-invalid` for another one */
  peers(pattern: string): readonly Peer[];
}

/** A host with its roles, their parameters not yet checked. */
export interface ReadHost {
  readonly resolver: Resolver;
  readonly settings: ConnectionSettings;
  readonly secrets: readonly SecretSource[];
  readonly definitions: readonly RoleDefinition[];
  readonly left: readonly LeftVariable[];
}

export interface HostSelection {
  /** Pattern of hosts and groups (see `limitHosts`); all hosts where it is undefined. */
  readonly limit?: string | undefined;
  /** Only these of each host's roles; hosts that have none of them are left out. */
  readonly roles?: readonly string[] | undefined;
  /** Variables that the caller reads: their names are no typos. */
  readonly variables?: readonly string[] | undefined;
}

/**
 * The selected hosts, completely read and checked: whatever is wrong with one of them shows here, before a host is touched.
 * @throws ProvisionError each of `inventory-*`, `role-*`, `secret-missing`, and `usage`
 */
export async function resolveHosts(
  inventory: Inventory,
  { limit, roles: only, variables }: HostSelection = {},
): Promise<ResolvedHost[]> {
  const loadRoles = createRoleReader(inventory);
  const read = new Map<string, Promise<ReadHost>>();
  const readPeers = createPeerReader(inventory, readOnce);
  const resolved: ResolvedHost[] = [];
  const known = new Set<string>();
  for (const host of limit === undefined ? inventory.hosts.values() : limitHosts(inventory, limit)) {
    const { definitions, ...parts } = await resolveHost(host);
    for (const { name } of definitions) known.add(name);
    if (only === undefined || parts.roles.length > 0) resolved.push(parts);
  }
  const unknown = only?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new ProvisionError('role-not-found', `no selected host has the role ${JSON.stringify(unknown)}`, {
      hint: suggest(unknown, known),
    });
  }
  if (known.size === 0) {
    const hint = 'Name them in the variable `roles`: `roles: [users, packages]`.';
    throw new ProvisionError('inventory-structure', 'no selected host has any roles', {
      location: inventory.path,
      hint,
    });
  }
  checkAddresses(resolved, inventory);
  return resolved;

  async function resolveHost(host: Host): Promise<ResolvedHost & { definitions: readonly RoleDefinition[] }> {
    const { resolver, settings, secrets, definitions, left } = await readOnce(host);
    const chosen = only === undefined ? definitions : definitions.filter(({ name }) => only.includes(name));
    const roles = evaluateParams(chosen, resolver);
    const peers = await readPeers(host, roles);
    const { name, groups, origin } = host;
    const ignored = ignoredVariables(host);
    const { dir: inventoryDir } = inventory;
    return { name, groups, settings, roles, secrets, ignored, left, inventoryDir, origin, peers, definitions };
  }

  /** Once, although it may be worked on and be the peer of others. */
  function readOnce(host: Host): Promise<ReadHost> {
    const reading = read.get(host.name) ?? readHost(host);
    read.set(host.name, reading);
    return reading;
  }

  async function readHost(host: Host): Promise<ReadHost> {
    const secretsByName = new Map<string, Secret>();
    const resolver = createResolver(host, inventory, secretsByName);
    const secrets = await readSecrets(resolver, inventory);
    for (const { name, secret } of secrets) secretsByName.set(name, secret);
    const settings = readConnection(resolver, inventory);
    const definitions = await loadRoles(resolver);
    const left = checkAllVariables(resolver, definitions, variables);
    return { resolver, settings, secrets, definitions, left };
  }
}

/** Two names for one machine would be worked on at the same time, each undoing what the other does. */
function checkAddresses(resolved: readonly ResolvedHost[], { hosts }: Inventory): void {
  const seen = new Map<string, string>();
  for (const { name, settings } of resolved) {
    const { transport, hostname = name, port, user, jump } = settings;
    const address = JSON.stringify(transport === 'local' ? ['local'] : [hostname, port ?? 22, user, jump]);
    const first = seen.get(address);
    if (first !== undefined) {
      const message = `${first} and ${name} are the same host: ${transport === 'local' ? 'this machine' : hostname}`;
      const location = hosts.get(name)?.origin(['ansible_host']) ?? hosts.get(name)?.location;
      const hint = `${first} stands at ${hosts.get(first)?.location}. Remove one of the two, or correct its address.`;
      throw new ProvisionError('inventory-duplicate-host', message, { host: name, location, hint });
    }
    seen.set(address, name);
  }
}
