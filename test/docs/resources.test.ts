import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ASSUMED_FACTS, type Facts } from '../../src/engine/facts.ts';
import type { RoleContext } from '../../src/engine/role.ts';
import * as api from '../../src/index.ts';
import { MARKS } from '../../src/report/change-text.ts';
import type { ResourceKind } from '../../src/resources/contract.ts';
import { tableMistakes } from './key-tables.ts';
import { backticked, chapter, codeBlocks, keyRows, ROOT, readDocument, sectionsOf } from './markdown.ts';
import { type SchemaKey, schemaKeys } from './schema-keys.ts';

const DOCUMENT = readDocument('resources.md');

/** The builders that are kinds of their own; those without a kind make resources of another one. */
const KINDS = new Map(
  Object.entries(api).flatMap(([name, value]) =>
    typeof value === 'function' && 'kind' in value
      ? [[name, value as unknown as ResourceKind<unknown, unknown>] as const]
      : [],
  ),
);
const BUILDERS = [...KINDS.keys(), 'cron', 'template'];

/** What stands around an example: all that a role imports and is given. */
const SCOPE: Readonly<Record<string, unknown>> = {
  ...api,
  facts: ASSUMED_FACTS,
  host: 'web1',
  secret: (name: string) => api.Secret.named(name),
  localPath: (path: string) => join(ROOT, 'inventory', path),
};

/** Runs an example, and returns the ids of the resources that it makes. */
function idsOfExample(code: string): readonly string[] {
  const ids: string[] = [];
  const recorded = BUILDERS.map((name) => {
    const build = SCOPE[name] as (...args: unknown[]) => api.Resource;
    return [name, (...args: unknown[]) => ids.push(build(...args).id)];
  });
  const scope = { ...SCOPE, ...Object.fromEntries(recorded) };
  new Function(...Object.keys(scope), `'use strict';\n${code}`)(...Object.values(scope));
  return ids;
}

describe('docs/resources.md', () => {
  const sections = sectionsOf(DOCUMENT).filter(({ level }) => level === 3);

  it('has one section for each kind, and no other', () => {
    expect(sections.map(({ title }) => title).toSorted()).toEqual(BUILDERS.toSorted());
  });

  it.each(BUILDERS)('%s: an example, what is looked at, drift, and what is refused', (name) => {
    const text = chapter(DOCUMENT, name);
    const [code = ''] = codeBlocks(text, 'ts');
    expect(code).toMatch(new RegExp(`^${name}\\(`));
    for (const label of ['Looks at', 'Drift', 'Refuses'])
      expect(text).toMatch(new RegExp(`^- \\*\\*${label}:\\*\\* \\S`, 'm'));
  });

  it.each(BUILDERS)('%s: the ids of its resources begin as it says', (name) => {
    const text = chapter(DOCUMENT, name);
    const [, form = ''] = /: `([a-z-]+:[^`]*[A-Z]+[^`]*)`/.exec(text.replaceAll('\n', ' ')) ?? [];
    const start = form.replace(/[A-Z].*$/, '');
    expect(start).not.toBe('');
    for (const id of idsOfExample(codeBlocks(text, 'ts')[0] ?? '')) expect(id.startsWith(start)).toBe(true);
  });

  it.each([...KINDS])('%s: its tables say what its schema says', (name, { schema }) => {
    expect(tableMistakes(keyRows(chapter(DOCUMENT, name)), schemaKeys(schema))).toEqual([]);
  });

  it.each([...KINDS])('%s: its time limit', (name, { timeoutMs }) => {
    const [, minutes] = /^- \*\*Time limit:\*\* (\d+) minutes/m.exec(chapter(DOCUMENT, name)) ?? [];
    // Where it is a key of the resource, the table tells.
    const told = typeof timeoutMs === 'function' ? undefined : timeoutMs;
    expect(minutes === undefined ? undefined : Number(minutes) * 60_000).toBe(told);
  });

  it('the meaning of marks in plans', () => {
    const [, table = ''] = /\| in a plan \| means \|\n((?:\|.*\n)+)/.exec(DOCUMENT) ?? [];
    const { create, update, delete: remove, run, unknown, handler } = MARKS;
    const marks = [create, update, remove, run, unknown, handler].map(({ mark }) => mark);
    expect([...table.matchAll(/^\| `(.)` \|/gm)].map(([, mark]) => mark)).toEqual(marks);
  });
});

