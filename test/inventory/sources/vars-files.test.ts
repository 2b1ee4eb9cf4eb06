import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/inventory/explain.ts';
import { createResolver } from '../../../src/inventory/expressions/references.ts';
import { loadInventory } from '../../../src/inventory/load.ts';
import { resolveHosts } from '../../../src/inventory/resolve.ts';
import type { Host, Inventory } from '../../../src/inventory/types.ts';
import { shownVariables, viewHost } from '../../../src/inventory/view.ts';
import { reveal, type Text } from '../../../src/shell/secret.ts';
import type { Keyring } from '../../../src/vault/keyring.ts';
import { encryptVault } from '../../../src/vault/vault.ts';
import { key } from '../../vault/vaults.ts';
import { failure, folderWith } from '../inventory-files.ts';

const KEY = key('hunter2');
const KEYRING: Keyring = { unlock: async () => [KEY] };
const PROD =
  'all:\n  vars: { x: inline }\n  children:\n    web: { vars: { x: inline web }, hosts: { web1: { x: inline web1 } } }\n    db: { hosts: { db1: } }\n';

type Files = Readonly<Record<string, string>>;
interface Setting {
  readonly sources?: readonly string[];
  readonly extraVars?: readonly string[];
  readonly keyring?: Keyring;
}

async function load(
  files: Files,
  { sources = ['prod.yml'], extraVars = [], keyring }: Setting = {},
): Promise<Inventory> {
  const dir = folderWith({ 'prod.yml': PROD, ...files });
  const given = extraVars.map((one) => one.replace(/^@/, `@${dir}/`));
  return loadInventory(
    sources.map((name) => join(dir, name)),
    { env: {}, extraVars: given, ...(keyring && { keyring }) },
  );
}

function vars({ hosts }: Inventory, name = 'web1') {
  return hosts.get(name)?.vars;
}

function sealed(text: string): string {
  return encryptVault(text, KEY.password);
}

