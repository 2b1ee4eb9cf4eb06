import { dirname, resolve } from 'node:path';
import { type Declarations, type DeclaredHost, readDeclarations } from './declarations.ts';
import { createGroupTree, type GroupTree } from './groups.ts';
import { originOfPath } from './origins.ts';
import type { Group, Host, Inventory, Vars } from './types.ts';
import { readYamlFile } from './yaml-file.ts';

/**
 * Reads an inventory: groups, hosts and their variables. References in variables are resolved later, for each host.
 *
 * @example const inventory = await loadInventory('prod.yml', { env: process.env });
 * @throws ProvisionError `inventory-not-found`, `file-unreadable`, `inventory-syntax`, `inventory-structure`,
 *   `inventory-duplicate-host`, `inventory-empty-group`
 */
export async function loadInventory(path: string, { env }: { env: NodeJS.ProcessEnv }): Promise<Inventory> {
  const declarations = readDeclarations(await readYamlFile(path));
  const tree = createGroupTree(declarations.groups);
  return {
    path,
    dir: dirname(resolve(path)),
    groups: buildGroups(declarations, tree),
    hosts: buildHosts(declarations, tree),
    env,
  };
}

function buildGroups({ groups, hosts }: Declarations, tree: GroupTree): Map<string, Group> {
  const positions = new Map([...hosts.keys()].map((name, i) => [name, i]));
  const position = (name: string) => positions.get(name) ?? 0;
  return new Map(
    [...groups.values()].map(({ name, location }) => {
      const members = [...tree.members(name)].sort((a, b) => position(a) - position(b));
      return [name, { name, location, hosts: members }];
    }),
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
          order.flatMap((name) => groups.get(name)?.vars ?? []),
        ),
      ];
    }),
  );
}

function buildHost(host: DeclaredHost, groups: readonly string[], groupVars: readonly Vars[]): Host {
  const layers = [...groupVars, host.vars];
  return {
    name: host.name,
    location: host.location,
    groups,
    vars: Object.assign({}, ...layers),
    origin([name, ...rest]) {
      const layer = name === undefined ? undefined : layers.findLast((vars) => Object.hasOwn(vars, name));
      return layer && originOfPath(layer, [name as PropertyKey, ...rest]);
    },
  };
}
