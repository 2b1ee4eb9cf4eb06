import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { evaluateRoles } from '../../src/engine/evaluate.ts';
import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import type { RoleDefinition } from '../../src/engine/role.ts';
import { CONNECTION_SCHEMA } from '../../src/inventory/connection.ts';
import { limitHosts } from '../../src/inventory/patterns.ts';
import type { ResolvedHost } from '../../src/inventory/resolve.ts';
import { folderWith, load, resolve } from '../inventory/inventory-files.ts';
import { idsOf, resourcesOf } from '../roles/role.ts';
import { tableMistakes } from './key-tables.ts';
import { backticked, chapter, codeBlocks, keyRows, ROOT, readDocument, sectionsOf } from './markdown.ts';
import { schemaKeys } from './schema-keys.ts';

const DOCUMENT = readDocument('roles.md');
const ROLES = globSync('roles/*.ts', { cwd: ROOT }).map((file) => basename(file, '.ts'));
/** What the examples take from the environment and from files. */
const SURROUNDINGS = {
  env: { SUDO_PASSWORD: 'a', SMTP_PASSWORD: 'b', API_TOKEN: 'c', PAGER_PACKAGE: 'less' },
  files: { 'license.key': 'd\n' },
};

async function roleNamed(name: string): Promise<RoleDefinition> {
  const { default: role } = await import(`../../roles/${name}.ts`);
  return role;
}

/** An example as an inventory of one host with this role, unless it is an inventory already. */
function inventoryOf(example: string, role: string): string {
  const vars = parse(example) as Record<string, unknown>;
  return 'all' in vars ? example : stringify({ all: { vars: { roles: [role], ...vars }, hosts: { web1: null } } });
}

/** What the host would be asked for; paths of this machine lead to files that are in the checkout. */
function resourcesFor({ name, roles, secrets, peers }: ResolvedHost) {
  const localPath = (path: string) =>
    join(ROOT, path.startsWith('certs/') ? `test/roles/certs/fixtures/${basename(path)}` : 'files/app');
  return evaluateRoles({ name, roles, secrets, localPath, peers }, ASSUMED_FACTS);
}

