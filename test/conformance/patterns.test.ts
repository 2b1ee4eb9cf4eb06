/** Host patterns select what they select in Ansible, in its order. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { limitHosts } from '../../src/inventory/patterns.ts';
import type { Inventory } from '../../src/inventory/types.ts';
import { folderWith } from '../inventory/inventory-files.ts';
import { askAnsible, isInstalled, listHosts, titled } from './ansible.ts';
import { createRandom, type Random } from './random.ts';

const INVENTORIES = 60;
const PATTERNS_EACH = 30;

interface Answer {
  readonly hosts?: readonly string[];
  readonly error?: string;
}

const HOSTS = [
  ...[1, 2, 3, 10, 11].map((n) => `web${n}`),
  ...[1, 2].map((n) => `db-${n}.example.com`),
  ...['10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2', 'Web1', 'lone', 'b_1', 'x-1-y'],
];
const GROUPS = ['web', 'db', 'cache', 'prague', 'web_eu', 'eu', 'x1'];

/** Groups below groups that come before them, so that there is no cycle, and hosts in several of them. */
function inventoryFrom(random: Random): string {
  const lines: string[] = [];
  const hosts = HOSTS.filter(() => random.chance(0.7));
  const groups = GROUPS.filter(() => random.chance(0.8));
  const some = <T>(from: readonly T[], probability: number): readonly T[] => {
    const found = from.filter(() => random.chance(probability));
    return found.length > 0 ? found : [random.pick(from)];
  };
  const shuffled = (names: readonly string[]) => names.toSorted(() => random.between(-1, 1));
  lines.push('all:', '  hosts:', ...some(hosts, 0.3).map((host) => `    "${host}":`));
  groups.forEach((group, i) => {
    lines.push(`${group}:`, '  hosts:', ...shuffled(some(hosts, 0.3)).map((host) => `    "${host}":`));
    const below = groups.slice(i + 1).filter(() => random.chance(0.25));
    if (below.length > 0) lines.push('  children:', ...below.map((name) => `    ${name}:`));
  });
  return `${lines.join('\n')}\n`;
}

function partFrom(random: Random): string {
  const name = random.pick([...HOSTS, ...GROUPS, ...GROUPS, 'all', 'ungrouped']);
  const subscript = random.pick(['[0]', '[-1]', '[1]', '[-2]', '[0:1]', '[1:]', '[0:0]', '[2:5]', '[12]', '[1:30]']);
  return random.pick([
    () => name,
    () => name,
    () => `${name.slice(0, random.between(1, 3))}*`,
    () => `*${name.slice(-2)}`,
    () => `${name.slice(0, 1)}?${name.slice(2)}`,
    () => `${name}${subscript}`,
    () => `${random.pick(GROUPS)}${subscript}`,
    () => `${name.slice(0, 2)}*${subscript}`,
    () => `*${subscript}`,
    () => `[${random.pick(['wd', 'a-d', '!w', '!a-m', 'W0-9', ']w', '^w', 'c-'])}]*`,
    () =>
      `~${random.pick(['web', '.*', '(?i)web\\d$', '.*[12]$', '(web|db)', '^10\\.', '\\w+\\.example', '(?P<n>e)u'])}`,
    () => random.pick(['nosuch', 'web99', 'wbe', 'web1:22', '2001:db8::1', '']),
    () =>
      `${random.pick(['2001:db8::1', '2001:db8::*', '2001:db8::?', '2001:DB8::1', 'db::1'])}${random.pick(['', subscript])}`,
  ])();
}

function patternFrom(random: Random): string {
  const parts = Array.from(
    { length: random.between(1, 4) },
    () => `${random.pick(['', '', '', '&', '!'])}${partFrom(random)}`,
  );
  const meant = parts.filter((part) => !/^[&!]?$/.test(part));
  // Ansible takes an address behind a sign for three names, unless there is a comma.
  if (meant.some((part) => /^[&!].*::/.test(part))) return meant.map((part) => `${part},`).join('');
  return meant.join(random.pick([',', ',', ':', ', ']));
}

function ours(inventory: Inventory, pattern: string): Answer {
  try {
    return { hosts: limitHosts(inventory, pattern).map(({ name }) => name) };
  } catch (error) {
    if (error instanceof ProvisionError) return { error: `${error.code}: ${error.message}` };
    throw error;
  }
}

/**
 * The same hosts in the same order; or nobody selects any: Ansible refuses it, or says that nothing is left.
 * We refuse besides a slice that is empty, where Ansible goes on with the other parts.
 */
function agree(mine: Answer, theirs: Answer): boolean {
  if (mine.hosts !== undefined) return JSON.stringify(mine.hosts) === JSON.stringify(theirs.hosts);
  if (mine.error?.includes('no host is at that position')) return true;
  return theirs.error !== undefined || theirs.hosts?.length === 0;
}

describe.skipIf(!isInstalled)(titled('host patterns'), () => {
  it(`are ${INVENTORIES * PATTERNS_EACH} times what Ansible has`, async () => {
    const random = createRandom(6);
    const cases = Array.from({ length: INVENTORIES }, () => ({
      file: join(folderWith({ 'prod.yml': inventoryFrom(random) }), 'prod.yml'),
      limits: Array.from({ length: PATTERNS_EACH }, () => patternFrom(random) || 'all'),
    }));
    const requests = cases.map(({ file, limits }) => ({ inventory: file, limits }));
    const answers = askAnsible<readonly Answer[]>('patterns-oracle.py', requests);
    const differences: unknown[] = [];
    let selected = 0;
    for (const [i, { file, limits }] of cases.entries()) {
      const inventory = await loadInventory(file, { env: {} });
      for (const [j, limit] of limits.entries()) {
        const [mine, theirs] = [ours(inventory, limit), answers[i]?.[j] ?? {}];
        if (!agree(mine, theirs)) differences.push({ limit, mine, theirs });
        if (mine.hosts !== undefined) selected += 1;
      }
    }
    expect(differences).toEqual([]);
    // Else it would be the errors alone that are compared.
    expect(selected).toBeGreaterThan(500);
  });

  const FILE = `
all: { hosts: { lone: , web1: } }
web: { hosts: { web3: , web1: , web2: , both: } }
both: { hosts: { db1: } }
db: { hosts: { db1: , "2001:db8::1": , web2: } }
`;

  it.each([
    ['web'],
    ['db,web'],
    ['web[1:],!web2'],
    ['all:&db'],
    ['2001:db8::1'],
    ['2001:db8::1[0]'],
    ['2001:db8::*'],
    ['~w.b[12]'],
    ['both'],
    ['both*'],
    ['all,!both'],
  ])('%s, by the command itself', async (pattern) => {
    const file = join(folderWith({ 'prod.yml': FILE }), 'prod.yml');
    expect(ours(await loadInventory(file, { env: {} }), pattern)).toEqual({ hosts: listHosts(file, pattern) });
  });

  it('a file of hosts, by the command itself', async () => {
    const dir = folderWith({ 'prod.yml': FILE, list: 'web1\nweb2\n\n' });
    const [file, limit] = [join(dir, 'prod.yml'), `@${join(dir, 'list')},&db`];
    expect(listHosts(file, 'all', limit)).toEqual(['web2']);
    expect(ours(await loadInventory(file, { env: {} }), limit)).toEqual({ hosts: ['web2'] });
  });
});