describe('group_vars and host_vars', () => {
  it.each<[string, Files, unknown]>([
    ['a file without an ending', { 'group_vars/web': 'a: 1\n' }, { a: 1 }],
    ['.yml', { 'group_vars/web.yml': 'a: 1\n' }, { a: 1 }],
    ['.yaml', { 'host_vars/web1.yaml': 'a: 1\n' }, { a: 1 }],
    ['.json', { 'group_vars/all.json': '{"a": 1e3}' }, { a: 1000 }],
    [
      'a folder, sorted and nested',
      {
        'group_vars/web/a': 'a: 1\nb: 1\n',
        'group_vars/web/b/c.yml': 'b: 2\nc: 2\n',
        'group_vars/web/c.json': '{"c": 3}',
      },
      { a: 1, b: 2, c: 3 },
    ],
    ['a folder hides a file', { 'group_vars/web/a': 'a: 1\n', 'group_vars/web.yml': 'a: 2\nb: 2\n' }, { a: 1 }],
    [
      'what is left out',
      {
        'group_vars/web/.a': 'a: 1\n',
        'group_vars/web/a~': 'a: 1\n',
        'group_vars/web/a.txt': 'a: 1\n',
        'group_vars/web/d.d/a': 'a: 1\n',
        'group_vars/other': 'a: 1\n',
      },
      {},
    ],
    ['an empty file', { 'group_vars/web': '# nothing\n' }, {}],
    ['the group over all', { 'group_vars/all': 'a: 1\nb: 1\n', 'group_vars/web': 'a: 2\n' }, { a: 2, b: 1 }],
    ['the host over its groups', { 'group_vars/web': 'a: 1\n', 'host_vars/web1': 'a: 2\n' }, { a: 2 }],
  ])('%s', async (_, files, expected) => {
    expect(vars(await load(files))).toEqual({ x: 'inline web1', ...(expected as object) });
  });

  it('count before what the sources say of groups, and of hosts', async () => {
    expect(vars(await load({ 'group_vars/all': 'x: file\n' }))).toEqual({ x: 'inline web1' });
    expect(vars(await load({ 'group_vars/all': 'x: file\n' }), 'db1')).toEqual({ x: 'file' });
    expect(vars(await load({ 'host_vars/web1': 'x: file\n' }))).toEqual({ x: 'file' });
  });

  it('the folder of a later source counts, even for a group that is less specific', async () => {
    const files = {
      'a/hosts': '[web]\nweb1\n[front:children]\nweb\n',
      'b/hosts': 'web1\n',
      'a/group_vars/web': 'x: a\n',
      'b/group_vars/front': 'x: b\n',
      'a/group_vars/all': 'y: a\n',
      'b/group_vars/all': 'y: b\n',
    };
    expect(vars(await load(files, { sources: ['a/hosts', 'b/hosts'] }))).toEqual({ x: 'b', y: 'b' });
    expect(vars(await load(files, { sources: ['b/hosts', 'a/hosts'] }))).toEqual({ x: 'a', y: 'a' });
  });

  it('ansible_group_priority is none of their variables that count, as in Ansible', async () => {
    const inventory = await load({ 'group_vars/web': 'ansible_group_priority: 7\n' });
    expect(inventory.groups.get('web')?.priority).toBe(1);
  });

  it.each<[string, Files, string]>([
    [
      'a list',
      { 'group_vars/web': '- a\n' },
      'inventory-structure group_vars/web:1:1: a file of variables is a mapping',
    ],
    ['bad YAML', { 'group_vars/web.yml': 'a: "x\n' }, 'inventory-syntax group_vars/web.yml:2:1'],
    [
      'a bad name',
      { 'host_vars/web1': 'a-b: 1\n' },
      'inventory-structure host_vars/web1:1:1: "a-b" cannot be the name',
    ],
  ])('%s is an error', async (_, files, error) => {
    expect(await failure(load(files))).toContain(error);
  });
});

