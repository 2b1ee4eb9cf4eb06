/** The lists that the scripts ask for at a Tab: as little as possible is read for each, and nothing is run. */
import { dirname, join } from 'node:path';
import { loadInventory } from '../../inventory/load.ts';
import { roleNames } from '../../inventory/roles/files.ts';
import { type Host, type Inventory, isMapping } from '../../inventory/types.ts';
import { runNames } from '../../runs/folder.ts';
import type { ListName } from '../arguments/option-specs.ts';
import { ownRunsFolder } from '../run-log.ts';

/** What needs no quotes in any shell: completing a name must not be a way to run something. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_.:/-]*$/u;

const LISTS: Readonly<
  Record<ListName, (inventory: readonly string[], above: readonly string[]) => Promise<Iterable<string>>>
> = {
  hosts: async (sources) => (await read(sources)).hosts.keys(),
  async patterns(sources) {
    const { groups, hosts } = await read(sources);
    return [...groups.keys(), ...hosts.keys()];
  },
  async roles(sources) {
    const folders = sources.length === 0 ? ['.'] : sources.flatMap((source) => [source, dirname(source)]);
    return folders.flatMap((folder) => [...roleNames(join(folder, 'roles'))]);
  },
  services: async (sources) => [...services(await read(sources)), 'haproxy', 'provision'],
  variables: async (sources, above) =>
    [...(await read(sources)).hosts.values()].flatMap((host) => keysAt(varsOf(host), above)),
  async topics(_sources, above) {
    const { loadReference } = await import('../../reference/topics.ts');
    const { topics, paths } = await loadReference();
    const names = topics.map(({ name }) => name);
    if (above.length === 0) return names;
    const isBelow = (path: string) => path.startsWith(`${above.join('.')}.`);
    return [...names, ...paths].filter(isBelow).map((path) =>
      path
        .split('.')
        .slice(0, above.length + 1)
        .join('.'),
    );
  },
  runs: async () => runNames(ownRunsFolder()),
};

/** @param beginning what was typed of the name: `stack.ser`; deeper names are listed as deep as that
 * @param inventory the sources of the inventory; none for lists that need none @throws ProvisionError as `loadInventory` */
export async function listNamed(
  name: ListName,
  inventory: readonly string[],
  beginning = '',
): Promise<readonly string[]> {
  const above = beginning.split('.').slice(0, -1);
  return [...new Set(await LISTS[name](inventory, above))].filter((word) => PLAIN.test(word));
}

/** Without any key, and without running a program: a Tab must neither ask nor do anything. */
async function read(sources: readonly string[]): Promise<Inventory> {
  return loadInventory(sources, { env: {}, mayRun: false });
}

/** With all that stands before them: `stack.name`. */
function keysAt(vars: Host['vars'], above: readonly string[]): readonly string[] {
  let value: unknown = vars;
  for (const key of above) value = isMapping(value) ? value[key] : undefined;
  return isMapping(value) ? Object.keys(value).map((key) => [...above, key].join('.')) : [];
}

/** None where a file of them is encrypted. */
function varsOf(host: Host): Host['vars'] {
  try {
    return host.vars;
  } catch {
    return {};
  }
}

/** As the inventory names them: the roles, which would tell exactly, take too long to load. */
function services({ hosts }: Inventory): readonly string[] {
  return [...hosts.values()].flatMap((host) => {
    const { stack } = varsOf(host);
    const parts = isMapping(stack) ? [stack.services, stack.databases] : [];
    return parts.flatMap((part) => (isMapping(part) ? Object.keys(part) : []));
  });
}
