/** bench/roles/many.ts and bench/ansible/many.yml ask for the same things. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manyOf } from '../../bench/many.ts';
import many from '../../bench/roles/many.ts';
import { resourcesOf } from '../roles/role.ts';

const PLAYBOOK = fileURLToPath(new URL('../../bench/ansible/many.yml', import.meta.url));
const COUNTS = manyOf(20);

interface Task {
  readonly name: string;
  readonly loop?: string;
  readonly [module: string]: unknown;
}

/** What a task asks for, one for each turn of its loop, by the names that ours has. */
function asked({ name, loop, ...modules }: Task): Record<string, unknown>[] {
  const [[, given] = ['', {}]] = Object.entries(modules) as [string, Record<string, unknown>][];
  const [, count = ''] = /^\{\{ range\(1, many\.(\w+) \+ 1\) \}\}$/.exec(loop ?? '') ?? [];
  const turns = loop === undefined ? 1 : Number(COUNTS[count as keyof typeof COUNTS]);
  return Array.from({ length: turns }, (_, i) => {
    const text = JSON.stringify(given)
      .replaceAll("{{ '%04d' | format(item) }}", String(i + 1).padStart(4, '0'))
      .replaceAll('{{ many.folder }}', COUNTS.folder);
    return JSON.parse(text) as Record<string, unknown>;
  });
}

const [{ tasks }] = parse(readFileSync(PLAYBOOK, 'utf8')) as [{ tasks: readonly Task[] }];
const resources = resourcesOf(many, { many: COUNTS });
const ours = (kind: string) =>
  resources.filter(({ id }) => id.startsWith(`${kind}:`)).map(({ desired }) => desired as Record<string, unknown>);
const theirs = (...names: string[]) => tasks.filter(({ name }) => names.includes(name)).flatMap(asked);

describe('many resources', () => {
  it('are as many', () => expect(tasks.flatMap(asked)).toHaveLength(resources.length));

  it.each([
    ['file', ['files'], ({ dest, content, mode }: Record<string, unknown>) => ({ path: dest, content, mode })],
    ['directory', ['folder', 'directories'], ({ path, mode }: Record<string, unknown>) => ({ path, mode })],
    ['symlink', ['links'], ({ path, src }: Record<string, unknown>) => ({ path, target: src })],
    ['user', ['users'], ({ name, shell }: Record<string, unknown>) => ({ name, shell, password: 'locked' })],
  ])('of kind %s are the same', (kind, names, translate) => {
    const wanted: object[] = theirs(...names).map((one) => translate(one));
    expect(ours(kind)).toEqual(wanted.map((one) => expect.objectContaining(one)));
  });

  it('of packages are the same', () => {
    expect(ours('packages')[0]).toMatchObject({ names: theirs('packages')[0]?.name });
  });
});