describe('an encrypted file of variables', () => {
  const FILES = {
    'prod.yml': 'all: { vars: { roles: [packages, docker] }, hosts: { web1: , db1: } }\n',
    'host_vars/web1/plain.yml': 'packages: ["{{ vault_tool }}"]\n',
    'host_vars/web1/vault.yml': sealed('vault_tool: curl\nvault_url: "https://u:{{ vault_tool }}@x"\nport: 8080\n'),
  };

  it('is opened for who needs it alone', async () => {
    const inventory = await load(FILES);
    expect((await resolveHosts(inventory, { limit: 'db1' })).map(({ name }) => name)).toEqual(['db1']);
    expect(await failure(resolveHosts(inventory, { limit: 'web1' }))).toMatch(
      /^vault-password-missing host_vars\/web1\/vault\.yml: /,
    );
  });

  it('shows no text, and gives roles what they take', async () => {
    const inventory = await load(FILES, { keyring: KEYRING });
    const [host] = await resolveHosts(inventory, { limit: 'web1' });
    expect(host?.roles[0]?.params).toMatchObject({ packages: { present: ['curl'] } });
    const web1 = inventory.hosts.get('web1');
    if (web1 === undefined) throw new Error('there is no host web1');
    const view = await viewHost(web1, inventory);
    expect(shownVariables(view).variables).toMatchObject({
      vault_tool: '<secret>',
      vault_url: '<secret>',
      port: '<secret>',
    });
    expect(JSON.stringify(explain(view, 'vault_url', inventory))).not.toContain('https');
  });

  it('gives away nothing of a text with references in it, and lets roles have it that take no secret', async () => {
    const files = {
      'prod.yml': 'all: { vars: { roles: [packages], tool: { name: cu } }, hosts: { web1: } }\n',
      'group_vars/all':
        'words: "pin={{ pin }}"\nalone: "{{ pin }}"\nother: "{{ hostvars.web1.pin }}"\ndeep: "x{{ creds.pin }}"\ntext: "{{ pin | string }}"\nansible_port: "{{ port }}"\n',
      'host_vars/web1': sealed(
        'word: "s3cret-{{ tool.name }}"\npin: 48151623421\ncreds: { pin: 48151623421 }\nport: 2222\nagain: "{{ word }}{{ word }}"\npackages: ["{{ tool.name }}rl"]\n',
      ),
    };
    const inventory = await load(files, { keyring: KEYRING });
    const [host] = await resolveHosts(inventory, {});
    expect(host?.roles[0]?.params).toMatchObject({ packages: { present: ['curl'] } });
    expect(host?.settings).toMatchObject({ port: 2222 });
    const { variable } = createResolver(inventory.hosts.get('web1') as Host, inventory, new Map());
    for (const [name, value] of [
      ['word', 's3cret-cu'],
      ['again', 's3cret-cus3cret-cu'],
      ['words', 'pin=48151623421'],
      ['alone', '48151623421'],
      ['other', '48151623421'],
      ['deep', 'x48151623421'],
      ['text', '48151623421'],
    ] as const) {
      const text = variable(name) as Text;
      expect(String(text)).not.toMatch(/s3cret|4815/);
      expect(reveal(text)).toBe(value);
    }
  });

  const KINDS = {
    'prod.yml': 'all: { hosts: { web1: { next: "{{ port | int + 1 }}", is_tls: "{{ tls == true }}" } } }\n',
    'group_vars/all/open.yml':
      'mode: "{{ \'canary\' if tls else \'b\' }}"\nurl: "{{ tls }}:{{ port }}:{{ ratio }}"\nfirst: "{{ ports | first }}"\n',
    'group_vars/all/vault.yml': sealed(
      'port: 8080\ntls: yes\nratio: 1.5\nports: [443, x]\nnot: "{{ not tls }}"\nnone: null\n',
    ),
  };

  it('holds numbers and switches as Ansible reads them', async () => {
    const inventory = await load(KINDS, { keyring: KEYRING });
    const view = await viewHost(inventory.hosts.get('web1') as Host, inventory, { showSecrets: true });
    expect(shownVariables(view).variables).toEqual({
      next: 8081,
      is_tls: true,
      mode: 'canary',
      url: 'True:8080:1.5',
      first: 443,
      port: 8080,
      tls: true,
      ratio: 1.5,
      ports: [443, 'x'],
      not: false,
      none: null,
    });
    expect(explain(view, 'tls', inventory)).toMatchObject({ value: true, places: [{ value: true }] });
  });

  it('shows none of them, nor what is made of them', async () => {
    const inventory = await load(KINDS, { keyring: KEYRING });
    const view = await viewHost(inventory.hosts.get('web1') as Host, inventory);
    const { none, ports, ...others } = shownVariables(view).variables;
    expect([none, ports]).toEqual([null, ['<secret>', '<secret>']]);
    expect(new Set(Object.values(others))).toEqual(new Set(['<secret>']));
    const { value, places } = explain(view, 'tls', inventory);
    expect([value, places[0]?.value]).toEqual(['<secret>', '<secret>']);
  });

  it('gives a role and the connection the number or switch that they take', async () => {
    const files = {
      'prod.yml': 'all: { hosts: { web1: { roles: [users] } } }\n',
      'group_vars/all': sealed(
        'ansible_port: 2222\nansible_become: no\nusers: [{ name: alice, uid: "{{ first + 1 }}", exclusive_keys: "{{ not strict }}", authorized_keys: [] }]\nfirst: 1000\nstrict: yes\n',
      ),
    };
    const [host] = await resolveHosts(await load(files, { keyring: KEYRING }), {});
    expect(host?.settings).toMatchObject({ port: 2222 });
    expect(host?.roles[0]?.params).toMatchObject({ users: [{ name: 'alice', uid: 1001, exclusive_keys: false }] });
  });
});

