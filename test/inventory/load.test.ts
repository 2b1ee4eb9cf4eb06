import { describe, expect, it } from 'vitest';
import { loadInventory } from '../../src/inventory/load.ts';
import { failure, folderWith, load } from './inventory-files.ts';

const REGIONS = `
all:
  vars: { ntp: all, dns: all, mtu: all, mail: all }
  hosts:
    lone:
  children:
    europe:
      vars: { dns: europe, mtu: europe, mail: europe }
      children:
        prague:
          vars: { mtu: prague, mail: prague }
          hosts:
            web1: { mail: web1 }
            web2:
    web:
      vars: { mail: web }
      hosts: { web2: , web1: , web3: }
`;

describe('loadInventory', () => {
  it('merges groups by their distance from all, then by name, and the host last', async () => {
    const { hosts } = await load(REGIONS);
    expect([...hosts.keys()]).toEqual(['lone', 'web1', 'web2', 'web3']);
    const merged = [...hosts.values()].map(({ name, groups, vars }) => ({ name, groups, vars }));
    expect(merged).toEqual([
      { name: 'lone', groups: ['all', 'ungrouped'], vars: { ntp: 'all', dns: 'all', mtu: 'all', mail: 'all' } },
      {
        name: 'web1',
        groups: ['all', 'europe', 'web', 'prague'],
        vars: { ntp: 'all', dns: 'europe', mtu: 'prague', mail: 'web1' },
      },
      {
        name: 'web2',
        groups: ['all', 'europe', 'web', 'prague'],
        vars: { ntp: 'all', dns: 'europe', mtu: 'prague', mail: 'prague' },
      },
      { name: 'web3', groups: ['all', 'web'], vars: { ntp: 'all', dns: 'all', mtu: 'all', mail: 'web' } },
    ]);
  });

  it('knows the hosts of each group, those of its children included', async () => {
    const { groups } = await load(REGIONS);
    expect(Object.fromEntries([...groups.values()].map(({ name, hosts }) => [name, hosts]))).toEqual({
      all: ['lone', 'web2', 'web1', 'web3'],
      europe: ['web1', 'web2'],
      prague: ['web1', 'web2'],
      web: ['web2', 'web1', 'web3'],
      ungrouped: ['lone'],
    });
  });

  it('merges groups of one depth by ansible_group_priority before their names', async () => {
    const { hosts } = await load(`
a: { vars: { from: a, ansible_group_priority: 10 }, hosts: { web1: } }
b: { vars: { from: b }, hosts: { web1: } }
`);
    expect(hosts.get('web1')).toMatchObject({ groups: ['all', 'b', 'a'], vars: { from: 'a' } });
  });

  it('replaces a mapping as a whole', async () => {
    const { hosts } = await load('all:\n  vars: { a: { x: 1, y: 2 } }\n  hosts: { web1: { a: { x: 3 } } }\n');
    expect(hosts.get('web1')?.vars).toEqual({ a: { x: 3 } });
  });

  it.each<[(string | number)[], string | undefined]>([
    [['ntp'], 'prod.yml:3:11'],
    [['mail'], 'prod.yml:14:15'],
    [['mail', 'deeper', 0], 'prod.yml:14:15'],
    [['users'], 'prod.yml:15:15'],
    [['users', 1], 'prod.yml:17:19'],
    [['users', 1, 'name'], 'prod.yml:17:21'],
    [['users', 1, 'groups', 0], 'prod.yml:18:30'],
    [['users', 1, 'shell'], 'prod.yml:17:19'],
    [['users', 7], 'prod.yml:15:15'],
    [['nowhere'], undefined],
    [[], undefined],
  ])('tells where %j stands', async (path, expected) => {
    const dir = folderWith({
      'prod.yml': REGIONS.replace(
        '            web1: { mail: web1 }\n',
        [
          '            web1:',
          '              mail: web1',
          '              users:',
          '                - { name: a }',
          '                - { name: b,',
          '                    groups: [c] }',
          '',
        ].join('\n'),
      ),
    });
    const { hosts } = await loadInventory(`${dir}/prod.yml`, { env: {} });
    expect(hosts.get('web1')?.origin(path)?.replace(`${dir}/`, '')).toBe(expected);
  });

  it('takes a byte order mark, Windows line ends, anchors and merge keys', async () => {
    const { hosts } = await load(
      '\uFEFFall:\r\n  vars:\r\n    base: &base { a: 1, b: 2 }\r\n    more: { <<: *base, b: 3, c: [*base] }\r\n  hosts: { web1: }\r\n',
    );
    expect(hosts.get('web1')?.vars.more).toEqual({ a: 1, b: 3, c: [{ a: 1, b: 2 }] });
    expect(hosts.get('web1')?.origin(['more', 'a'])).toMatch(/prod\.yml:3:19$/);
  });

  it('leaves quoted texts and block texts as they are', async () => {
    const { hosts } = await load(
      'all:\n  hosts:\n    web1: { a: "0644", b: \'yes\', c: !!str 7 }\n    web2:\n      d: |\n        12\n',
    );
    expect(hosts.get('web1')?.vars).toEqual({ a: '0644', b: 'yes', c: '7' });
    expect(hosts.get('web2')?.vars).toEqual({ d: '12\n' });
  });
});

