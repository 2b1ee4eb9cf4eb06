import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDeclarer } from '../../../src/inventory/declarations.ts';
import { loadInventory } from '../../../src/inventory/load.ts';
import { readScriptSource } from '../../../src/inventory/sources/script.ts';
import type { Inventory } from '../../../src/inventory/types.ts';
import { Secret } from '../../../src/shell/secret.ts';
import { failure, folderWith } from '../inventory-files.ts';

type Files = Readonly<Record<string, string>>;

/** Loads sources of a folder with these files; those that begin with `#!` are executable. */
async function load(files: Files, ...sources: readonly string[]): Promise<Inventory> {
  const dir = folderWith(files);
  for (const [name, text] of Object.entries(files)) if (text.startsWith('#!')) chmodSync(join(dir, name), 0o755);
  return loadInventory(
    sources.map((name) => (name.includes(',') ? name : join(dir, name))),
    { env: {} },
  );
}

/** Each host with its groups and variables. */
function told({ hosts }: Inventory): unknown {
  return Object.fromEntries([...hosts.values()].map(({ name, groups, vars }) => [name, [groups.join(' '), vars]]));
}

describe('an INI source', () => {
  it('has hosts, ranges, ports, groups in groups, and variables', async () => {
    const inventory = await load(
      {
        hosts: [
          'lone  ansible_host=10.0.0.9',
          '; a comment',
          '[web]   # another one',
          'web[01:02]:2222 size=3 label="two words" list=\'[1, "a"]\'',
          'web02 size=0644 # wins',
          '[db]',
          'db1 on=True off=no none=None',
          '',
          '[prague:children]',
          'web',
          'db # and this',
          '[prague:vars]',
          'city = "Prague"  # a place',
          'text = a # not a comment',
          'empty =',
          'ansible_group_priority=10',
        ].join('\n'),
      },
      'hosts',
    );
    expect(told(inventory)).toEqual({
      lone: ['all ungrouped', { ansible_host: '10.0.0.9' }],
      web01: [
        'all prague web',
        {
          city: 'Prague',
          text: 'a # not a comment',
          empty: '',
          ansible_port: 2222,
          size: 3,
          label: 'two words',
          list: [1, 'a'],
        },
      ],
      web02: [
        'all prague web',
        {
          city: 'Prague',
          text: 'a # not a comment',
          empty: '',
          ansible_port: 2222,
          size: '0644',
          label: 'two words',
          list: [1, 'a'],
        },
      ],
      db1: [
        'all db prague',
        { city: 'Prague', text: 'a # not a comment', empty: '', on: true, off: 'no', none: null },
      ].with(0, 'all prague db'),
    });
    expect(inventory.groups.get('prague')).toMatchObject({ priority: 10, children: ['web', 'db'] });
  });

  it('tells where each variable stands', async () => {
    const { hosts } = await load({ hosts: '[web]\r\n  web1 a=1  b="x y" c=3\r\n[web:vars]\r\n  d = 4\r\n' }, 'hosts');
    const place = (name: string) => hosts.get('web1')?.origin([name])?.replace(/^.*\//, '');
    expect(['a', 'b', 'c', 'd'].map(place)).toEqual(['hosts:2:8', 'hosts:2:13', 'hosts:2:21', 'hosts:4:3']);
  });

  it.each([
    ['[web] x', /^inventory-syntax hosts.ini:1:1: this is no section\n/],
    ['[web server]', /^inventory-syntax hosts.ini:1:1: this is no section\n/],
    ['[web:hots]', /^inventory-syntax hosts.ini:1:1: there are no sections of the kind :hots\n/],
    ['\n web1 a="x', /^inventory-syntax hosts.ini:2:2: a quote is not closed/],
    ['web1 a=1 b', /^inventory-syntax hosts.ini:1:10: a variable of a host lacks its value\n/],
    ['web1 my-var=1', /^inventory-structure hosts.ini:1:6: "my-var" cannot be the name of a variable\n/],
    ['web1 __proto__=1', /^inventory-structure hosts.ini:1:6: "__proto__" cannot be/],
    ['web1\n[web:vars]\nx', /^inventory-syntax hosts.ini:3:1: a variable lacks its value\n/],
    [
      'web1\n[wbe:vars]\na=1\n[web]\nweb1',
      /^inventory-structure hosts.ini:2:1: variables are given for wbe, which is no group\nDid you mean `web`\?/,
    ],
    ['[a:children]\nb\n[web]\nweb1', /^inventory-structure hosts.ini:2:1: a names a child b, which is no group\n/],
    [
      '[a]\nx\n[a:children]\nb\n[b:children]\na',
      /^inventory-structure hosts.ini:1:1: the group a is a child of itself: a > b > a\n/,
    ],
    ['[a:children]\nall', /^inventory-structure hosts.ini:2:1: `all` cannot be a child\n/],
    [
      '[a]\nx\n[a:vars]\nansible_group_priority=high',
      /^inventory-structure hosts.ini:4:1: ansible_group_priority must be a whole number\n/,
    ],
    ['[web]', /^inventory-empty-group hosts.ini:1:1: /],
    ['web1 a={{ b }}', /^inventory-syntax hosts.ini:1:11: a variable of a host lacks its value\n/],
  ])('refuses %j', async (text, error) => {
    expect(await failure(load({ 'hosts.ini': text }, 'hosts.ini'))).toMatch(error);
  });
});

describe('the kind of a file', () => {
  it.each([
    ['hosts', 'web1\n'],
    ['hosts', '# x\n[web]\nweb1\n'],
    ['prod.example', 'web1:22 a=b\n'],
    ['hosts', '# x\n\nall:\n  hosts: { web1: }\n'],
    ['hosts', '---\nall: { hosts: { web1: } }\n'],
    ['hosts', '{"all": {"hosts": {"web1": {}}}}'],
    ['prod.json', '{"all": {"hosts": {"web1": null}}}'],
    ['prod.json', '{"web": ["web1"], "_meta": {"hostvars": {}}}'],
    ['prod.json', 'all: { hosts: { web1: } }\n'],
    ['prod.yml', '{"all": {"hosts": {"web1": {"a": 1e3}}}}'],
    ['prod.yaml', 'all:\n  hosts: web1\n'],
  ])('%s with %j', async (name, text) => {
    expect([...(await load({ [name]: text }, name)).hosts.keys()]).toEqual(['web1']);
  });

  it.each([
    [
      'prod.json',
      '{"all": {"hosts": {"web1": {},}}',
      'inventory-syntax prod.json:1:31: this is not valid JSON: a key in double quotes',
    ],
    ['prod.yml', '[web]\nweb1\n', 'inventory-syntax prod.yml:'],
    [
      'aws.yml',
      'plugin: aws_ec2\n',
      "inventory-structure aws.yml:1:1: this is the configuration of Ansible's inventory plugin aws_ec2",
    ],
  ])('%s with %j is refused', async (name, text, error) => {
    expect(await failure(load({ [name]: text }, name))).toContain(error);
  });
});

describe('a program as source', () => {
  const LISTING = JSON.stringify({
    _meta: { hostvars: { web1: { a: 1, 'odd-name': 2 } } },
    web: { hosts: ['web1', 'web2'], vars: { b: 2 }, children: ['prague'] },
    prague: ['db1'],
    nobody: { hosts: [] },
    lone: { c: 3 },
  });

  it('is run with --list', async () => {
    const inventory = await load({ cloud: `#!/bin/sh\n[ "$1" = --list ] && echo '${LISTING}'\n` }, 'cloud');
    expect(told(inventory)).toEqual({
      web1: ['all web', { a: 1, b: 2, 'odd-name': 2 }],
      web2: ['all web', { b: 2 }],
      db1: ['all web prague', { b: 2 }],
      lone: ['all lone', { c: 3 }],
    });
    expect(inventory.hosts.get('web1')?.origin(['a'])).toMatch(/\/cloud --list$/);
    expect(inventory.groups.get('nobody')?.hosts).toEqual([]);
  });

  it('is run with --host for each where there is no _meta', async () => {
    const script = `#!/bin/sh\nif [ "$1" = --list ]; then echo '{"web": ["web1", "web2"]}'\nelif [ "$2" = web1 ]; then echo '{"a": 1}'\nfi\n`;
    expect(told(await load({ cloud: script }, 'cloud'))).toEqual({
      web1: ['all web', { a: 1 }],
      web2: ['all web', {}],
    });
  });

  it.each([
    [
      '#!/bin/sh\necho "no key" >&2\nexit 3\n',
      /^inventory-script-failed: the inventory program cloud --list ended with status 3\n.*\nno key$/,
    ],
    ['#!/bin/sh\necho hello\n', /^inventory-script-failed: .* printed something other than JSON\n/],
    ['#!/bin/sh\necho []\n', /^inventory-script-failed: .* printed something other than a JSON object\n/],
    ['#!/no/such/program\n', /^inventory-script-failed: .* cannot be run: ENOENT\n/],
    [
      '#!/bin/sh\necho \'{"web": {"hosts": "web1"}}\'\n',
      /^inventory-structure cloud: the hosts of web are no list of names\n/,
    ],
    [
      '#!/bin/sh\necho \'{"web": {"hosts": ["-oX"]}, "_meta": {"hostvars": {}}}\'\n',
      /^inventory-structure cloud: "-oX" cannot be/,
    ],
  ])('%j: what fails is told', async (text, error) => {
    expect(await failure(load({ cloud: text }, 'cloud'))).toMatch(error);
  });

  it('has a time limit', async () => {
    const dir = folderWith({ cloud: '#!/bin/sh\nexec sleep 60\n' });
    chmodSync(join(dir, 'cloud'), 0o755);
    const reading = readScriptSource(join(dir, 'cloud'), createDeclarer(), () => Secret.named('x'), 200);
    expect(await failure(reading)).toContain('has not ended after 0.2 s');
  });

  it('is not run where nothing may be, nor where it only looks like one', async () => {
    const dir = folderWith({ 'prod.yml': 'all: { hosts: { web1: } }\n', cloud: '#!/bin/sh\ntouch "$0.ran"\n' });
    chmodSync(join(dir, 'prod.yml'), 0o755);
    chmodSync(join(dir, 'cloud'), 0o755);
    const sources = [join(dir, 'prod.yml'), join(dir, 'cloud')];
    const { hosts } = await loadInventory(sources, { env: {}, mayRun: false });
    expect([...hosts.keys()]).toEqual(['web1']);
    expect(() => chmodSync(join(dir, 'cloud.ran'), 0o600)).toThrow('ENOENT');
  });
});

describe('several sources', () => {
  it('a later one counts, for hosts and groups', async () => {
    const inventory = await load(
      {
        'a.yml': 'web: { vars: { x: 1, y: 1 }, hosts: { web1: { p: 1, q: 1 } } }\nfront: { children: { web: } }\n',
        b: '[web]\nweb1 p=2\nweb2\n[web:vars]\nx=2\n',
      },
      'a.yml',
      'b',
      'web3,web1:22,',
    );
    expect(told(inventory)).toEqual({
      web1: ['all front web', { x: 2, y: 1, p: 2, q: 1 }],
      web2: ['all front web', { x: 2, y: 1 }],
      web3: ['all ungrouped', {}],
    });
  });

  it('of a folder those that Ansible takes are read, by their names', async () => {
    const inventory = await load(
      {
        'inv/10-a': '[web]\nweb1 x=1 y=1\n',
        'inv/20-b.yml': 'web: { hosts: { web1: { x: 2 } } }\n',
        'inv/15-c/deep': 'deep1\n',
        'inv/c.ini': 'no\n',
        'inv/c.cfg': 'no\n',
        'inv/a~': 'no\n',
        'inv/a.bak': 'no\n',
        'inv/.hidden': 'no\n',
        'inv/README.md': 'no\n',
        'inv/roles/r.ts': 'no\n',
        'inv/group_vars/web.yml': 'z: 3\n',
        'inv/host_vars/deep1': 'z: 4\n',
      },
      'inv',
    );
    expect(told(inventory)).toEqual({
      web1: ['all web', { x: 2, y: 1, z: 3 }],
      deep1: ['all ungrouped', { z: 4 }],
    });
    expect(inventory.dir).toMatch(/\/inv$/);
  });

  it('a list of names has no files beside it, ranges neither', async () => {
    const inventory = await loadInventory('a.example.com,[2001:db8::1]:22,', { env: {} });
    expect(told(inventory)).toEqual({
      'a.example.com': ['all ungrouped', {}],
      '2001:db8::1': ['all ungrouped', { ansible_port: 22 }],
    });
    expect(await failure(loadInventory('web[1:3],', { env: {} }))).toContain('a list of names takes no ranges');
  });

  it('a file that is a link is read as what it leads to', async () => {
    const dir = folderWith({ 'real/hosts': 'web1\n', 'real/group_vars/all': 'a: 1\n' });
    symlinkSync(join(dir, 'real/hosts'), join(dir, 'hosts'));
    writeFileSync(join(dir, 'x'), '');
    expect(told(await loadInventory(join(dir, 'hosts'), { env: {} }))).toEqual({ web1: ['all ungrouped', {}] });
  });
});

describe('a host in a YAML file', () => {
  it('may have variables in several places, which do not contradict', async () => {
    const content = 'web: { hosts: { web1: { a: 1, c: [1] } } }\ndb: { hosts: { web1: { b: 2, c: [1] } } }\n';
    expect(told(await load({ 'a.yml': content }, 'a.yml'))).toEqual({ web1: ['all db web', { a: 1, b: 2, c: [1] }] });
  });

  it('may have a range over it', async () => {
    const content = 'web:\n  hosts:\n    web[1:2]: { size: small }\n    web2: { size: big }\n';
    expect(told(await load({ 'a.yml': content }, 'a.yml'))).toEqual({
      web1: ['all web', { size: 'small' }],
      web2: ['all web', { size: 'big' }],
    });
  });
});

describe('this machine', () => {
  it('is known by its names where no source has one of them', async () => {
    const files = {
      'a.yml': 'all: { vars: { a: 1, b: 1 }, hosts: { web1: } }\n',
      'group_vars/all': 'b: 2\n',
      'host_vars/localhost': 'c: 3\n',
    };
    const { implicitHost, hosts, groups } = await load(files, 'a.yml');
    expect(implicitHost('localhost')).toMatchObject({
      groups: [],
      vars: { a: 1, b: 2, c: 3, ansible_connection: 'local' },
    });
    expect(implicitHost('127.0.0.1')?.vars).toEqual({ a: 1, b: 2, ansible_connection: 'local' });
    expect(implicitHost('web2')).toBeUndefined();
    expect([...hosts.keys(), ...(groups.get('all')?.hosts ?? [])]).toEqual(['web1', 'web1']);
    expect((await load({ hosts: 'localhost\n' }, 'hosts')).implicitHost('127.0.0.1')).toBeUndefined();
  });
});
