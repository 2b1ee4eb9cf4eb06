/** The two workloads of bench/noop.ts ask for the same things: a time means nothing beside one for something else. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import workload from '../../bench/roles/workload.ts';
import { resourcesOf } from '../roles/role.ts';

interface Task {
  readonly loop?: readonly string[];
  readonly [module: string]: unknown;
}

const BENCH = fileURLToPath(new URL('../../bench', import.meta.url));
const [{ tasks }] = parse(readFileSync(`${BENCH}/ansible/site.yml`, 'utf8')) as [{ tasks: readonly Task[] }];
const resources = resourcesOf(workload, {}, { localPath: (path) => `${BENCH}/${path}` });

/** The arguments of all tasks of these modules, one for each turn of a loop. */
function argumentsOf(...modules: readonly string[]): Record<string, unknown>[] {
  return tasks.flatMap((task) => {
    const given = modules.flatMap((module) => (task[module] ? [task[module] as Record<string, unknown>] : []));
    return given.flatMap((one) => (task.loop ?? ['']).map((item) => fill(one, item)));
  });
}

/** Ours has the names of packages sorted, and those of units in full. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.toSorted();
  return typeof value === 'string' ? value.replace(/\.service$/, '') : value;
}

function fill(given: Record<string, unknown>, item: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(given).replaceAll('{{ item }}', item));
}

function ours(kind: string): Record<string, unknown>[] {
  return resources
    .filter(({ id }) => id.startsWith(`${kind}:`))
    .map(({ desired }) => desired as Record<string, unknown>);
}

const pick = (all: Record<string, unknown>[], ...keys: readonly string[]) =>
  all.map((one) => keys.map((key) => plain(one[key])));

describe('the workload of the bench', () => {
  it.each([
    ['groups', ours('group'), ['name'], argumentsOf('ansible.builtin.group'), ['name']],
    ['users', ours('user'), ['name', 'shell'], argumentsOf('ansible.builtin.user'), ['name', 'shell']],
    ['packages', ours('packages'), ['names'], argumentsOf('ansible.builtin.apt'), ['name']],
    ['folders', ours('directory'), ['path', 'mode'], argumentsOf('ansible.builtin.file'), ['path', 'mode']],
    ['services', ours('service'), ['name', 'enabled'], argumentsOf('ansible.builtin.service'), ['name', 'enabled']],
  ])('has the same %s', (_, own, ownKeys, theirs, theirKeys) => {
    expect(own.length).toBeGreaterThan(0);
    expect(pick(own, ...ownKeys)).toEqual(pick(theirs, ...theirKeys));
  });

  it('has the same keys of users', () => {
    const theirs = argumentsOf('ansible.posix.authorized_key').map(({ user, key }) => [user, [key]]);
    expect(pick(ours('authorized-keys'), 'user', 'keys')).toEqual(theirs);
  });

  it('has the same files', () => {
    const sudoers = ours('sudoers').map(({ name }) => [`/etc/sudoers.d/${name}`, '0440']);
    const theirs = argumentsOf('ansible.builtin.copy', 'ansible.builtin.template');
    expect([...sudoers, ...pick(ours('file'), 'path', 'mode')]).toEqual(pick(theirs, 'dest', 'mode'));
  });

  it('has the same texts of files, where they are no templates', () => {
    const paths = new Map(ours('file').map(({ path, content }) => [path, content]));
    const theirs = argumentsOf('ansible.builtin.copy').filter(({ dest }) => paths.has(dest));
    expect(theirs).toHaveLength(2);
    for (const { dest, content } of theirs) expect(paths.get(dest)).toBe(content);
  });

  it('has the same certificate', () => {
    const script = JSON.stringify(tasks.find(({ name }) => name === 'self-signed certificate'));
    const [certificate] = ours('certificate');
    expect(script).toContain(`-subj /CN=${certificate?.commonName} `);
    expect(script).toContain(`-days ${certificate?.days} `);
    expect(script).toContain(`"creates":"${certificate?.path}"`);
  });
});
