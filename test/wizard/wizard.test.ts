import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { resolveHosts } from '../../src/inventory/resolve.ts';
import type { Tools } from '../../src/wizard/asking/ask.ts';
import { BACK } from '../../src/wizard/asking/prompter.ts';
import { type DraftFile, draftOf } from '../../src/wizard/draft.ts';
import type { Answers } from '../../src/wizard/question.ts';
import { type Request, runWizard, writeFromFlags } from '../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, HOST_KEY, KEY, type Script, SURVEY, toolsFor } from './setting.ts';

const APPLICATION = {
  'app/Dockerfile': 'FROM scratch\nEXPOSE 5000\n',
  'app/app.py': "os.environ['DATABASE_URL']\n@app.get('/status')\n",
};

/** The answers of one site, as flags. */
const FLAGS: Answers = {
  name: 'prod',
  servers: ['web1=root@203.0.113.10', 'deploy@203.0.113.11:2222'],
  sudoPassword: 'env:SUDO',
  hostKeys: [`web1=${HOST_KEY}`, `web2=${HOST_KEY}`],
  admins: [`alice=${KEY}`],
  packages: ['curl,vim', 'jq'],
  app: 'app',
  replicas: '3',
  migrate: "sh -c 'flask db upgrade'",
  database: 'postgres',
  databaseUsers: ['app:owner', 'reports:read-only=env:REPORTS'],
  redis: 'yes',
  domain: 'shop.example.com',
  denied: ['/internal'],
  logins: ['/admin:dev'],
};

/** The same, typed. */
const TYPED: Script = [
  ['What to call it? It becomes', 'prod'],
  ['Address or name', '203.0.113.10'],
  ['User to log in as', 'root'],
  ['Port of its SSH', '22'],
  ['What to call it in the inventory', 'web1'],
  ['Hosts', 'add'],
  ['Address or name', '203.0.113.11'],
  ['User to log in as', 'deploy'],
  ['Port of its SSH', '2222'],
  ['Does sudo ask', 'env'],
  ['Name of the variable', 'SUDO'],
  ['administer', 'add'],
  ['Name of the account', 'alice'],
  ['Packages', 'curl,vim jq'],
  ['Its folder', 'app'],
  ['How many containers', '3'],
  ['Migrations', "sh -c 'flask db upgrade'"],
  ['Database', 'postgres'],
  ['Users of the database', 'add'],
  ['Name of the user', 'reports'],
  ['The password is', 'env'],
  ['Name of the variable', 'REPORTS'],
  ['Does it need redis', 'yes'],
  ['Domain', 'shop.example.com'],
  ['may not reach', '/internal'],
  ['ask for a password', 'add'],
  ['Path, with all below', '/admin'],
  ['User name', 'dev'],
];

const SCHEMA = '/opt/provision/docs/inventory.schema.json';
const NEW: Request = { flags: {}, inventory: undefined, force: false };

let folder: string;
let draft: DraftFile;

