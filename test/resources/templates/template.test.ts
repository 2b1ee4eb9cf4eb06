import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../../src/errors.ts';
import type { File } from '../../../src/resources/file.ts';
import { template } from '../../../src/resources/templates/template.ts';
import { mask, reveal, Secret } from '../../../src/shell/secret.ts';

const password = Secret.named('db', 'pa"ss\\');

function rendered(text: string, vars: Record<string, unknown> = {}) {
  const resource = template({ path: '/etc/x', template: { source: 'x.hbs', text }, vars, mode: '0600' });
  return (resource.desired as File).content ?? '';
}

function failure(text: string, vars: Record<string, unknown> = {}): ProvisionError {
  try {
    rendered(text, vars);
  } catch (error) {
    if (error instanceof ProvisionError) return error;
    throw error;
  }
  throw new Error('it was rendered');
}

describe('template', () => {
  it('is a file', () => {
    const text = 'Hello {{name}}\n';
    expect(template({ path: '/etc/motd', template: { source: 'motd', text }, vars: { name: 'you' } })).toMatchObject({
      id: 'file:/etc/motd',
      desired: { content: 'Hello you\n', mode: '0644' },
    });
  });

  it('is read from a file of this machine', () => {
    const folder = mkdtempSync(join(tmpdir(), 'template-'));
    try {
      writeFileSync(join(folder, 'x.hbs'), '{{a}} ünï');
      const resource = template({ path: '/etc/x', template: join(folder, 'x.hbs'), vars: { a: 1 } });
      expect((resource.desired as File).content).toBe('1 ünï');
      const broken = () => template({ path: '/etc/x', template: join(folder, 'none.hbs') });
      expect(broken).toThrow(/none.hbs cannot be read: there is no such file/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['{{#if a}}\nA\n{{else if b}}\nB\n{{else}}\nC\n{{/if}}\n', 'B\n'],
    ['{{#if a}}A{{else if a}}A{{else if b}}{{c}}{{c}}{{else}}C{{/if}}', '11'],
  ])('%j has one branch of several', (text, content) => {
    expect(rendered(text, { a: false, b: true, c: 1 })).toBe(content);
  });

  it.each([
    ['nothing is escaped', '{{a}}', { a: `<&>"'\`=` }, `<&>"'\`=`],
    ['lists', '{{#each l}}{{this}}{{#unless @last}},{{/unless}}{{/each}}', { l: [1, 'b'] }, '1,b'],
    ['what may be missing', '{{#if a}}A{{else}}B{{/if}}', {}, 'B'],
    ['lists that are empty', '{{#each l}}x{{else}}none{{/each}}{{#with n}}y{{/with}}', { l: [], n: null }, 'none'],
    ['lookup', '{{lookup a k}}{{lookup l 1}}', { a: { z: 1 }, k: 'z', l: [2, 3] }, '13'],
    [
      'what is around',
      '{{#each l}}{{../a}}{{@index}}{{/each}}{{#each m}}{{@key}}={{this}}{{/each}}',
      { l: ['x'], a: 1, m: { k: 2 } },
      '10k=2',
    ],
    ['eq', '{{#if (eq a "x")}}A{{else}}B{{/if}}', { a: 'x' }, 'A'],
    ['join', '{{join l ", "}}', { l: [1, 'b'] }, '1, b'],
    ['indent', 'a:\n  {{indent t 2}}\n', { t: 'b\n\nc' }, 'a:\n  b\n\n  c\n'],
    ['json', '{{json a}} {{json s}}', { a: { b: [1, null] }, s: 'q"\n' }, '{"b":[1,null]} "q\\"\\n"'],
    ['json with blanks', '{{json a 2}}', { a: { b: 1 } }, '{\n  "b": 1\n}'],
    ['text that is no template', 'a \\{{b}} $& {c}', {}, 'a {{b}} $& {c}'],
  ])('renders %s', (_, text, vars, result) => {
    expect(rendered(text, vars)).toBe(result);
  });

  it.each([
    ['{{p}}', '<secret>', 'pa"ss\\'],
    ['x={{a.b.[0]}};', 'x=<secret>;', 'x=pa"ss\\;'],
    ['{{json a}}', '{"b":["<secret>"]}', '{"b":["pa\\"ss\\\\"]}'],
    ['{{json p}}', '"<secret>"', '"pa\\"ss\\\\"'],
    ['{{join a.b ","}} {{join l "-"}}', '<secret> <secret>-<secret>', 'pa"ss\\ pa"ss\\-pa"ss\\'],
    ['{{#each a.b}}{{this}}{{/each}}', '<secret>', 'pa"ss\\'],
    ['{{indent k 2}}', '<secret>', 'a\n  b'],
  ])('keeps secrets secret in %s', (text, shown, value) => {
    const vars = { p: password, a: { b: [password] }, l: [password, password], k: Secret.named('k', 'a\nb') };
    const content = rendered(text, vars);
    expect(mask(content)).toBe(shown);
    expect(reveal(content)).toBe(value);
  });

  it('is rendered before its secrets are known', () => {
    const late = Secret.named('late');
    const content = rendered('a={{late}} {{json late}}', { late });
    late.learn('"');
    expect(reveal(content)).toBe('a=" "\\""');
  });

  it.each([
    ['a\n  {{ user.name }}', { user: {} }, 'x.hbs:2:6', 'the variable user.name is not defined'],
    ['{{a}}', { a: undefined, b: 1 }, 'x.hbs:1:3', 'the variable a is not defined'],
    ['{{#each l}}{{name}}{{/each}}', { l: [{}] }, 'x.hbs:1:14', 'the variable name is not defined'],
    ['{{#each l}}{{/each}}', {}, 'x.hbs:1:1', 'each: is given a variable that is not defined'],
    ['\n{{#with a.c}}x{{/with}}', { a: {} }, 'x.hbs:2:1', 'with: is given a variable that is not defined'],
    ['{{lookup a "zz"}}', { a: { z: 1 } }, 'x.hbs:1:1', 'lookup: there is no zz in it'],
    ['{{lookup a "__proto__"}}', { a: {} }, 'x.hbs:1:1', 'lookup: there is no __proto__ in it'],
    ['{{lookup p "length"}}', { p: password }, 'x.hbs:1:1', 'lookup: there is no length in it'],
    ['{{constructor}}', {}, 'x.hbs:1:3', 'the variable constructor is not defined'],
    ['{{a.toString}}', { a: {} }, 'x.hbs:1:3', 'the variable a.toString is not defined'],
    ['{{log a}}', { a: 1 }, 'x.hbs:1:1', 'log: is no helper here'],
    ['{{a}}', { a: { b: 1 } }, 'x.hbs', 'a mapping cannot stand in a text'],
    ['{{#each l}}{{foo}}{{/each}}', { l: ['x'] }, 'x.hbs', 'the variable foo is not defined'],
    ['{{join l ","}}', {}, 'x.hbs:1:1', 'join: value 1 is a variable that is not defined'],
    ['{{join l}}', { l: [] }, 'x.hbs:1:1', 'join: takes 2 values, not 1'],
    ['{{indent "a" "b"}}', {}, 'x.hbs:1:1', 'indent: takes a number of blanks, 0 to 80'],
    [' {{#if (eq p "x")}}{{/if}}', { p: password }, 'x.hbs:1:8', 'eq: a secret cannot be compared'],
    ['{{shout "a"}}', {}, 'x.hbs:1:1', 'there is no helper shout'],
    ['a\n{{#if a}}\nx', { a: 1 }, 'x.hbs:3:2', 'the template ends within a block'],
    ['{{#if a}}{{/each}}', { a: 1 }, 'x.hbs:1:4', '{{#if}} is closed by {{/each}}'],
    ['a\nb {{ c d', {}, 'x.hbs:2:8', 'the template cannot be read from here on'],
    ['some text that is long enough to be cut {{#if}\n', {}, 'x.hbs:1:46', 'the template cannot be read from here on'],
  ])('says where %j is wrong', (text, vars, location, message) => {
    expect(failure(text, vars)).toMatchObject({ code: 'template-invalid', location, message });
  });

  it('says which variables and helpers there are', () => {
    expect(failure('{{c}}', { a: 1, b: 2 }).hint).toBe('Variables of this template: a, b.');
    expect(failure('{{no 1}}').hint).toBe('Helpers: if, unless, each, with, lookup, json, eq, join, indent.');
  });

  it('never shows a secret in an error', () => {
    const { message, hint, detail } = failure('{{p.length}}', { p: password });
    expect(`${message}${hint}${detail}`).not.toMatch(/pa"ss|secret-/);
    expect(message).toBe('the variable length is not defined');
  });

  it('reaches nothing but its variables', () => {
    expect(() => rendered('{{constructor.constructor}}', {})).toThrow(ProvisionError);
    expect(() => rendered('{{__proto__.x}}', {})).toThrow(ProvisionError);
  });
});