describe('loadInventory refuses', () => {
  const cases: readonly { name: string; content: string | Uint8Array; error: string }[] = [
    {
      name: 'a tab',
      content: 'all:\n\thosts:\n',
      error: 'inventory-syntax prod.yml:2:1: a tab is used as indentation\nIndent with spaces.',
    },
    {
      name: 'an open quote',
      content: 'all:\n  vars: { a: "x }\n',
      error:
        'inventory-syntax prod.yml:3:1: this is not valid YAML: Missing closing "quote\n' +
        'Check quotes, brackets and indentation here and on the line before.',
    },
    {
      name: 'a text with a colon',
      content: 'all:\n  vars:\n    a: b: c\n',
      error:
        'inventory-syntax prod.yml:3:8: a mapping cannot start here\n' +
        'Put a text that holds `: ` in quotes, and check the indentation of the next line.',
    },
    {
      name: 'what follows a quote, without showing it',
      content: 'all:\n  vars:\n    password: "hunter2" hunter3\n',
      error:
        'inventory-syntax prod.yml:3:25: something stands here that does not belong to what is before it\n' +
        'Check the indentation, and put texts with special characters in quotes.',
    },
    {
      name: 'two documents',
      content: 'all:\n  hosts: { web1: }\n---\nall:\n',
      error:
        'inventory-syntax prod.yml:3:1: the file holds more than one document\n' +
        'Remove the line `---` and what follows it.',
    },
    {
      name: 'a tag',
      content: 'all:\n  vars:\n    a: !unsafe 61\n',
      error:
        'inventory-syntax prod.yml:3:8: the tag !unsafe is not supported\n' +
        'Remove the tag, or put a text that starts with ! in quotes.',
    },
    {
      name: 'an alias of nothing',
      content: 'all:\n  vars: { a: *glob }\n',
      error:
        'inventory-syntax prod.yml:2:14: this alias refers to no anchor that stands before it\n' +
        'Write &name before the value that *name stands for, or put a text that starts with * in quotes.',
    },
    {
      name: 'an alias of itself',
      content: 'all:\n  vars: { a: &a [*a] }\n',
      error:
        'inventory-syntax prod.yml:2:18: this alias refers to no anchor that stands before it\n' +
        'Write &name before the value that *name stands for, or put a text that starts with * in quotes.',
    },
    {
      name: 'aliases that grow without end',
      content: `all:\n  vars:\n    a0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, i) => `    a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}\n`,
      error:
        'inventory-syntax prod.yml:22:22: with its aliases the file holds over 5000000 values\nUse fewer aliases within aliases.',
    },
    {
      name: 'an escape that is none',
      content: 'all:\n  vars: { a: "C:\\dir" }\n',
      error:
        'inventory-syntax prod.yml:2:17: what follows the backslash is no escape\nWrite \\\\ for a backslash, or use single quotes.',
    },
    {
      name: 'a number of base 60',
      content: 'all:\n  vars: { ports: [22:22] }\n',
      error: 'inventory-syntax prod.yml:2:19: YAML reads this as a number of base 60\nPut it in quotes.',
    },
    {
      name: 'a reference without quotes',
      content: 'all:\n  vars:\n    a: {{ secrets.b }}\n',
      error:
        'inventory-structure prod.yml:3:9: a key must be a text\n' +
        'Put a value that starts with { or [ in quotes: "{{ secrets.name }}".',
    },
    {
      name: 'a duplicate key',
      content: 'all:\n  vars:\n    motd: a\n    users: []\n    motd: b\n',
      error:
        'inventory-structure prod.yml:5:5: the key "motd" stands here twice\n' +
        'It is first set at prod.yml:3:5. Remove one of the two.',
    },
    {
      name: 'a host named twice in one group',
      content: 'all:\n  hosts:\n    web1:\n    web1:\n',
      error:
        'inventory-structure prod.yml:4:5: the key "web1" stands here twice\n' +
        'It is first set at prod.yml:3:5. Remove one of the two.',
    },
    {
      name: 'a key that would change the object',
      content: 'all:\n  vars: { a: { __proto__: { b: 1 } } }\n',
      error: 'inventory-structure prod.yml:2:16: a key cannot be __proto__\nChoose another name.',
    },
    {
      name: 'UTF-16',
      content: new Uint8Array([0xff, 0xfe, 0x61, 0x00, 0x3a, 0x00]),
      error: 'inventory-syntax prod.yml: the file is not UTF-8 text\nSave it with the encoding UTF-8.',
    },
    {
      name: 'an empty file',
      content: '',
      error: 'inventory-empty-group prod.yml:1:1: the inventory has no hosts\nName at least one.',
    },
    {
      name: 'a list',
      content: '# hosts\n- web1\n',
      error: 'inventory-structure prod.yml:2:1: an inventory is a mapping of groups\nStart it with `all:`.',
    },
    {
      name: 'an unknown key in a group',
      content: 'all:\n  hots:\n    web1:\n',
      error:
        'inventory-structure prod.yml:2:3: the group all has an unknown key "hots"\n' +
        'Did you mean `hosts`? A variable of the group stands under `vars`, a group in it under `children`.',
    },
    {
      name: 'hosts as a list',
      content: 'all:\n  hosts: [web1]\n',
      error:
        'inventory-structure prod.yml:2:3: `hosts` of all must be a mapping, not a list\n' +
        'Write each host with a colon: `web1:`.',
    },
    {
      name: 'a host that is a text',
      content: 'all:\n  hosts:\n    web1: 10.0.0.1\n',
      error:
        'inventory-structure prod.yml:3:5: the host web1 must be a mapping, not a single value\n' +
        'Write one `name: value` a line.',
    },
    {
      name: 'a host whose name is code',
      content: "all:\n  hosts:\n    '$(touch /tmp/x)':\n",
      error:
        'inventory-structure prod.yml:3:5: "$(touch /tmp/x)" cannot be the name of a host\n' +
        'Use letters, digits, `_`, `-` and `.`, and start with a letter or digit.',
    },
    {
      name: 'a host whose name is an option',
      content: 'all:\n  hosts:\n    -oProxyCommand=x:\n',
      error:
        'inventory-structure prod.yml:3:5: "-oProxyCommand=x" cannot be the name of a host\n' +
        'Use letters, digits, `_`, `-` and `.`, and start with a letter or digit.',
    },
    {
      name: 'a range that is none',
      content: 'all:\n  hosts:\n    "web[1-3]":\n',
      error:
        'inventory-structure prod.yml:3:5: [1-3] is no range of hosts\n' +
        'Write [1:10], [01:10], [a:f], or with a step [0:100:10].',
    },
    {
      name: 'a variable whose name is none',
      content: 'all:\n  vars:\n    my-var: 1\n',
      error:
        'inventory-structure prod.yml:3:5: "my-var" cannot be the name of a variable\n' +
        'Use letters, digits and _, and start with a letter.',
    },
    {
      name: 'a host defined twice',
      content:
        'web:\n  hosts:\n    web1: { ansible_host: 10.0.0.1 }\ndb:\n  hosts:\n    web1: { ansible_host: 10.0.0.2 }\n',
      error:
        'inventory-duplicate-host prod.yml:6:5: the host web1 is defined twice\n' +
        'It has variables at prod.yml:3:5 already. Keep them in one place; elsewhere write `web1:` alone.',
    },
    {
      name: 'a group without hosts',
      content: 'all:\n  hosts: { web1: }\n  children:\n    db:\n      hosts:\n',
      error: 'inventory-empty-group prod.yml:4:5: the group db has no hosts\nGive it a host, or remove it.',
    },
    {
      name: 'a child that is no group',
      content: 'web:\n  hosts: { web1: }\nfront:\n  children:\n    wbe:\n',
      error:
        'inventory-structure prod.yml:5:5: front names a child wbe, which is no group\n' +
        'Did you mean `web`? A group is declared by its `hosts` or `children`.',
    },
    {
      name: 'a cycle',
      content: 'a:\n  hosts: { web1: }\n  children: { b: }\nb:\n  children: { c: }\nc:\n  children: { a: }\n',
      error:
        'inventory-structure prod.yml:1:1: the group a is a child of itself: a > b > c > a\n' +
        'Remove one of these groups from the children of the one before it.',
    },
    {
      name: 'all as a child',
      content: 'web:\n  hosts: { web1: }\n  children: { all: }\n',
      error: 'inventory-structure prod.yml:3:15: `all` cannot be a child\nRemove it: it holds every group.',
    },
  ];

  it.each(cases)('$name', async ({ content, error }) => {
    expect(await failure(load(content))).toBe(error);
  });

  it('values that are nested too deeply', async () => {
    expect(await failure(load(`all: ${'['.repeat(20_000)}`))).toMatch(
      /^inventory-syntax prod\.yml:1:\d+: values are nested too deeply here\nNest them less\.$/,
    );
  });

  it.each([
    '*canary',
    '!canary x',
    '!vault canary',
    '!!canary x',
    '"\\qcanary"',
    '"x" canary',
    "'canary",
    '"canary',
    '@canary',
    '`canary`',
    '%canary',
    '|canary',
    '[canary',
    '{canary',
    '{ canary ] }',
    'canary: canary: x',
    '&canary &canary x',
    '{{ canary }}',
    'canary\n  canary',
    '- canary',
  ])('%j without showing it', async (password) => {
    const error = await failure(load(`all:\n  vars:\n    password: ${password}\n  hosts: { web1: }\n`));
    expect(error).toMatch(/^(inventory-(syntax|structure)|vault-damaged) prod\.yml:\d+:\d+: /);
    expect(error).not.toContain('canary');
  });

  it('a file that is not there, and a folder without inventories', async () => {
    const dir = folderWith({ 'sub/group_vars/x.yml': '', 'sub/hosts.ini': '' });
    const path = (name: string) => loadInventory(`${dir}/${name}`, { env: {} });
    expect(await failure(path('stage.yml'))).toBe(
      'inventory-not-found: there is no inventory stage.yml\nGive the path of an inventory file: --inventory prod.yml.',
    );
    expect(await failure(path('sub'))).toBe(
      'inventory-not-found: the folder sub holds no inventory\nPut files of hosts into it. ' +
        'As in Ansible, those that end in .ini, .cfg, .txt, .md, .bak or ~ are left out in a folder.',
    );
  });
});
