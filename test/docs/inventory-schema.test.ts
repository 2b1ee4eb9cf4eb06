/** The JSON Schema of inventories is what the code makes, takes every example, and refuses mistakes. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INVENTORY_SCHEMA } from '../../src/installation.ts';
import { inventorySchema } from '../../src/reference/inventory-schema.ts';
import { codeBlocks, ROOT, readDocument } from './markdown.ts';

const TEXT = readFileSync(INVENTORY_SCHEMA, 'utf8');
// Editors read formats as they like: `uri` is one.
const accepts = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(JSON.parse(TEXT));
const EXAMPLES = globSync('inventory/**/*.yml', { cwd: ROOT });

/** Where in the inventory something is refused. */
function refusals(text: string): readonly string[] {
  accepts(parse(text, { version: '1.1' }));
  return [...new Set((accepts.errors ?? []).map(({ instancePath }) => instancePath))];
}

function withVars(vars: string): string {
  return `all:\n  vars: ${vars}\n  hosts:\n    web1:\n`;
}

describe('docs/inventory.schema.json', () => {
  it('is current: else run npm run docs', async () => {
    expect(TEXT).toBe(`${JSON.stringify(await inventorySchema(), null, 2)}\n`);
  });

  it.each(EXAMPLES)('takes %s, which names it in its first line', (example) => {
    const text = readFileSync(join(ROOT, example), 'utf8');
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(resolve(ROOT, dirname(example), path)).toBe(INVENTORY_SCHEMA);
    expect(refusals(text)).toEqual([]);
  });

  it('takes every example of docs/roles.md', () => {
    const examples = codeBlocks(readDocument('roles.md'), 'yaml').map((example) =>
      /^all:/m.test(example) ? example : withVars(`\n${example.replaceAll(/^/gm, '    ')}`),
    );
    expect(examples.length).toBeGreaterThan(10);
    for (const example of examples) expect(refusals(example)).toEqual([]);
  });

  it.each([
    ['variables of the user', '{ my_own: { a: [1] }, other: 1.5 }'],
    [
      'references in place of anything',
      '{ roles: "{{ a }}", stack: "{{ b }}", users: ["{{ c }}"], ansible_port: "{{ env.PORT }}" }',
    ],
    [
      'references within',
      '{ stack: { name: "{{ a }}", services: { app: { image: "{{ b }}:1", replicas: "{{ c }}" } } } }',
    ],
    [
      'all forms of secrets',
      '{ secrets: { a: generate, b: { env: B }, c: { file: c }, d: { value: d }, e: { generate: { length: 20 } } } }',
    ],
    ['names with capital letters', '{ certs: { domain: App.Example.com } }'],
    ['settings of Docker that nobody here knows', '{ docker: { daemon: { a: { b: [1, null, true] } } } }'],
    ['nothing', ''],
  ])('takes %s', (_what, vars) => expect(refusals(withVars(vars))).toEqual([]));

  it.each([
    [
      'an unknown key',
      '{ stack: { name: a, services: { app: { image: a, replcas: 2 } } } }',
      '/all/vars/stack/services/app',
    ],
    [
      'a wrong type',
      '{ stack: { name: a, services: { app: { image: a, replicas: two } } } }',
      '/all/vars/stack/services/app/replicas',
    ],
    ['a number that is too large', '{ certs: { domain: a, days: 99999 } }', '/all/vars/certs/days'],
    ['an unknown word', '{ haproxy: { routes: [{ service: a }], tls: old } }', '/all/vars/haproxy/tls'],
    ['a missing key', '{ stack: { services: {} } }', '/all/vars/stack'],
    ['a bad name', '{ users: [{ name: "-rf" }] }', '/all/vars/users/0/name'],
    ['a bad port', '{ ansible_port: 70000 }', '/all/vars/ansible_port'],
    ['a bad secret', '{ secrets: { a: { nev: B } } }', '/all/vars/secrets/a'],
    ['a bad variable', '{ my-own: 1 }', '/all/vars'],
  ])('refuses %s', (_what, vars, place) => expect(refusals(withVars(vars))).toContain(place));

  it('takes a host that is named by its IPv6 address', () => {
    expect(refusals('all: { hosts: { "2001:db8::1": } }')).toEqual([]);
  });

  it.each([
    ['a host whose name nobody can have', 'all: { hosts: { "a b": } }', '/all/hosts'],
    ['a group with an unknown key', 'all: { host: {} }', '/all'],
    ['a list of hosts', 'all: { hosts: [web1] }', '/all/hosts'],
    ['a bad child', 'all: { children: { web: { vars: [] } } }', '/all/children/web/vars'],
    ['a list', '- all', ''],
  ])('refuses %s', (_what, text, place) => expect(refusals(text)).toContain(place));

  it('says of every key what it means', () => {
    const { definitions } = JSON.parse(TEXT);
    const silent: string[] = [];
    const look = (schema: unknown, path: string) => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties = {}, ...rest } = schema as { properties?: Record<string, { description?: string }> };
      for (const [key, below] of Object.entries(properties)) if (!below.description) silent.push(`${path}.${key}`);
      for (const [key, below] of [...Object.entries(properties), ...Object.entries(rest)])
        look(below, `${path}.${key}`);
    };
    const { secrets: _, ...documented } = definitions.variables.properties;
    look({ properties: documented }, '');
    expect(silent).toEqual([]);
  });

  it('tells defaults as people write them', () => {
    const { properties } = JSON.parse(TEXT).definitions.variables;
    const [stack] = properties.haproxy.anyOf;
    expect(stack.properties.hsts.anyOf[0].properties.max_age.default).toBe('730d');
    expect(stack.properties.addresses.default).toEqual(['0.0.0.0']);
  });
});