describe('docs/roles.md', () => {
  it('tells every role that comes with provision, and no other', () => {
    const listed = [...DOCUMENT.matchAll(/^\| \[(\w+)\]\(#\1\) \| `\1` \|/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(ROLES.toSorted());
    const titles = sectionsOf(DOCUMENT).map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(ROLES));
  });

  it.each(ROLES)('%s: has an example, and says what it does', (name) => {
    const text = chapter(DOCUMENT, name);
    expect(codeBlocks(text, 'yaml').length).toBeGreaterThan(0);
    expect(text).toMatch(/^In this order:/m);
  });

  it.each(ROLES)('%s: its tables say what its schema says', async (name) => {
    const { params } = await roleNamed(name);
    // A variable of another role is told there.
    const keys = [...schemaKeys(params)].filter(([path]) => !path.includes('.') || path.startsWith(`${name}.`));
    expect(tableMistakes(keyRows(chapter(DOCUMENT, name)), new Map(keys))).toEqual([]);
  });

  it('the tables of the connection say what its schema says', () => {
    const rows = keyRows(chapter(DOCUMENT, 'The connection'));
    expect(tableMistakes(rows, schemaKeys(CONNECTION_SCHEMA))).toEqual([]);
  });

  it('has no tables of keys elsewhere', () => {
    const told = [...ROLES, 'The connection'].flatMap((title) => keyRows(chapter(DOCUMENT, title)));
    expect(keyRows(DOCUMENT)).toHaveLength(told.length);
  });
});

describe('an example in docs/roles.md', () => {
  const examples = sectionsOf(DOCUMENT).flatMap(({ title, text }) =>
    codeBlocks(text, 'yaml').map((example, i) => ({ title, number: i + 1, example })),
  );

  it.each(examples)('of $title ($number) can be evaluated', async ({ title, example }) => {
    const hosts = await resolve(inventoryOf(example, title), SURROUNDINGS);
    for (const host of hosts) expect(() => resourcesFor(host)).not.toThrow();
  });
});

describe('what docs/roles.md says of', () => {
  it('secrets: where each form has its value from', async () => {
    const [example = ''] = codeBlocks(chapter(DOCUMENT, 'Secrets: secrets'), 'yaml');
    const [host] = await resolve(example, SURROUNDINGS);
    const told = host?.secrets.map(({ name, secret, generate }) => [
      name,
      secret.isKnown ? secret.reveal() : generate?.length,
    ]);
    expect(told).toEqual([
      ['db_shop', 32],
      ['session_key', 64],
      ['smtp_password', 'b'],
      ['license', 'd'],
      ['api_token', 'c'],
      ['old_password', 'not so secret'],
    ]);
  });

  it('secrets: how long a generated one may be', async () => {
    const [, least, most] = /the same with (\d+) to (\d+) characters/.exec(DOCUMENT) ?? [];
    const make = async (length: number) => {
      const vars = `{ roles: [packages], packages: [curl], secrets: { key: { generate: { length: ${length} } } } }`;
      return (await resolve(`all: { vars: ${vars}, hosts: { web1: } }`)).map(resourcesFor);
    };
    for (const length of [least, most]) await expect(make(Number(length))).resolves.toHaveLength(1);
    for (const length of [Number(least) - 1, Number(most) + 1]) await expect(make(length)).rejects.toThrow();
  });

  it('stack: the versions of databases', async () => {
    const [, ...versions] = /tag of the official image\. Not given: (\S+), (\S+) or (\S+) \|/.exec(DOCUMENT) ?? [];
    const engines = backticked(
      keyRows(DOCUMENT).find(({ path }) => path === 'stack.databases.NAME.engine')?.type ?? '',
    );
    const databases = Object.fromEntries(
      engines.map((engine) => [engine, { engine, name: 'shop', users: { shop: { access: 'owner', password: 'x' } } }]),
    );
    const ids = idsOf(resourcesOf(await roleNamed('stack'), { stack: { name: 'shop', services: {}, databases } }));
    expect(ids.filter((id) => id.startsWith('docker-image:'))).toEqual(
      engines.map((engine, i) => `docker-image:${engine}:${versions[i]}`),
    );
  });

  it('host patterns: which hosts they select', async () => {
    const inventory = await load(
      'all: { children: { web: { hosts: { web1: , web2: , web3: } }, prague: { hosts: { web1: , db1: } }, db: { hosts: { db1: } } } }',
    );
    const list = join(folderWith({ list: 'web2\n' }), 'list');
    const select = (pattern: string) =>
      limitHosts(inventory, pattern.replace('@FILE', `@${list}`))
        .map(({ name }) => name)
        .join(' ');
    const selected: Record<string, string> = {
      web1: 'web1',
      'web*': 'web1 web2 web3',
      'web?': 'web1 web2 web3',
      'web[13]*': 'web1 web3',
      'web[!13]*': 'web2',
      '~web\\d+': 'web1 web2 web3',
      'web[0]': 'web1',
      'web[-1]': 'web3',
      'web[0:2]': 'web1 web2 web3',
      'web[1:]': 'web2 web3',
      '@FILE': 'web2',
      'web,db': 'web1 web2 web3 db1',
      'web:db': 'web1 web2 web3 db1',
      'web,&prague': 'web1',
      'web,!web3': 'web1 web2',
      '!web3': 'web1 web2 db1',
    };
    const [, table = ''] = /\| pattern \| hosts \|\n((?:\|.*\n)+)/.exec(DOCUMENT) ?? [];
    const told = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => backticked(cell));
    expect(Object.fromEntries(told.map((pattern) => [pattern, select(pattern)]))).toEqual(selected);
    for (const refused of ['', 'web[3]', 'web,!web', 'web,mail', 'web:db,prague'])
      expect(() => select(refused)).toThrow();
  });
});