describe('--extra-vars', () => {
  it.each<[readonly string[], unknown]>([
    [['x=1 y="two words"'], { x: '1', y: 'two words' }],
    [["x='a b' y=c=d"], { x: 'a b', y: 'c=d' }],
    [['x=a\\nb y="it\'s"'], { x: 'a\nb', y: "it's" }],
    [['x={{ y }} y=[1,2]'], { x: '{{ y }}', y: '[1,2]' }],
    [['{"x": 1, "y": [true, null]}'], { x: 1, y: [true, null] }],
    [['{x: yes, y: 0644}'], { x: true, y: 420 }],
    [['@more.yml'], { x: 5, y: 'file' }],
    [['@more.yml', 'x=last'], { x: 'last', y: 'file' }],
  ])('%j', async (extraVars, expected) => {
    const files = { 'host_vars/web1': 'x: file\n', 'more.yml': 'x: 5\ny: file\n' };
    expect(vars(await load(files, { extraVars }))).toEqual(expected);
  });

  it.each<[string, string]>([
    ['prod.yml', 'usage: --extra-vars: a word is no name=value'],
    ['./more.yml', 'usage: --extra-vars: a file is given without @\nWrite --extra-vars @./more.yml.'],
    ['x="a', 'usage: --extra-vars: a quote or brace is not closed'],
    ['a-b=1', 'inventory-structure --extra-vars: "a-b" cannot be the name of a variable'],
    ['[1]', 'inventory-structure --extra-vars: a file of variables is a mapping'],
    ['{"x": ', 'inventory-syntax --extra-vars'],
    ['@nowhere.yml', 'file-unreadable'],
  ])('%s is refused', async (given, error) => {
    expect(await failure(load({}, { extraVars: [given] }))).toContain(error);
  });
});

describe('explain', () => {
  it('tells each layer and why the first counts', async () => {
    const files = {
      'group_vars/all': 'x: 1\n',
      'group_vars/web/a': 'x: 2\n',
      'group_vars/web/b': 'x: 3\n',
      'host_vars/web1': 'x: 4\n',
    };
    const inventory = await load(files, { extraVars: ['x=5'] });
    const host = inventory.hosts.get('web1');
    if (host === undefined) throw new Error('there is no host web1');
    const told = explain(await viewHost(host, inventory), 'x', inventory);
    expect(
      told.places.map(({ location, value }) => [location.replace(/^.*provision-inventory-[^/]+\//, ''), value]),
    ).toEqual([
      ['--extra-vars', '5'],
      ['host_vars/web1:1:1', 4],
      ['prod.yml:4:54', 'inline web1'],
      ['group_vars/web/b:1:1', 3],
      ['group_vars/web/a:1:1', 2],
      ['group_vars/all:1:1', 1],
      ['prod.yml:4:20', 'inline web'],
      ['prod.yml:2:11', 'inline'],
    ]);
    expect(told.why).toBe('The first one counts: the command line counts before all else.');
  });

  it.each<[string, Files, string]>([
    ['web1', { 'host_vars/web1': 'x: 1\n' }, 'host_vars/ counts before what the inventory itself says of hosts'],
    ['db1', { 'group_vars/all': 'x: 1\n' }, 'group_vars/ counts before what the inventory itself says of groups'],
    ['db1', { 'group_vars/all': 'x: 1\n', 'group_vars/db': 'x: 2\n' }, 'every group counts before all'],
    ['db1', { 'group_vars/db/a': 'x: 1\n', 'group_vars/db/b': 'x: 2\n' }, 'of several files of db the last counts'],
  ])('of %s: %j', async (name, files, why) => {
    const inventory = await load(files);
    const host = inventory.hosts.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    expect(explain(await viewHost(host, inventory), 'x', inventory).why).toBe(`The first one counts: ${why}.`);
  });
});
