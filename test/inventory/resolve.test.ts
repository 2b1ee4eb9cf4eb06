import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveHosts } from '../../src/inventory/resolve.ts';
import { failure, load, resolve } from './inventory-files.ts';

const SITE = `all:
  vars:
    roles: [site, motd]
    motd: "Welcome to {{ inventory_hostname }}"
    site:
      title: Shop
      services:
        app:
          replicas: 2
          env: { DB: "x://{{ secrets.db }}@db", TRACE: yes }
    secrets: { db: generate }
  hosts:
    web1: { ansible_host: 10.0.0.1 }
    web2: { ansible_host: 10.0.0.2, roles: [motd] }
`;

/** SITE with that line instead of the one that starts like it. */
function siteWith(...lines: readonly string[]): string {
  return lines.reduce((text, line) => {
    const key = line.slice(0, line.indexOf(':') + 1);
    return text.includes(`\n${key}`)
      ? text.replace(new RegExp(`^${key}.*$`, 'm'), () => line)
      : text.replace('    secrets:', () => `${line}\n    secrets:`);
  }, SITE);
}

describe('resolveHosts', () => {
  it('gives each host its roles with their parameters', async () => {
    const hosts = await resolve(SITE);
    const told = hosts.map(({ name, groups, settings, roles, secrets }) => ({
      name,
      groups,
      address: settings.hostname,
      roles: roles.map(({ definition, params }) => [definition.name, JSON.parse(JSON.stringify(params))]),
      secrets: secrets.map((secret) => secret.name),
    }));
    const app = { replicas: 2, mode: 'rolling', env: { DB: 'x://<secret>@db', TRACE: true } };
    expect(told).toEqual([
      {
        name: 'web1',
        groups: ['all', 'ungrouped'],
        address: '10.0.0.1',
        roles: [
          ['site', { site: { title: 'Shop', services: { app } } }],
          ['motd', { motd: 'Welcome to web1', motd_lines: [] }],
        ],
        secrets: ['db'],
      },
      {
        name: 'web2',
        groups: ['all', 'ungrouped'],
        address: '10.0.0.2',
        roles: [['motd', { motd: 'Welcome to web2', motd_lines: [] }]],
        secrets: ['db'],
      },
    ]);
  });

  it.each([
    [{ limit: 'web2' }, { web2: ['motd'] }],
    [{ roles: ['site'] }, { web1: ['site'] }],
    [{ roles: ['motd', 'site'] }, { web1: ['site', 'motd'], web2: ['motd'] }],
    [{ limit: 'web2', roles: ['motd'] }, { web2: ['motd'] }],
  ])('selects %j', async (selection, expected) => {
    const hosts = await resolve(SITE, selection);
    expect(
      Object.fromEntries(hosts.map(({ name, roles }) => [name, roles.map((role) => role.definition.name)])),
    ).toEqual(expected);
  });

  it('lets variables stand that nobody reads', async () => {
    expect(await resolve(siteWith('    contact: ops@example.com', '    rack: 7'))).toHaveLength(2);
  });

  it('leaves what cannot be resolved as it is, where nothing reads it', async () => {
    const reasons = async (...lines: string[]) => {
      const [host] = await resolve(siteWith(...lines));
      return host?.left.map(({ name, location, reason }) => `${name} ${basename(location ?? '')} ${reason}`);
    };
    expect(await reasons(`    ips: "{{ groups['all'] | map('upper') | list }}"`)).toEqual([
      'ips prod.yml:11:5 the filter map is not supported (character 20 of the text)',
    ]);
    expect(
      await reasons('    home: "{{ playbook_dir }}/x"', '    address: "{{ ansible_default_ipv4.address }}"'),
    ).toEqual([
      'home prod.yml:11:5 {{ playbook_dir }}: there is no variable playbook_dir',
      'address prod.yml:12:5 {{ ansible_default_ipv4.address }}: there is no variable ansible_default_ipv4',
    ]);
    expect(await reasons('    a: "{{ b }}"', "    b: \"{{ lookup('file', 'x') }}\"")).toHaveLength(2);
    // Playbooks set more variables, and to Ansible nothing is wrong until one is read.
    expect(await reasons('    url: "http://{{ version }}"', '    out: "{{ result.stdout }}"')).toEqual([
      'url prod.yml:11:5 {{ version }}: there is no variable version',
      'out prod.yml:12:5 {{ result.stdout }}: there is no variable result',
    ]);
    expect(await reasons('    list: [1]', '    text: "a {{ list }}"', '    open: "{{ motd"')).toEqual([
      'text prod.yml:12:5 {{ list }} is a list, which cannot stand within a text',
      'open prod.yml:13:5 {{ is not closed (character 3 of the text)',
    ]);
    expect(await reasons('    a: "{{ b }}"', '    b: "{{ a }}"')).toHaveLength(2);
    expect(await reasons()).toEqual([]);
  });

  it.each([
    ['a role reads it', '    motd: "{{ ansible_hostname }}"'],
    ['a role reads what is made of it', '    motd: "{{ ip }}"\n    ip: "{{ ips | map }}"'],
    ['the connection reads it', '    ansible_user: "{{ users | map }}"'],
    ['a role reads what is no expression', '    motd: "{{ roles"'],
    ['a role reads an entry of it', '    motd: "{{ paths.motd }}"\n    paths: { motd: "{{ nowhere }}" }'],
    ['its name tells that it is ours', '    provision_host_key: "{{ nowhere }}"'],
    ['a role reads what leads nowhere', '    motd: "{{ nowhere }}"'],
  ])('refuses what cannot be resolved where %s', async (_, line) => {
    expect(await failure(resolve(siteWith(line)))).toContain('inventory-unresolved-reference');
  });

  it('does not hold what is wrong with one host against others', async () => {
    const broken = SITE.replace('web2: {', 'web2: { motd: 7,');
    expect(await resolve(broken, { limit: 'web1' })).toHaveLength(1);
    expect(await failure(resolve(broken))).toBe(
      'inventory-bad-parameter prod.yml:14:13: motd: expected a text, found a number\nPut it in quotes.',
    );
  });

  it.each<{ lines: string[]; error: string }>([
    {
      lines: ['          replicsa: 2'],
      error:
        'inventory-bad-parameter prod.yml:11:11: site.services.app has no key "replicsa"\nDid you mean `replicas`?',
    },
    {
      lines: ['          colour: red'],
      error:
        'inventory-bad-parameter prod.yml:11:11: site.services.app has no key "colour"\nIt takes: image, replicas, mode, env, health.',
    },
    {
      lines: ['          replicas: two', '          mode: rollin', '          image: 7', '    motd: []'],
      error: [
        'inventory-bad-parameter prod.yml:4:5: motd: expected a text, found a list',
        'Write what is expected there: the role motd reads it.',
        'prod.yml:9:11: site.services.app.replicas: expected a number, found "two". Write what is expected there: the role site reads it.',
        'prod.yml:11:11: site.services.app.mode: expected rolling or all, found "rollin". Did you mean `rolling`?',
        'prod.yml:12:11: site.services.app.image: expected a text, found a number. Put it in quotes.',
      ].join('\n'),
    },
    {
      lines: ['          replicas: 1.5'],
      error:
        'inventory-bad-parameter prod.yml:9:11: site.services.app.replicas: expected a whole number, found 1.5\nWrite what is expected there: the role site reads it.',
    },
    {
      lines: ['          replicas: 0'],
      error:
        'inventory-bad-parameter prod.yml:9:11: site.services.app.replicas: must be at least 1, found 0\nWrite what is expected there: the role site reads it.',
    },
    {
      lines: ['          health: { path: /status, statsu: 200 }'],
      error:
        'inventory-bad-parameter prod.yml:11:36: site.services.app.health has no key "statsu"\nDid you mean `status`?',
    },
    {
      lines: ['          health: [/status]'],
      error:
        'inventory-bad-parameter prod.yml:11:11: site.services.app.health: expected a text or a mapping, found a list\nIt takes: path, status.',
    },
    {
      lines: ['          health: { status: 200 }'],
      error:
        'inventory-bad-parameter prod.yml:11:11: site.services.app.health lacks path\nAdd path there; it takes: path, status.',
    },
    {
      lines: ['        $(id): {}'],
      error:
        'inventory-bad-parameter prod.yml:11:9: site.services: the name "$(id)" must be 1 to 63 of a-z, 0-9, _ and -, and start with a letter or digit\nChoose another name.',
    },
    {
      lines: ['      owner: a b'],
      error:
        'inventory-bad-parameter prod.yml:11:7: site.owner: must be 1 to 32 of a-z, 0-9, _ and -, and start with a letter or _, found "a b"\nWrite what is expected there: the role site reads it.',
    },
    {
      lines: ['      admin_password: 123'],
      error:
        'inventory-bad-parameter prod.yml:11:7: site.admin_password: must be a text or a secret, found a number\nPut it in quotes.',
    },
    {
      lines: ['      title: "{{ secrets.db }}"'],
      error:
        'inventory-bad-parameter prod.yml:6:7: site.title: expected a text, found a secret\nWrite it openly: the role site takes no secret there.',
    },
    {
      lines: ['      title: "{{ limits.tilte }}"', '    limits: { tilte: { a: 1 } }'],
      error:
        'inventory-bad-parameter prod.yml:6:7: site.title: expected a text, found a mapping\nWrite what is expected there: the role site reads it.',
    },
    {
      lines: ['    roles: [modt]'],
      error:
        'role-not-found prod.yml:3:13: there is no role "modt"\nDid you mean `motd`? A role of your own is the file roles/NAME.ts.',
    },
    {
      lines: ['    roles: site'],
      error:
        'inventory-bad-parameter prod.yml:3:5: roles: expected a list, found "site"\nWrite what is expected there: provision reads it.',
    },
    {
      lines: ['    roles: [motd, motd]'],
      error: 'inventory-bad-parameter prod.yml:3:5: roles: must name each role once\nCorrect that: provision reads it.',
    },
    {
      lines: ['    moti: Hello'],
      error:
        'inventory-unknown-variable prod.yml:11:5: nothing reads the variable moti\nDid you mean `motd`? Rename or remove it.',
    },
    {
      lines: ['    motd: "{{ nowhere }}"'],
      error:
        'inventory-unresolved-reference prod.yml:4:5: {{ nowhere }}: there is no variable nowhere\nThere are: roles, motd, site, secrets, ansible_host, env, groups, inventory_hostname, inventory_hostname_short, inventory_dir, group_names, hostvars.',
    },
  ])('refuses $lines', async ({ lines, error }) => {
    expect(await failure(resolve(siteWith(...lines)))).toBe(error);
  });

  it.each([
    [
      'a value that another forbids',
      'haproxy: { routes: [{ service: files }], backends: { files: { servers: ["a:1"] } }, redirect: true }',
      'haproxy.redirect: needs a certificate for HTTPS: set certs',
    ],
    ['a list', 'certs: [{ domain: a.example }, { domain: a.example }]', 'certs: must not name the same domain twice'],
    [
      'a mapping',
      'stack: { name: shop, services: { a: { image: x, depends_on: [b] }, b: { image: x, depends_on: [a] } } }',
      'stack.services.a.depends_on: b depends on a as well',
    ],
  ])('does not say what stands there where it is %s', async (_, line, message) => {
    const [role = ''] = line.split(':');
    const error = await failure(resolve(`all: { vars: { roles: [${role}], ${line} }, hosts: { web1: } }\n`));
    expect(error.split('\n')[0]).toMatch(new RegExp(`^inventory-bad-parameter prod.yml:1:\\d+: ${message}$`));
    expect(error).toContain(`\nCorrect that: the role ${role} reads it.`);
  });

  it('says that a password is empty', async () => {
    const database = '{ engine: postgres, name: shop, users: { o: { access: owner, password: "" } } }';
    const stack = `{ name: shop, services: {}, databases: { db: ${database} } }`;
    expect(await failure(resolve(`all: { vars: { roles: [stack], stack: ${stack} }, hosts: { web1: } }\n`))).toMatch(
      /db\.users\.o\.password: must be a text or a secret, found an empty text\nWrite what is expected there: the role stack/,
    );
  });

  it('says which role needs a variable that is missing, where the roles are named', async () => {
    const error = await failure(resolve('all:\n  vars:\n    roles: [site]\n  hosts: { web1: }\n'));
    expect(error).toBe(
      'inventory-bad-parameter prod.yml:3:5: the role site needs the variable site\nSet site under `vars`.',
    );
  });

  it.each([
    [
      'all:\n  hosts: { web1: }\n',
      {},
      'inventory-structure prod.yml: no selected host has any roles\nName them in the variable `roles`: `roles: [users, packages]`.',
    ],
    [SITE, { roles: ['stie'] }, 'role-not-found: no selected host has the role "stie"\nDid you mean `site`?'],
    [SITE, { limit: 'web2', roles: ['site'] }, 'role-not-found: no selected host has the role "site"\nThere is: motd.'],
    [SITE, { limit: 'wbe2' }, 'inventory-no-host-matches: no host or group is named "wbe2"\nDid you mean `web2`?'],
    [
      SITE.replace('10.0.0.2', '10.0.0.1'),
      {},
      'inventory-duplicate-host prod.yml:14:13: web1 and web2 are the same host: 10.0.0.1\nweb1 stands at prod.yml:13:5. Remove one of the two, or correct its address.',
    ],
    [
      'all:\n  vars: { roles: [motd], ansible_connection: local }\n  hosts: { a: , b: }\n',
      {},
      'inventory-duplicate-host prod.yml:3:17: a and b are the same host: this machine\na stands at prod.yml:3:12. Remove one of the two, or correct its address.',
    ],
  ])('refuses what it cannot select from %j with %j', async (content, selection, error) => {
    expect(await failure(resolve(content, selection))).toBe(error);
  });

  it('tells two hosts at one address apart by their port or their jump host', async () => {
    const hosts = 'a: { ansible_port: 1 } , b: { ansible_port: 2 } , c: { ansible_ssh_common_args: -J x }';
    expect(await resolve(`all:\n  vars: { roles: [motd], ansible_host: h }\n  hosts: { ${hosts} }\n`)).toHaveLength(3);
  });

  it('takes hostile texts for what they are', async () => {
    const hostile = [
      '$(touch /tmp/x)',
      '`id`',
      "'; rm -rf /",
      '-rf',
      'a\nb',
      '\u202e\u0000ünï',
      '${HOME}',
      '%s',
      '__proto__',
      'constructor',
    ];
    const hosts = await resolve(siteWith(`    motd_lines: ${JSON.stringify(hostile)}`), { limit: 'web2' });
    expect(hosts[0]?.roles[0]?.params.motd_lines).toEqual(hostile);
  });

  it('reads 10,000 hosts in time that grows with their number', async () => {
    await cpuMsFor(100);
    const [few, many] = [await cpuMsFor(2500), await cpuMsFor(10_000)];
    // Four times the hosts: what is quadratic takes sixteen times as long. About 1 s, on a machine at rest.
    expect(many / few).toBeLessThan(9);
    expect(many).toBeLessThan(6000);
  }, 60_000);
});

/** Processor time, which other programs on the machine hardly change, of loading and resolving that many hosts in 100 groups. */
async function cpuMsFor(count: number): Promise<number> {
  const groups = Array.from({ length: 100 }, (_, g) => {
    const hosts = Array.from(
      { length: count / 100 },
      (_, h) => `    host-${g}-${h}: { ansible_host: 10.0.${g}.${h} }\n`,
    );
    return `group${g}:\n  vars: { rack: ${g} }\n  hosts:\n${hosts.join('')}`;
  });
  const vars = SITE.slice(0, SITE.indexOf('  hosts:')).replace('{{', '{{ groups.group7[0] }} {{');
  const before = process.cpuUsage();
  const inventory = await load(`${vars}${groups.join('')}`);
  const hosts = await resolveHosts(inventory, { limit: 'all,!group9' });
  const { user, system } = process.cpuUsage(before);
  expect(hosts).toHaveLength(count * 0.99);
  expect(hosts.at(-1)?.roles[1]?.params.motd).toBe(`Welcome to host-7-0 ${hosts.at(-1)?.name}`);
  return (user + system) / 1000;
}
