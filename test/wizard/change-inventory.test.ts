import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffLines } from 'diff';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { draftOf } from '../../src/wizard/draft.ts';
import { open } from '../../src/wizard/opened.ts';
import type { Answers } from '../../src/wizard/question.ts';
import { runWizard, writeFromFlags } from '../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, HOST_KEY, KEY, type Script, toolsFor } from './setting.ts';

const PROD = readFileSync(new URL('../../inventory/prod.yml', import.meta.url), 'utf8');
const CLUSTER = readFileSync(new URL('../../inventory/cluster.yml', import.meta.url), 'utf8');

let folder: string;

beforeEach(() => {
  folder = folderWith({ 'files/app/Dockerfile': 'FROM scratch\n' });
  mkdirSync(join(folder, 'inventory'));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function change(text: string, flags: Answers): Promise<string> {
  const file = join(folder, 'inventory/prod.yml');
  writeFileSync(file, text);
  const tools = await toolsFor(folder, fakePrompter());
  await writeFromFlags({ flags, inventory: 'inventory/prod.yml', force: false }, { tools, schema: '/schema.json' });
  return readFileSync(file, 'utf8');
}

/** On a terminal: opens the topic, and answers one question of it. */
async function remove(text: string, answer: Script[number], topic: string): Promise<string> {
  const file = join(folder, 'inventory/prod.yml');
  writeFileSync(file, text);
  const draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
  const tools = await toolsFor(
    folder,
    fakePrompter([['All as it should be', topic], answer, ['Is that the key', 'no'], ['Is that the key', 'no']]),
  );
  await runWizard({ flags: {}, inventory: file, force: false }, draft, { tools, schema: '/schema.json' });
  return readFileSync(file, 'utf8');
}

/** Lines that were taken away, in their order, then those that were added: `-` before, `+` after. */
function changes(before: string, after: string): string[] {
  const parts = diffLines(before, after);
  const lines = (mark: string, value: string) =>
    value
      .trimEnd()
      .split('\n')
      .map((line) => `${mark} ${line.trim()}`);
  return [
    ...parts.filter(({ removed }) => removed).flatMap(({ value }) => lines('-', value)),
    ...parts.filter(({ added }) => added).flatMap(({ value }) => lines('+', value)),
  ];
}

describe('an inventory that exists', () => {
  it.each([
    ['prod.yml', PROD],
    ['cluster.yml', CLUSTER],
  ])('%s stays as it is, byte for byte, where nothing is changed', async (_name, text) => {
    expect(await change(text, {})).toBe(text);
  });

  it.each<[string, Answers, string[]]>([
    ['a number', { replicas: '4' }, ['- replicas: 2', '+ replicas: 4']],
    [
      'a package',
      { packages: ['curl', 'wget', 'vim', 'nano', 'jq', 'htop'] },
      ['- packages: [curl, wget, vim, nano, jq]', '+ packages: [curl, wget, vim, nano, jq, htop]'],
    ],
    [
      'a value with a comment beside it',
      { database: 'mariadb' },
      [
        '- DATABASE_URI: postgresql+psycopg2://app:{{ secrets.db_app }}@db:5432/app',
        '- engine: postgres # or mariadb, mysql',
        '+ DATABASE_URI: mysql://app:{{ secrets.db_app }}@db:3306/app',
        '+ engine: mariadb # or mariadb, mysql',
      ],
    ],
    [
      'an engine and a scheme for it',
      { database: 'mysql', databaseScheme: 'mysql+aiomysql' },
      [
        '- DATABASE_URI: postgresql+psycopg2://app:{{ secrets.db_app }}@db:5432/app',
        '- engine: postgres # or mariadb, mysql',
        '+ DATABASE_URI: mysql+aiomysql://app:{{ secrets.db_app }}@db:3306/app',
        '+ engine: mysql # or mariadb, mysql',
      ],
    ],
    [
      'one more host',
      { servers: ['web1=root@203.0.113.10', 'web2=root@203.0.113.12'] },
      ['+ web2: { ansible_host: 203.0.113.12 }'],
    ],
    ['what is not wanted any more', { redis: 'no' }, ['- REDIS_HOST: redis', '- redis: { image: "redis:8" }']],
    [
      'HTTPS, with the role and its variable',
      { tls: 'none' },
      [
        '- roles: [users, packages, docker, certs, stack, haproxy]',
        '- certs:',
        '- domain: app.example.com',
        '- provider: self-signed # or files, or acme',
        '+ roles: [users, packages, docker, stack, haproxy]',
      ],
    ],
    [
      'a password to log in with',
      { loginPassword: 'env:LOGIN' },
      [
        '- secrets: { db_app: generate, db_developer: generate, admin_developer: generate }',
        '+ ansible_password: "{{ secrets.login }}"',
        '+ secrets: { db_app: generate, db_developer: generate, admin_developer: generate, login: { env: LOGIN } }',
      ],
    ],
    [
      'one more login',
      { logins: ['/admin:developer', '/admin:boss'] },
      [
        '- - { path: /admin, users: { developer: "{{ secrets.admin_developer }}" } }',
        '- secrets: { db_app: generate, db_developer: generate, admin_developer: generate }',
        '+ - { path: /admin, users: { developer: "{{ secrets.admin_developer }}", boss: "{{ secrets.admin_boss }}" } }',
        '+ secrets: { db_app: generate, db_developer: generate, admin_developer: generate, admin_boss: generate }',
      ],
    ],
  ])('changes %s, and nothing else', async (_name, flags, lines) => {
    expect(changes(PROD, await change(PROD, flags))).toEqual(lines);
  });

  it('keeps the layout and what it does not understand', async () => {
    const text = `# Ours.
all:
    hosts:
        web1:   # the first one
            rack: 7
            ansible_host:   203.0.113.10
    vars:
        roles: [ users,packages ]     # both
        own_variable: {a:   1}
        users:
            -   name: alice   # on leave
                shell: /bin/zsh
                sudo: nopasswd
                authorized_keys:
                    - ${KEY}
        packages:
            - curl

            # for logs
            - jq
`;
    const changed = await change(text, { packages: ['curl', 'jq', 'vim'], servers: ['web1=root@203.0.113.99'] });
    expect(changes(text, changed)).toEqual([
      '- ansible_host:   203.0.113.10',
      '+ ansible_host:   203.0.113.99',
      '+ - vim',
    ]);
  });

  it.each<[string, Answers, string[]]>([
    ['a value', { replicas: '4' }, ['- replicas:   2     # two are enough', '+ replicas:   4     # two are enough']],
    [
      'a value in braces',
      { servers: ['web1=root@203.0.113.10', 'web2=root@203.0.113.99'] },
      ['- web2: {ansible_host: 203.0.113.11}   # spare', '+ web2: {ansible_host: 203.0.113.99}   # spare'],
    ],
    [
      'a value that needs quotes now',
      { healthBody: 'OK, fine' },
      ['- health: {path: /status,body: ok}  # json', '+ health: {path: /status,body: "OK, fine"}  # json'],
    ],
    ['a key of a host', { hostKeys: [`web1=${HOST_KEY}`] }, [`+ provision_host_key: ${HOST_KEY}`]],
    ['a new entry', { packages: ['curl', 'jq', 'vim'] }, ['+ - vim']],
  ])('leaves what stands beside a change as it is: %s', async (_name, flags, lines) => {
    const text = `all:
    # hosts come first
    hosts:
        web1:   # the first one
            ansible_host:   203.0.113.10     # rented
        web2: {ansible_host: 203.0.113.11}   # spare
    vars:
        ansible_user:   root
        packages:
            - curl     # needed
              # for logs
            - jq       # json
        stack:
            name: shop      # the shop
            services:
                app:
                    image:   shop     # from us
                    replicas:   2     # two are enough
                      # odd
                    port: 5000
                    health: {path: /status,body: ok}  # json
        haproxy: {}
`;
    expect(changes(text, await change(text, flags))).toEqual(lines);
  });

  const BARE = `all:
  hosts:
    web1: { ansible_host: 203.0.113.10 }
  vars:
    stack:
      name: web
      services:
        app:
          image: nginx:1
    haproxy:
      routes: [{ path: /, service: app }]
`;

  it.each<[string, Answers, readonly string[]]>([
    [
      'a database',
      { database: 'postgres' },
      [
        'DATABASE_URL: postgresql://app:{{ secrets.db_app }}@db:5432/app',
        'name: app',
        'app: { access: owner, password: "{{ secrets.db_app }}" }',
        'db_app: generate',
      ],
    ],
    [
      'a database with a name of its own',
      { database: 'mariadb', databaseName: 'shop' },
      ['DATABASE_URL: mysql://app:{{ secrets.db_app }}@db:3306/shop', 'name: shop'],
    ],
    ['redis', { redis: 'yes' }, ['REDIS_URL: redis://redis:6379']],
    ['draining', { drainPrepare: '/prepare' }, ['drain: { prepare: /prepare, ready: /ready }']],
    [
      'a certificate',
      { tls: 'self-signed' },
      ['roles: [docker, certs, stack, haproxy]', 'domain: 203.0.113.10', 'provider: self-signed'],
    ],
    ['the body of an answer', { healthBody: 'ok' }, ['health: { body: ok }']],
  ])('has the defaults of what is asked only now: %s', async (_name, flags, lines) => {
    const changed = await change(BARE, flags);
    for (const line of lines) expect(changed).toContain(line);
    expect(changed).not.toMatch(/: ""|db_:|\{\}/);
  });

  it.each<[string, Answers, string]>([
    ['files', { tls: 'files' }, '--certificate FILE: must be given\n--certificate-key FILE: must be given'],
    ["Let's Encrypt", { tls: 'acme', domain: 'a.example.com' }, '--acme-agree-terms yes|no: must be yes'],
  ])('names what is missing for a certificate of %s', async (_name, flags, detail) => {
    await expect(change(BARE, flags)).rejects.toMatchObject({
      code: 'usage',
      detail: expect.stringContaining(detail),
    });
  });

  it('leaves alone what is set for groups', async () => {
    const changed = await change(CLUSTER, { packages: ['curl', 'vim', 'jq'] });
    expect(changes(CLUSTER, changed)).toEqual(['- packages: [curl, vim]', '+ packages: [curl, vim, jq]']);
  });

  const GROUPS = `all:
  vars: { packages: [curl], roles: [packages] }
  hosts:
    spare: # stands alone
  children:
    web:
      vars: { ansible_user: deploy }
      hosts:
        # the old one
        web1: { ansible_host: 203.0.113.10, rack: 7 }
        web2: { ansible_host: 203.0.113.11 }
    south:
      hosts: { web2: , spare: }
beside:
  hosts:
    db[1:3].example.com: { ansible_user: root }
`;

  it.each<[string, Answers, string[]]>([
    ['says the same', { servers: ['web1=deploy@203.0.113.10'] }, []],
    [
      'gets another user',
      { servers: ['web1=root@203.0.113.10'] },
      [
        '- web1: { ansible_host: 203.0.113.10, rack: 7 }',
        '+ web1: { ansible_host: 203.0.113.10, rack: 7, ansible_user: root }',
      ],
    ],
    [
      'is known by its address, and gets a key',
      { servers: ['203.0.113.11'], hostKeys: [`web2=${HOST_KEY}`] },
      [
        '- web2: { ansible_host: 203.0.113.11 }',
        '+ web2:',
        '+ ansible_host: 203.0.113.11',
        `+ provision_host_key: ${HOST_KEY}`,
      ],
    ],
    [
      'is new, and nobody else gets its user',
      { servers: ['web9=alice@203.0.113.19'] },
      ['+ web9: { ansible_host: 203.0.113.19, ansible_user: alice }'],
    ],
  ])('has a host of a group that %s', async (_name, flags, lines) => {
    expect(changes(GROUPS, await change(GROUPS, flags))).toEqual(lines);
  });

  it('has a host removed from all groups that name it', async () => {
    const changed = await remove(GROUPS, ['Hosts', '-2'], 'hosts');
    expect(changed).not.toContain('web2');
    expect(changed).toContain('hosts: { spare: }');
  });

  it('shows all hosts, those of groups and those that it leaves alone', async () => {
    const file = join(folder, 'inventory/prod.yml');
    writeFileSync(file, GROUPS);
    const { answers, otherHosts } = await open(file, await toolsFor(folder, fakePrompter()));
    expect(answers.servers).toEqual(['spare=spare', 'web1=deploy@203.0.113.10', 'web2=deploy@203.0.113.11']);
    expect(otherHosts).toEqual(['db[1:3].example.com']);
  });

  it.each([
    ['a folder', () => mkdirSync(join(folder, 'inventory/other.yml')), 'inventory-structure', /is a folder, and init/],
    [
      'a program',
      () => writeFileSync(join(folder, 'inventory/other.yml'), '#!/bin/sh\necho {}\n'),
      'inventory-structure',
      /is a program, and init/,
    ],
    [
      'JSON',
      () => writeFileSync(join(folder, 'inventory/other.yml'), '{ "all": { "hosts": { "web1": null } } }'),
      'inventory-structure',
      /is a JSON file, and init/,
    ],
  ])('is refused where it is or has %s', async (_name, make, code, message) => {
    make();
    const tools = await toolsFor(folder, fakePrompter());
    const request = { flags: {}, inventory: 'inventory/other.yml', force: false };
    const error = await writeFromFlags(request, { tools, schema: '/schema.json' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  const SHARED = `all:
  vars:
    roles: &all [users, packages] # for most
    packages: [&editor vim, curl]
    x: *editor
    users:
      - &bob { name: bob, sudo: nopasswd, authorized_keys: ["${KEY}"] }
    common: &common { ansible_user: deploy, ansible_port: 2222 }
    others: [*bob]
  hosts:
    # the old one
    web1: { <<: *common, ansible_host: 203.0.113.10 }
    web2:   { ansible_host: 203.0.113.11 }
`;

  it.each<[string, Answers, string[]]>([
    ['nothing', {}, []],
    [
      'a host',
      { servers: ['web2=deploy@203.0.113.12'] },
      ['- web2:   { ansible_host: 203.0.113.11 }', '+ web2: { ansible_host: 203.0.113.12, ansible_user: deploy }'],
    ],
    [
      'beside what is merged',
      { hostKeys: ['web1=ssh-ed25519 AAAA'] },
      [
        '- web1: { <<: *common, ansible_host: 203.0.113.10 }',
        '+ web1:',
        '+ <<: *common',
        '+ ansible_host: 203.0.113.10',
        '+ provision_host_key: ssh-ed25519 AAAA',
      ],
    ],
  ])('has anchors, and changes %s that nothing else shares', async (_name, flags, lines) => {
    expect(changes(SHARED, await change(SHARED, flags))).toEqual(lines);
  });

  it.each<[string, Answers, string]>([
    ['a list with shared entries', { packages: ['jq'] }, 'all.vars.packages, which has an anchor: &editor'],
    ['an account that others refer to', { admins: [`alice=${KEY}`] }, 'all.vars.users, which has an anchor: &bob'],
    [
      'what is merged',
      { servers: ['web1=deploy@203.0.113.10:22'] },
      'all.hosts.web1.ansible_port, which has an anchor: <<',
    ],
  ])('refuses a change of %s', async (_name, flags, part) => {
    await expect(change(SHARED, flags)).rejects.toMatchObject({
      code: 'inventory-structure',
      message: `the wizard cannot change ${part}`,
    });
  });

  it('has an entry removed on a terminal', async () => {
    expect(changes(PROD, await remove(PROD, ['Packages', 'curl, wget, vim, nano'], 'packages'))).toEqual([
      '- packages: [curl, wget, vim, nano, jq]',
      '+ packages: [curl, wget, vim, nano]',
    ]);
  });

  const LISTS = `all:
  hosts:
    web1:
      ansible_host: 203.0.113.10
      ansible_user: deploy
      ansible_port: 2222
      provision_host_key: ${HOST_KEY}
  vars:
    users:
      - name: alice
        authorized_keys:
          - ${KEY}
    packages: [curl]
    stack:
      name: web
      services:
        app:
          image: shop:1
          port: 80
          env:
            B: old
            A: kept
            DATABASE_URL: postgresql://app:{{ secrets.db_app }}@db:5432/app
        api: { image: "api:1", port: 80 }
      databases:
        db:
          engine: postgres
          name: app
          users:
            app: { access: owner, password: "{{ secrets.db_app }}" }
            reports: { access: read-only, password: "{{ secrets.reports }}" }
    haproxy:
      routes:
        - { path: /, service: app }
        - { path: /api, service: api }
      deny: [/internal]
    secrets:
      db_app: generate
      reports: { env: REPORTS }
`;
  const SECOND_KEY = HOST_KEY.replace('EBTg', 'EBTh');

  it.each<[string, Answers, readonly string[]]>([
    ['adds a variable', { environment: ['C=3'] }, ['+ C: "3"']],
    ['changes a variable', { environment: ['B=new', 'C=3'] }, ['- B: old', '+ B: new', '+ C: "3"']],
    ['empties a variable', { environment: ['B='] }, ['- B: old', '+ B: ""']],
    ['adds a package', { packages: ['curl,jq'] }, ['- packages: [curl]', '+ packages: [curl, jq]']],
    ['adds a path', { denied: ['/admin'] }, ['- deny: [/internal]', '+ deny: [/internal, /admin]']],
    [
      'adds a host, with a name that is free',
      { servers: ['deploy@203.0.113.12'] },
      ['+ web2: { ansible_host: 203.0.113.12, ansible_user: deploy }'],
    ],
    [
      'moves a host',
      { servers: ['web1=203.0.113.99'] },
      ['- ansible_host: 203.0.113.10', '+ ansible_host: 203.0.113.99'],
    ],
    ['knows a host by its address', { servers: ['203.0.113.10:22'] }, ['- ansible_port: 2222']],
    [
      'changes a pinned key',
      { hostKeys: [`web1=${SECOND_KEY}`] },
      [`- provision_host_key: ${HOST_KEY}`, `+ provision_host_key: ${SECOND_KEY}`],
    ],
    ['gives an account a further key', { users: [`alice=${SECOND_KEY}`] }, [`+ - ${SECOND_KEY}`]],
    ['adds a route', { routes: ['shop.example.com/'] }, ['+ - { path: /, host: shop.example.com, service: app }']],
    ['leaves a route as it is', { routes: ['/api'] }, []],
    [
      'lets a database user do more, with the same password',
      { databaseUsers: ['reports:read-write'] },
      [
        '- reports: { access: read-only, password: "{{ secrets.reports }}" }',
        '+ reports: { access: read-write, password: "{{ secrets.reports }}" }',
      ],
    ],
  ])('%s, and removes nothing', async (_name, flags, lines) => {
    expect(changes(LISTS, await change(LISTS, flags))).toEqual(lines);
  });

  it('refuses a host that is given twice', async () => {
    const servers = ['web1=203.0.113.98', 'web1=203.0.113.99'];
    await expect(change(LISTS, { servers })).rejects.toMatchObject({
      code: 'usage',
      detail: expect.stringContaining('there is a host web1 already'),
    });
  });

  it('takes what another folder of the application suggests, where it had what the one before suggested', async () => {
    const flask = { 'app.py': "app = Flask(__name__)\n@app.get('/status')\n", 'requirements.txt': '' };
    const node = { 'package.json': '{"scripts":{"start":"node ."}}', 'a.js': "app.get('/healthz')" };
    for (const [name, files] of Object.entries({ flask, node })) {
      mkdirSync(join(folder, name));
      for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
    }
    const text = (port: number, path: string, build: string) => `all:
  hosts: { web1: { ansible_host: 203.0.113.10 } }
  vars:
    stack: { name: web, services: { app: { build: ../${build}, port: ${port}, health: { path: ${path} } } } }
    haproxy: { routes: [{ path: /, service: app }] }
`;
    expect(await change(text(8000, '/status', 'flask'), { app: 'node' })).toBe(text(3000, '/healthz', 'node'));
    expect(await change(text(8001, '/own', 'flask'), { app: 'node' })).toBe(text(8001, '/own', 'node'));
  });

  it('keeps encrypted values', async () => {
    const secret = '!vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        61626364\n';
    const text = PROD.replace('admin_developer: generate }', 'admin_developer: generate, x: y }').replace(
      /secrets: \{[^}]*\}\n/,
      `secrets:\n      db_app: generate\n      db_developer: generate\n      admin_developer: ${secret}`,
    );
    expect(changes(text, await change(text, { replicas: '4' }))).toEqual(['- replicas: 2', '+ replicas: 4']);
  });

  it('removes a host with all that it holds', async () => {
    const text = PROD.replace('    web1: {', '    web0: { ansible_host: 203.0.113.9, rack: 7 }\n    web1: {');
    expect(await remove(text, ['Hosts', '-0'], 'hosts')).toBe(PROD);
  });
});
