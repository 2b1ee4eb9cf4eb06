/** The lists that the scripts ask for at a Tab: as little as possible is read for each, and nothing is run. */
import { dirname, join } from 'node:path';
import { loadInventory } from '../../inventory/load.ts';
import { roleNames } from '../../inventory/role-files.ts';
import { type Inventory, isMapping } from '../../inventory/types.ts';
import { runNames } from '../../runs/folder.ts';
import type { ListName } from '../option-specs.ts';
import { ownRunsFolder } from '../run-log.ts';

/** What needs no quotes in any shell: completing a name must not be a way to run something. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_.:/-]*$/u;

const LISTS: Readonly<Record<ListName, (inventory: string) => Promise<Iterable<string>>>> = {
  hosts: async (file) => (await read(file)).hosts.keys(),
  async patterns(file) {
    const { groups, hosts } = await read(file);
    return [...groups.keys(), ...hosts.keys()];
  },
  roles: async (file) => roleNames(join(file === '' ? '.' : dirname(file), 'roles')),
  services: async (file) => [...services(await read(file)), 'haproxy', 'provision'],
  variables: async (file) => [...(await read(file)).hosts.values()].flatMap(({ vars }) => Object.keys(vars)),
  async topics() {
    const { loadReference } = await import('../../reference/topics.ts');
    return (await loadReference()).topics.map(({ name }) => name);
  },
  runs: async () => runNames(ownRunsFolder()),
};

/** @param inventory path of the inventory; may be empty for lists that need none @throws ProvisionError as `loadInventory` */
export async function listNamed(name: ListName, inventory: string): Promise<readonly string[]> {
  return [...new Set(await LISTS[name](inventory))].filter((word) => PLAIN.test(word));
}

/** Without any key: a Tab must not ask for a password. */
async function read(file: string): Promise<Inventory> {
  return loadInventory(file, { env: {} });
}

/** As the inventory names them: the roles, which would tell exactly, take too long to load. */
function services({ hosts }: Inventory): readonly string[] {
  return [...hosts.values()].flatMap(({ vars: { stack } }) => {
    const parts = isMapping(stack) ? [stack.services, stack.databases] : [];
    return parts.flatMap((part) => (isMapping(part) ? Object.keys(part) : []));
  });
}