describe('the tables in docs/resources.md', () => {
  // The compiler holds these to the types, for neither builder has a schema that can be looked at.
  const CRON = {
    name: true,
    user: true,
    schedule: true,
    command: true,
    environment: true,
    state: true,
  } satisfies Record<keyof api.CronInput, true>;
  const TEMPLATE = { template: true, vars: true } satisfies Record<
    Exclude<keyof api.TemplateInput, keyof api.FileInput>,
    true
  >;

  it('of cron: all keys, and their defaults', () => {
    const rows = keyRows(chapter(DOCUMENT, 'cron'));
    expect(rows.map(({ path }) => path)).toEqual(Object.keys(CRON));
    const job = { name: 'backup', schedule: '@daily', command: 'true' };
    expectDefaults(rows, job, (input) => api.cron(input as api.CronInput));
  });

  it('of template: its own keys, and those of file but the content', () => {
    const rows = keyRows(chapter(DOCUMENT, 'template'));
    const own = rows.filter(({ path }) => path in TEMPLATE);
    expect(own.map(({ path }) => path)).toEqual(Object.keys(TEMPLATE));
    const input = { path: '/etc/motd', template: { source: 'motd', text: 'x' } };
    expectDefaults(rows, input, (given) => api.template(given as unknown as api.TemplateInput));
    const keys: Map<string, SchemaKey> = new Map(schemaKeys(api.file.schema));
    keys.delete('content');
    expect(
      tableMistakes(
        rows.filter(({ path }) => !(path in TEMPLATE)),
        keys,
      ),
    ).toEqual([]);
  });

  /** What is told as a default changes nothing when it is given. */
  function expectDefaults(
    rows: ReturnType<typeof keyRows>,
    input: Readonly<Record<string, unknown>>,
    build: (input: Readonly<Record<string, unknown>>) => api.Resource,
  ): void {
    const told = rows.filter(({ default: text }) => /^`.*`$/.test(text));
    expect(told).not.toEqual([]);
    for (const { path, default: text } of told) {
      const value: unknown = parse(text.slice(1, -1));
      expect(build({ ...input, [path]: value }).desired).toEqual(build(input).desired);
    }
  }
});

describe('an example in docs/resources.md', () => {
  const examples = sectionsOf(DOCUMENT).flatMap(({ title, text }) =>
    codeBlocks(text, 'ts').map((code, i) => ({ title, number: i + 1, code })),
  );

  it.each(examples)('of $title ($number) makes resources', ({ code }) => {
    expect(idsOfExample(code).length).toBeGreaterThan(0);
  });
});

describe('what docs/resources.md says of', () => {
  const text = chapter(DOCUMENT, 'What a role is given');

  it('the context of a role', () => {
    const context = {
      params: true,
      facts: true,
      secret: true,
      localPath: true,
      host: true,
      peers: true,
    } satisfies Record<keyof RoleContext<unknown>, true>;
    const told = [...text.matchAll(/^\| `(\w+)[^`]*` \|/gm)].map(([, name]) => name);
    expect(told).toEqual(Object.keys(context));
  });

  it('facts', () => {
    const [, list = ''] = /The facts are (.*?)\. They/s.exec(text) ?? [];
    const told = [...list.matchAll(/`(\w+)`\s\(`([^`]+)`\)/g)].map(([, name, value]) => [name, value]);
    // The example is the host that is assumed.
    expect(Object.fromEntries(told)).toEqual(ASSUMED_FACTS satisfies Facts);
  });

  it('fields: each is there', () => {
    const told = backticked(text).flatMap((code) => /^fields\.(\w+)\(\)$/.exec(code)?.[1] ?? []);
    expect(told.length).toBeGreaterThan(3);
    expect(Object.keys(api.fields)).toEqual(expect.arrayContaining(told));
  });

  it('templates: each helper does what it says', () => {
    const table = /\| in a template \| means \|\n((?:\|.*\n)+)/.exec(DOCUMENT)?.[1] ?? '';
    const told = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) => backticked(cell));
    const rendered: Record<string, string> = {
      '{{name}}': 'a<b',
      '{{user.name}}': 'alice',
      '{{#if name}}': 'yes',
      '{{#unless name}}': 'yes',
      '{{#each list}}': 'xy',
      '{{#with mapping}}': 'alice',
      '{{lookup mapping key}}': 'y',
      '{{json value}}': '{"a":1}',
      '{{json value 2}}': '{\n  "a": 1\n}',
      '{{join list ", "}}': 'x, y',
      '{{indent text 4}}': 'one\n    two',
      '{{#if (eq a b)}}': 'same',
    };
    const templates: Record<string, string> = {
      '{{#if name}}': '{{#if a}}yes{{/if}}',
      '{{#unless name}}': '{{#unless no}}yes{{/unless}}',
      '{{#each list}}': '{{#each list}}{{this}}{{/each}}',
      '{{#with mapping}}': '{{#with user}}{{name}}{{/with}}',
      '{{lookup mapping key}}': '{{lookup list 1}}',
      '{{#if (eq a b)}}': '{{#if (eq a b)}}same{{/if}}',
    };
    const vars = {
      name: 'a<b',
      user: { name: 'alice' },
      value: { a: 1 },
      list: ['x', 'y'],
      text: 'one\ntwo',
      a: 1,
      b: 1,
      no: false,
    };
    expect(told).toEqual(Object.keys(rendered));
    for (const helper of told) {
      const template = { source: 'test', text: templates[helper] ?? helper };
      const { content } = api.template({ path: '/x', template, vars }).desired as { content: string };
      expect(content).toBe(rendered[helper]);
    }
  });
});
