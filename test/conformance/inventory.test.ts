/** What we make of an inventory, and what Ansible does: host by host, variable by variable. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { generate, type Question } from './generate.ts';
import { createRandom } from './random.ts';

const ORACLE = join(import.meta.dirname, 'oracle.py');
/** The one whose modules Debian's ansible-core installs. */
const PYTHON = '/usr/bin/python3';
const isInstalled = spawnSync('ansible-inventory', ['--version']).status === 0;
const title = isInstalled
  ? 'as ansible-inventory'
  : 'ansible-core IS NOT INSTALLED: NOTHING IS COMPARED WITH IT (apt-get install ansible-core)';

const SEEDS = Array.from({ length: 320 }, (_, i) => i + 1);
/** Through the command itself: each takes a second. */
const BY_COMMAND = [1, 2, 3, 4, 5, 6];

interface Told {
  readonly hosts: Readonly<
    Record<string, { readonly groups: readonly string[]; readonly vars: Readonly<Record<string, unknown>> }>
  >;
  readonly groups: Readonly<
    Record<string, { readonly hosts: readonly string[]; readonly children: readonly string[] }>
  >;
}

const root = mkdtempSync(join(tmpdir(), 'provision-conformance-'));
const questions = new Map<number, Question>();
const theirs = new Map<number, Told | { readonly error: string }>();

describe.skipIf(!isInstalled)(title, () => {
  beforeAll(() => {
    for (const seed of SEEDS) write(seed);
    const input = SEEDS.map((seed) =>
      JSON.stringify({ ...questions.get(seed), files: undefined, folder: folderOf(seed) }),
    );
    const { stdout, stderr } = spawnSync(PYTHON, [ORACLE], {
      // For Ansible the working folder is that of a playbook: group_vars there would count over all others.
      cwd: root,
      input: `${input.join('\n')}\n`,
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      env: { PATH: process.env.PATH, HOME: root, LC_ALL: 'C.UTF-8' },
    });
    const lines = stdout.trimEnd().split('\n');
    if (lines.length !== SEEDS.length)
      throw new Error(`the oracle gave ${lines.length} answers\n${stderr.slice(-2000)}`);
    SEEDS.forEach((seed, i) => {
      theirs.set(seed, JSON.parse(lines[i] ?? '') as Told);
    });
  }, 180_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('compares inventories of every kind, and few that Ansible refuses', () => {
    const all = [...questions.values()];
    const count = (has: (question: Question) => boolean) => all.filter(has).length;
    expect(count(({ sources }) => sources.length > 1)).toBeGreaterThan(50);
    expect(count(({ sources }) => sources.includes('inv'))).toBeGreaterThan(50);
    expect(count(({ extraVars }) => extraVars.length > 0)).toBeGreaterThan(50);
    expect(count(({ files }) => Object.keys(files).some((file) => file.includes('_vars/')))).toBeGreaterThan(200);
    for (const form of ['[', '#!', '{', '---']) {
      expect(count(({ files }) => Object.values(files).some((text) => text.includes(form)))).toBeGreaterThan(20);
    }
    expect([...theirs.values()].filter((told) => 'error' in told).length).toBeLessThan(20);
  });

  it.each(SEEDS)('inventory %i', async (seed) => {
    const told = theirs.get(seed);
    const question = questions.get(seed);
    if (told === undefined || question === undefined) throw new Error('the oracle gave no answer');
    const ours = await ask(seed, question);
    if (ours instanceof ProvisionError) {
      // Refused here on purpose, each for a reason that docs/from-ansible.md tells.
      if ('error' in told) return;
      expect({ code: ours.code, message: ours.message, isTold: isTold(ours) }).toMatchObject({ isTold: true });
      return;
    }
    if ('error' in told) throw new Error(`Ansible refuses it: ${told.error}`);
    expect(normal(ours)).toEqual(normal(told));
  });

  it('refuses few of them', async () => {
    const answers = await Promise.all(SEEDS.map((seed) => ask(seed, questions.get(seed) as Question)));
    const refused = answers.filter((answer) => answer instanceof ProvisionError);
    expect(SEEDS.length - refused.length).toBeGreaterThanOrEqual(300);
  });

  it.each(BY_COMMAND)('inventory %i, by the command ansible-inventory itself', (seed) => {
    const { sources, extraVars } = questions.get(seed) as Question;
    const args = [
      ...sources.flatMap((source) => ['-i', pathOf(seed, source)]),
      ...extraVars.flatMap((vars) => ['-e', vars]),
    ];
    const env = { PATH: process.env.PATH, HOME: root, LC_ALL: 'C.UTF-8' };
    const { stdout } = spawnSync('ansible-inventory', [...args, '--list'], { cwd: root, encoding: 'utf8', env });
    const { _meta } = JSON.parse(stdout) as { _meta: { hostvars: Record<string, unknown> } };
    const told = theirs.get(seed) as Told;
    const filled = Object.entries(told.hosts).filter(([, { vars }]) => Object.keys(vars).length > 0);
    expect(_meta.hostvars).toEqual(Object.fromEntries(filled.map(([name, { vars }]) => [name, vars])));
  });
});

function folderOf(seed: number): string {
  return join(root, String(seed));
}

function pathOf(seed: number, source: string): string {
  return source.includes(',') ? source : join(folderOf(seed), source);
}

function write(seed: number): void {
  const question = generate(createRandom(seed));
  questions.set(seed, question);
  for (const [name, text] of Object.entries(question.files)) {
    const path = join(folderOf(seed), name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (text.startsWith('#!')) chmodSync(path, 0o755);
  }
}

async function ask(seed: number, { sources, extraVars }: Question): Promise<Told | ProvisionError> {
  const paths = sources.map((source) => pathOf(seed, source));
  try {
    const { hosts, groups } = await loadInventory(paths, { env: {}, extraVars });
    return {
      hosts: Object.fromEntries(
        [...hosts.values()].map(({ name, groups: of, vars }) => [
          name,
          { groups: [...of].sort(), vars: vars as Told['hosts'][string]['vars'] },
        ]),
      ),
      groups: Object.fromEntries(
        [...groups.values()].map(({ name, hosts: of, children }) => [
          name,
          { hosts: [...of].sort(), children: [...children].sort() },
        ]),
      ),
    };
  } catch (error) {
    if (error instanceof ProvisionError) return error;
    throw error;
  }
}

/** What is an error here and none there. */
function isTold({ code, message }: ProvisionError): boolean {
  return code === 'inventory-empty-group' || code === 'inventory-duplicate-host' || /which is no group$/.test(message);
}

/** Without `ungrouped` where it has no hosts: there it always is, here where somebody names it. */
function normal({ hosts, groups }: Told): Told {
  const isIdle = groups.ungrouped?.hosts.length === 0;
  const kept = Object.entries(groups).filter(([name]) => name !== 'ungrouped' || !isIdle);
  return {
    hosts,
    groups: Object.fromEntries(
      kept.map(([name, { hosts: of, children }]) => [
        name,
        { hosts: of, children: isIdle ? children.filter((child) => child !== 'ungrouped') : children },
      ]),
    ),
  };
}
