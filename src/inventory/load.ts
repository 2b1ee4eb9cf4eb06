import { dirname, resolve } from 'node:path';
import { type Keyring, NO_KEYS } from '../vault/keyring.ts';
import type { Declarations } from './declarations.ts';
import { createGroupTree, type GroupTree } from './groups.ts';
import { createHostBuilder } from './layers.ts';
import { createSeals } from './secrets/vaulted.ts';
import { readSources } from './sources/sources.ts';
import type { Group, Host, Inventory } from './types.ts';

export interface InventoryOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Opens what is encrypted, and is asked only where something is. */
  readonly keyring?: Keyring;
  /** What the command line sets, each as `--extra-vars` has it; a later one counts. */
  readonly extraVars?: readonly string[];
  /** Whether sources that are programs may be run; else they are left out. */
  readonly mayRun?: boolean;
}

/** The names by which Ansible knows this machine. */
const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];

/**
 * Reads an inventory: groups, hosts and their variables. References in variables are resolved later, for each host.
 *
 * @example const inventory = await loadInventory('prod.yml', { env: process.env });
 * @param paths sources: files of YAML, JSON or INI, programs, folders of those, and names with commas (`web1,web2,`)
 * @throws ProvisionError `inventory-not-found`, `file-unreadable`, `inventory-syntax`, `inventory-structure`, `inventory-duplicate-host`,
 *   `inventory-empty-group`, `inventory-script-failed`, `vault-damaged`, what the keyring throws, and for a source that is encrypted as
 *   a whole what `openVault` throws
 */
export async function loadInventory(
  paths: string | readonly string[],
  { env, keyring = NO_KEYS, extraVars = [], mayRun = true }: InventoryOptions,
): Promise<Inventory> {
  const sources = typeof paths === 'string' ? [paths] : paths;
  const { seal, unlock } = createSeals();
  const { declarations, isEncrypted, folders } = await readSources(sources, { keyring, seal, mayRun });
  const tree = createGroupTree(declarations.groups);
  const isLocalNamed = LOCAL_NAMES.some((name) => declarations.hosts.has(name));
  const hostNames = [...declarations.hosts.keys(), ...(isLocalNamed ? [] : LOCAL_NAMES)];
  const { buildHost, buildImplicit } = await createHostBuilder(declarations, {
    hostNames,
    folders,
    extraVars,
    keyring,
    seal,
  });
  await unlock(keyring);
  return {
    path: sources.join(', '),
    dir: resolve(dirOf(sources, folders)),
    groups: buildGroups(declarations, tree),
    hosts: new Map(
      [...declarations.hosts.values()].map((host): [string, Host] => [
        host.name,
        buildHost(host, tree.mergeOrder([...host.groups])),
      ]),
    ),
    implicitHost: (name) => (isLocalNamed || !LOCAL_NAMES.includes(name) ? undefined : buildImplicit(name)),
    env,
    keyring,
    isEncrypted,
  };
}

/** Beside the first file, or in the first folder: roles lie there, and paths are relative to it. */
function dirOf(sources: readonly string[], folders: readonly string[]): string {
  const [first] = sources.filter((path) => folders.includes(path) || folders.includes(dirname(path)));
  if (first === undefined) return '.';
  return folders.includes(first) ? first : dirname(first);
}

function buildGroups({ groups }: Declarations, tree: GroupTree): Map<string, Group> {
  return new Map(
    [...groups.values()].map(({ name, location, hosts: own }) => [
      name,
      {
        name,
        location,
        hosts: [...tree.members(name)],
        ownHosts: name === 'all' ? [] : [...own],
        children: tree.children(name),
        depth: tree.depth(name),
        priority: tree.priority(name),
      },
    ]),
  );
}