beforeEach(() => {
  folder = folderWith(APPLICATION);
  draft = draftOf(folder, { XDG_STATE_HOME: join(folder, '.state') }, folder);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function fromFlags(flags: Answers, more: Partial<Request> = {}) {
  const tools = await toolsFor(folder, fakePrompter());
  return writeFromFlags({ ...NEW, flags, ...more }, { tools, schema: SCHEMA });
}

async function typed(script: Script, request: Partial<Request> = {}) {
  const prompter = fakePrompter(script);
  const tools = await toolsFor(folder, prompter);
  const written = await runWizard({ ...NEW, ...request }, draft, { tools, schema: SCHEMA });
  return { prompter, written };
}

function read(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

async function failure(work: Promise<unknown>): Promise<ProvisionError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProvisionError) return error;
  throw error ?? new Error('it did not fail');
}

describe('the wizard', () => {
  it('writes the same file for typed answers as for flags', async () => {
    await fromFlags(FLAGS);
    const byFlags = read('inventory/prod.yml');
    rmSync(join(folder, 'inventory'), { recursive: true });
    const { prompter } = await typed(TYPED);
    expect(prompter.left()).toEqual([]);
    expect(read('inventory/prod.yml')).toBe(byFlags);
  });

  it('asks nothing that a flag answers', async () => {
    const { prompter } = await typed([], { flags: FLAGS });
    const known = ['Address or name', 'Packages', 'How many containers', 'Domain', 'Database'];
    expect(prompter.asked.filter((message) => known.some((part) => message.startsWith(part)))).toEqual([]);
    expect(read('inventory/prod.yml')).toContain('replicas: 3');
  });

  it('writes what the roles take', async () => {
    await fromFlags(FLAGS);
    const env = { SUDO: 'a', REPORTS: 'b' };
    const hosts = await resolveHosts(await loadInventory(join(folder, 'inventory/prod.yml'), { env }), {});
    expect(hosts.map(({ name, roles }) => [name, roles.map(({ definition }) => definition.name)])).toEqual([
      ['web1', ['users', 'packages', 'docker', 'certs', 'stack', 'haproxy']],
      ['web2', ['users', 'packages', 'docker', 'certs', 'stack', 'haproxy']],
    ]);
    expect(hosts[1]?.settings).toMatchObject({ user: 'deploy', port: 2222, hostKey: HOST_KEY });
  });

  it('writes it with comments, the schema first', async () => {
    await fromFlags({ ...FLAGS, servers: ['root@203.0.113.10'], sudoPassword: undefined, hostKeys: [] });
    expect(read('inventory/prod.yml')).toMatchSnapshot();
  });

  it.each([
    ['within the project', 'node_modules/provision', '../node_modules/provision/docs/inventory.schema.json'],
    ['beside it', '../provision', '../../provision/docs/inventory.schema.json'],
  ])('names a schema that lies %s as others find it too', async (_, where, written) => {
    const schema = join(folder, where, 'docs/inventory.schema.json');
    const tools = await toolsFor(folder, fakePrompter());
    await writeFromFlags({ ...NEW, flags: FLAGS }, { tools, schema });
    expect(read('inventory/prod.yml')).toContain(`# yaml-language-server: $schema=${written}\n`);
  });

  it("takes Let's Encrypt, typed or by flags, and goes back from it", async () => {
    const one: Answers = { ...FLAGS, servers: ['root@203.0.113.10'], sudoPassword: undefined, hostKeys: [] };
    const [tls, acmeTerms] = ['acme', 'yes'];
    const refused = await failure(fromFlags({ ...one, tls }));
    expect(refused.detail).toContain('--acme-agree-terms');
    await fromFlags({ ...one, tls, acmeTerms, acmeEmail: 'ops@example.com', altNames: ['www.shop.example.com'] });
    const expected = [
      '    certs:',
      '      domain: shop.example.com',
      '      alt_names: [www.shop.example.com]',
      '      provider: acme',
      '      agree_terms: true',
      '      email: ops@example.com',
      '',
    ].join('\n');
    expect(read('inventory/prod.yml')).toContain(expected);
    await fromFlags({ tls: 'self-signed', altNames: [] }, { inventory: 'inventory/prod.yml' });
    expect(read('inventory/prod.yml')).toContain(
      '    certs:\n      domain: shop.example.com\n      alt_names: [www.shop.example.com]\n      provider: self-signed\n\n',
    );
    rmSync(join(folder, 'inventory'), { recursive: true });
    const { prompter } = await typed(
      [
        ['HTTPS with', 'acme'],
        ["terms of Let's Encrypt", 'yes'],
      ],
      { flags: one },
    );
    expect(prompter.left()).toEqual([]);
    expect(read('inventory/prod.yml')).toContain('      provider: acme\n      agree_terms: true\n\n');
  });

  it('goes back, and changes what was answered', async () => {
    const { prompter } = await typed([
      ...TYPED.slice(0, 18),
      // From the database back to the folder, which is taken as it is, and another number of containers.
      ['Name of the database', BACK],
      ['Database', BACK],
      ['Environment variables', BACK],
      ['Migrations', BACK],
      ['finish before a stop', BACK],
      ['answers with 200', BACK],
      ['How many containers', '5'],
      ...TYPED.slice(18),
    ]);
    expect(prompter.left()).toEqual([]);
    expect(read('inventory/prod.yml')).toContain('replicas: 5');
  });

  it('opens a topic again from the overview, with what is seldom asked', async () => {
    const { prompter } = await typed(
      [
        ['All as it should be', 'docker'],
        ['Mirrors of Docker Hub', 'https://mirror.example.com'],
      ],
      { flags: FLAGS },
    );
    expect(prompter.left()).toEqual([]);
    expect(read('inventory/prod.yml')).toContain('registry_mirrors: ["https://mirror.example.com"]');
  });

  it('keeps what was answered when it is left, and goes on with it', async () => {
    const broken = fakePrompter(TYPED);
    const interrupted: typeof broken = {
      ...broken,
      text: async (prompt) => {
        if (prompt.message.startsWith('How many')) throw Object.assign(new Error(), { name: 'ExitPromptError' });
        return broken.text(prompt);
      },
    };
    const tools = await toolsFor(folder, interrupted);
    await expect(runWizard(NEW, draft, { tools, schema: SCHEMA })).rejects.toMatchObject({ name: 'ExitPromptError' });
    expect(statSync(draft.path).mode & 0o777).toBe(0o600);

    const { prompter } = await typed(TYPED.slice(15));
    expect(prompter.asked[0]).toMatch(/^There is unfinished work on a new inventory/);
    expect(prompter.asked).not.toContain('Hosts');
    expect(prompter.left()).toEqual([]);
    const resumed = read('inventory/prod.yml');
    expect(existsSync(draft.path)).toBe(false);
    await fromFlags(FLAGS, { force: true });
    expect(resumed).toBe(read('inventory/prod.yml'));
  });

  it('keeps the entries of a list that is not finished, and goes on with it', async () => {
    const broken = fakePrompter(TYPED.slice(0, 6));
    const interrupted: typeof broken = {
      ...broken,
      text: async (prompt) => {
        if (broken.left().length === 0) throw Object.assign(new Error(), { name: 'ExitPromptError' });
        return broken.text(prompt);
      },
    };
    const tools = await toolsFor(folder, interrupted);
    await expect(runWizard(NEW, draft, { tools, schema: SCHEMA })).rejects.toMatchObject({ name: 'ExitPromptError' });

    const { prompter } = await typed(TYPED.slice(5));
    expect(prompter.left()).toEqual([]);
    const resumed = read('inventory/prod.yml');
    await fromFlags(FLAGS, { force: true });
    expect(resumed).toBe(read('inventory/prod.yml'));
  });

  it('goes back from the first question after «go on» to what was answered before, and forth again', async () => {
    const interrupt = (part: string): Script => [...TYPED.filter(([message]) => !message.startsWith(part))];
    const broken = fakePrompter(interrupt('How many'));
    const tools = await toolsFor(folder, {
      ...broken,
      text: async (prompt) => {
        if (prompt.message.startsWith('How many')) throw Object.assign(new Error(), { name: 'ExitPromptError' });
        return broken.text(prompt);
      },
    });
    await expect(runWizard(NEW, draft, { tools, schema: SCHEMA })).rejects.toMatchObject({ name: 'ExitPromptError' });

    const { prompter } = await typed([
      ['How many containers', BACK],
      ['Port that it listens', BACK],
      ['What to call it? Containers', 'other'],
      ['Port that it listens', '5001'],
      ['How many containers', '5'],
    ]);
    expect(prompter.left()).toEqual([]);
    expect(prompter.asked.slice(1, 7).map((message) => message.split(' ').slice(0, 3).join(' '))).toEqual([
      'How many containers',
      'Port that it',
      'What to call',
      'Port that it',
      'How many containers',
      'Path that answers',
    ]);
    expect(read('inventory/prod.yml')).toMatch(/name: other\n[\s\S]*replicas: 5, port: 5001/);
  });

  it('goes back from the overview to the last question, and to that of a topic that was opened', async () => {
    const last = 'ask for a password, such';
    const { prompter } = await typed([
      ...TYPED.slice(0, -3),
      [last, 'done'],
      ['All as it should be', BACK],
      [last, BACK],
      ['may not reach', '/elsewhere'],
      [last, 'done'],
      ['All as it should be', 'packages'],
      ['Packages to install', 'jq'],
      ['All as it should be', BACK],
      ['Packages to install', 'jq, htop'],
    ]);
    expect(read('inventory/prod.yml')).toContain('deny: [/elsewhere]');
    expect(read('inventory/prod.yml')).toContain('packages: [jq, htop]');
    expect(prompter.left()).toEqual([]);
  });

  it('says where answers cannot be kept', async () => {
    writeFileSync(join(folder, '.state'), 'no folder');
    expect((await failure(typed(TYPED))).code).toBe('file-unwritable');
  });

  it('starts anew where that is wanted', async () => {
    draft.write({ inventory: undefined, answers: { name: 'old', servers: ['old=root@10.0.0.1'] } });
    await typed([['There is unfinished work', 'anew'], ...TYPED]);
    expect(existsSync(join(folder, 'inventory/old.yml'))).toBe(false);
    expect(read('inventory/prod.yml')).not.toContain('10.0.0.1');
  });

  it('asks before it replaces another file', async () => {
    await fromFlags(FLAGS);
    const before = read('inventory/prod.yml');
    const { prompter } = await typed(
      [
        ['There is inventory/prod.yml already', 'rename'],
        ['What to call it? It becomes', 'two'],
      ],
      {
        flags: { ...FLAGS, replicas: '7' },
      },
    );
    expect(prompter.left()).toEqual([]);
    expect(read('inventory/prod.yml')).toBe(before);
    expect(read('inventory/two.yml')).toContain('replicas: 7');
  });

  it('writes nothing that is refused as a whole, says why, and goes on with the answers', async () => {
    const drafts: boolean[] = [];
    const prompter = fakePrompter([
      ['All as it should be', 'write'],
      ['All as it should be', 'application'],
      ['How many containers', '4'],
    ]);
    const checkWhole = async (inventory: string) => {
      drafts.push(existsSync(draft.path));
      if (read(inventory).includes('replicas: 4')) return;
      throw new ProvisionError('inventory-bad-parameter', 'three are too few', { location: `${inventory}:7` });
    };
    const tools = await toolsFor(folder, prompter, { checkWhole });
    const written = await runWizard({ ...NEW, flags: FLAGS }, draft, { tools, schema: SCHEMA });
    expect(prompter.said).toContain('! inventory/prod.yml:7: three are too few');
    expect([drafts, existsSync(draft.path)]).toEqual([[true, true], false]);
    expect([written?.inventory, read('inventory/prod.yml').includes('replicas: 4')]).toEqual([
      'inventory/prod.yml',
      true,
    ]);
  });

  it('writes nothing where it is left in the overview', async () => {
    const { written } = await typed([...TYPED, ['All as it should be', 'leave']]);
    expect(written).toBeUndefined();
    expect(existsSync(join(folder, 'inventory'))).toBe(false);
  });

  it('pins no key that was not confirmed, and looks at no such host', async () => {
    let surveys = 0;
    const prompter = fakePrompter([['Is that the key of web1', 'no'], ...TYPED]);
    const tools = await toolsFor(folder, prompter);
    const meeting = {
      ...tools.meeting,
      async survey() {
        surveys += 1;
        return SURVEY;
      },
    };
    await runWizard(NEW, draft, { tools: { ...tools, meeting }, schema: SCHEMA });
    expect(surveys).toBe(1);
    expect(read('inventory/prod.yml').match(/provision_host_key/g)).toHaveLength(1);
  });

  it('tells why a host cannot be reached, and goes on without it where that is wanted', async () => {
    const prompter = fakePrompter([['could not be looked at', 'on'], ['could not be looked at', 'on'], ...TYPED]);
    const tools = await toolsFor(folder, prompter);
    const refuse = async () => {
      throw new ProvisionError('unreachable', '203.0.113.10 port 22 does not answer', { hint: 'Is it up?' });
    };
    await runWizard(NEW, draft, { tools: { ...tools, meeting: { showKey: refuse, survey: refuse } }, schema: SCHEMA });
    expect(prompter.said).toContain('! web1: 203.0.113.10 port 22 does not answer');
    expect(read('inventory/prod.yml')).not.toContain('provision_host_key');
  });

  it('asks for a password where no key works, and goes on with the keys that were confirmed', async () => {
    const prompter = fakePrompter([
      ['password to log in', 'env'],
      ...TYPED.slice(0, 11),
      ['Name of the variable', 'LOGIN'],
      ...TYPED.slice(11),
    ]);
    const tools = await toolsFor(folder, prompter);
    const meeting: Tools['meeting'] = {
      ...tools.meeting,
      async survey({ server, loginPassword }) {
        if (server.name === 'web1' || loginPassword === 'env:LOGIN') return SURVEY;
        throw new ProvisionError('authentication-failed', 'deploy cannot log in: tried no key');
      },
    };
    await runWizard(NEW, draft, { tools: { ...tools, meeting }, schema: SCHEMA });
    const confirmed = prompter.asked.filter((message) => message.startsWith('Is that the key of'));
    expect(confirmed).toEqual(['Is that the key of web1?', 'Is that the key of web2?']);
    expect(read('inventory/prod.yml').match(/provision_host_key/g)).toHaveLength(2);
    const env = { SUDO: 'a', REPORTS: 'b', LOGIN: 'c' };
    const [host] = await resolveHosts(await loadInventory(join(folder, 'inventory/prod.yml'), { env }), {});
    expect(host?.settings.password?.reveal()).toBe('c');
  });

  it('encrypts what is typed, before it is kept anywhere', async () => {
    const typing: Script = [
      ...TYPED.slice(0, -1),
      ['The password is', undefined],
      ['User name', 'dev'],
      ['The password is', 'type'],
      ['Type it', 'hunter2'],
    ];
    const prompter = fakePrompter([...typing.filter(([, answer]) => answer !== undefined)]);
    const seal = async () => '$ANSIBLE_VAULT;1.1;AES256\n6162\n';
    const tools = await toolsFor(folder, prompter, { seal });
    const drafts: string[] = [];
    const watched = { ...draft, write: (kept: Parameters<DraftFile['write']>[0]) => drafts.push(JSON.stringify(kept)) };
    await runWizard(NEW, watched, { tools, schema: SCHEMA });
    const text = read('inventory/prod.yml');
    expect(text).toContain('!vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        6162\n');
    expect(drafts.at(-1)).toContain('$ANSIBLE_VAULT');
    expect(text + drafts.join()).not.toContain('hunter2');
  });
});

describe('flags', () => {
  it.each<Answers>([
    { databaseUsers: ['app:owner=canary-7f3a'] },
    { logins: ['/admin:dev=canary-7f3a'] },
    { databaseUsers: ['app:owner=encrypt:canary-7f3a'] },
    { sudoPassword: 'canary-7f3a' },
    { environment: ['TOKEN=canary-7f3a\u0000'] },
  ])('repeat no secret that stands where its source belongs: %j', async (wrong) => {
    const tools = await toolsFor(folder, fakePrompter(), { seal: async () => 'sealed' });
    const error = await failure(writeFromFlags({ ...NEW, flags: { ...FLAGS, ...wrong } }, { tools, schema: SCHEMA }));
    expect(error.code).toBe('usage');
    expect(inspect(error)).not.toContain('canary');
  });

  it('are named where the whole is refused because of one', async () => {
    const tools = await toolsFor(folder, fakePrompter(), {
      checkWhole: async (inventory) => {
        const line =
          read(inventory)
            .split('\n')
            .findIndex((text) => text.includes('nosuch')) + 1;
        throw new ProvisionError('inventory-unresolved-reference', 'there is no variable nosuch', {
          location: `${inventory}:${line}:13, web1`,
        });
      },
    });
    const flags = { ...FLAGS, environment: ['GREETING={{ nosuch }}'] };
    const error = await failure(writeFromFlags({ ...NEW, flags }, { tools, schema: SCHEMA }));
    expect(error.message).toBe('--env GREETING: there is no variable nosuch');
    expect(error.location).toBe('inventory/prod.yml');
  });

  it('name what is missing', async () => {
    rmSync(join(folder, 'app'), { recursive: true });
    const { code, detail } = await failure(fromFlags({ domain: 'x.example.com' }));
    expect(code).toBe('usage');
    expect(detail).toBe('--server [USER@]ADDRESS: must be given\n--app FOLDER or --image IMAGE: must be given');
    // The domain follows from the host, unless that is known by an alias alone.
    const image = { image: 'registry.example.com/shop:1' };
    expect((await failure(fromFlags(image))).detail).toBe('--server [USER@]ADDRESS: must be given');
    expect((await failure(fromFlags({ ...image, servers: ['box'] }))).detail).toBe('--domain NAME: must be given');
  });

  it('do not replace another file', async () => {
    await fromFlags(FLAGS);
    expect((await failure(fromFlags({ ...FLAGS, replicas: '9' }))).message).toBe('there is inventory/prod.yml already');
    expect(read('inventory/prod.yml')).toContain('replicas: 3');
    await fromFlags({ ...FLAGS, replicas: '9' }, { force: true });
    expect(read('inventory/prod.yml')).toContain('replicas: 9');
  });

  it('are told of where they write a secret openly', async () => {
    const environment = ['API_TOKEN=canary-7f3a', 'SECRET_KEY={{ secrets.key }}', 'LOG_LEVEL=info'];
    const { notes } = await fromFlags({ ...FLAGS, environment });
    expect(notes.filter((note) => note.includes('openly'))).toEqual([
      'API_TOKEN stands openly in the inventory: --env API_TOKEN:secret=encrypt:env:API_TOKEN encrypts what that variable holds.',
    ]);
  });

  it('take a key from its file', async () => {
    writeFileSync(join(folder, 'alice.pub'), `${KEY}\n`);
    await fromFlags({ ...FLAGS, admins: ['alice=alice.pub'] });
    expect(read('inventory/prod.yml')).toContain(KEY);
    const error = await failure(fromFlags({ ...FLAGS, admins: ['alice=nosuch.pub'] }));
    expect(error.message).toBe('--admin: there is no public key in nosuch.pub');
  });

  it('set up hosts without an application', async () => {
    await fromFlags({ name: 'bare', servers: ['root@203.0.113.10'], appFrom: 'none', packages: ['curl'] });
    const text = read('inventory/bare.yml');
    expect(text).toContain('roles: [packages]');
    expect(text).not.toMatch(/stack|haproxy|docker:/);
  });

  it('write a Dockerfile where there is none, and never over one', async () => {
    const dockerfile = read('app/Dockerfile');
    const first = await fromFlags(FLAGS);
    expect(first.files).toEqual([]);
    expect(read('app/Dockerfile')).toBe(dockerfile);

    const site = folderWith({ 'public/index.html': '<p>hello' });
    const tools = await toolsFor(site, fakePrompter());
    const flags = { servers: ['root@203.0.113.10'], name: 'site' };
    const { files } = await writeFromFlags({ ...NEW, flags }, { tools, schema: SCHEMA });
    expect(files).toEqual(['Dockerfile', '.dockerignore']);
    expect(readFileSync(join(site, 'Dockerfile'), 'utf8')).toContain('COPY public');
    // What is built must not change with the inventory, nor hold it.
    expect(readFileSync(join(site, '.dockerignore'), 'utf8')).toMatch(/^inventory$/m);
    rmSync(site, { recursive: true });
  });

  it('keep what holds secrets out of the image', async () => {
    const site = folderWith({ 'index.html': '<p>hello', 'tls/cert.pem': '', 'tls/key.pem': '', 'admin.txt': 'secret' });
    const tools = await toolsFor(site, fakePrompter());
    const flags = {
      ...{ servers: ['root@203.0.113.10'], name: 'site', domain: 'shop.example.com' },
      ...{
        tls: 'files',
        certificate: 'tls/cert.pem',
        certificateKey: 'tls/key.pem',
        logins: ['/admin:bob=file:admin.txt'],
      },
    };
    await writeFromFlags({ ...NEW, flags }, { tools, schema: SCHEMA });
    const ignored = readFileSync(join(site, '.dockerignore'), 'utf8');
    expect(ignored.split('\n')).toEqual(expect.arrayContaining(['tls/key.pem', 'admin.txt', 'provision-report*.html']));
    rmSync(site, { recursive: true });
  });
});
