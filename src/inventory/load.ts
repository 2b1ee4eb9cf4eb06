import { dirname, resolve } from 'node:path';
import { type Keyring, NO_KEYS } from '../vault/keyring.ts';
import { type Declarations, type DeclaredHost, readDeclarations } from './declarations.ts';
import { createGroupTree, type GroupTree } from './groups.ts';
import { originOfPath } from './origins.ts';
import type { Group, Host, Inventory, Layer } from './types.ts';
import { readYamlFile } from './yaml-file.ts';

/**
 * Reads an inventory: groups, hosts and their variables. References in variables are resolved later, for each host.
 *
 * @example const inventory = await loadInventory('prod.yml', { env: process.env });
 * @param keyring opens what is encrypted, and is asked only where something is
 * @throws ProvisionError `inventory-not-found`, `file-unreadable`, `inventory-syntax`, `inventory-structure`,
 *   `inventory-duplicate-host`, `inventory-empty-group`, `vault-damaged`, what the keyring throws, and for a file that is
 *   encrypted as a whole what `openVault` throws
 */
export async function loadInventory(
  path: string,
  { env, keyring = NO_KEYS }: { env: NodeJS.ProcessEnv; keyring?: Keyring },
): Promise<Inventory> {
  const file = await readYamlFile(path, keyring);
  const declarations = readDeclarations(file);
  const tree = createGroupTree(declarations.groups);
  return {
    path,
    dir: dirname(resolve(path)),
    groups: buildGroups(declarations, tree),
    hosts: buildHosts(declarations, tree),
    env,
    keyring,
    isEncrypted: file.isEncrypted,
  };
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

function buildHosts({ groups, hosts }: Declarations, tree: GroupTree): Map<string, Host> {
  return new Map(
    [...hosts.values()].map((host) => {
      const order = tree.mergeOrder([...host.groups]);
      return [
        host.name,
        buildHost(
          host,
          order,
          order.flatMap((name) => (groups.get(name)?.vars ?? []).map((vars): Layer => ({ kind: 'group', name, vars }))),
        ),
      ];
    }),
  );
}

function buildHost(host: DeclaredHost, groups: readonly string[], ofGroups: readonly Layer[]): Host {
  const layers: readonly Layer[] = [...ofGroups, { kind: 'host', name: host.name, vars: host.vars }];
  return {
    name: host.name,
    location: host.location,
    groups,
    vars: Object.assign({}, ...layers.map(({ vars }) => vars)),
    layers,
    origin([name, ...rest]) {
      const layer = name === undefined ? undefined : layers.findLast(({ vars }) => Object.hasOwn(vars, name));
      return layer && originOfPath(layer.vars, [name as PropertyKey, ...rest]);
    },
  };
}
