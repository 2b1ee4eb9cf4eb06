/** Bad input, told before any host is touched: the whole program, as a user runs it, against a host that must not be called. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.ts';
import { inlineVault } from '../../src/vault/inline.ts';
import { encryptVault } from '../../src/vault/vault.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = readFileSync(join(ROOT, 'inventory/prod.yml'), 'utf8').replace('../files/app', join(ROOT, 'files/app'));

const ENCRYPTED = inlineVault(encryptVault('hunter2', Secret.named('password', 'correct horse'), 'prod')).trimEnd();

let folder: string;
let listener: Server;
let calls = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'provision-bad-'));
  listener = createServer((socket) => {
    calls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  listener.close();
  rmSync(folder, { recursive: true });
});

/** The example with its host at our listener, and these texts replaced. */
function inventory(edits: Readonly<Record<string, string>>): string {
  const { port } = listener.address() as { port: number };
  let text = EXAMPLE;
  for (const [before, after] of Object.entries(edits)) {
    expect(text).toContain(before);
    text = text.replace(before, () => after);
  }
  const file = join(folder, 'prod.yml');
  writeFileSync(file, text.replaceAll('203.0.113.10', `127.0.0.1, ansible_port: ${port}`));
  return file;
}

function provision(...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: folder };
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'bin/provision'), args, {
    encoding: 'utf8',
    env,
    cwd: folder,
  });
  return { status, stdout, stderr };
}

/** Where that text stands in the example: line and column of its start, from 1. */
function placeOf(text: string): string {
  const before = EXAMPLE.slice(0, EXAMPLE.indexOf(text)).split('\n');
  return `prod.yml:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

describe('bad input', () => {
  it.each([
    { what: 'an unknown key', edit: ['replicas: 2', 'replcas: 2'], at: 'replicas: 2', says: [/replcas/, /replicas/] },
    { what: 'a wrong type', edit: ['replicas: 2', 'replicas: two'], says: [/replicas/, /number/, /"?two"?/] },
    { what: 'a missing parameter', edit: ['      domain: app.example.com\n', ''], says: [/domain/] },
    {
      what: 'a missing secret',
      edit: ['db_app: generate', 'db_app: { env: NO_SUCH_VARIABLE }'],
      says: [/db_app/, /NO_SUCH_VARIABLE/],
    },
    {
      what: 'an encrypted value without its password',
      edit: ['ansible_user: root', `ansible_user: root\n    ansible_password: ${ENCRYPTED}`],
      says: [/encrypted, and no vault password prod is given/, /--vault-password-file prod@FILE/],
    },
    {
      what: 'a secret that nobody defines',
      edit: ['{{ secrets.db_app }}@', '{{ secrets.db_ap }}@'],
      says: [/db_ap/, /db_app/],
    },
    { what: 'an unresolved reference', edit: ['name: palindrome', 'name: "{{ compny }}"'], says: [/compny/] },
    { what: 'a role that does not exist', edit: ['stack, haproxy]', 'stak, haproxy]'], says: [/stak/, /stack/] },
    { what: 'a misspelt variable', edit: ['    haproxy:\n', '    haproxi:\n'], says: [/hapro/] },
    { what: 'a route to no service', edit: ['service: app }]', 'service: ap }]'], says: [/ap\b/, /app/] },
    { what: 'an empty group', edit: ['  hosts:', '  children: { web: {} }\n  hosts:'], says: [/web/] },
    {
      what: 'a duplicate host',
      edit: ['  hosts:\n', '  hosts:\n    web2: { ansible_host: 203.0.113.10 }\n'],
      says: [/web1/, /web2/],
    },
    { what: 'a duplicate key', edit: ['    packages: [', '    packages: []\n    packages: ['], says: [/packages/] },
    { what: 'invalid YAML', edit: ['replicas: 2', 'replicas: [2'], says: [] },
    {
      what: 'an unreadable key file',
      edit: ['ansible_user: root', 'ansible_user: root\n    ansible_ssh_private_key_file: /no/such/key'],
      says: [/\/no\/such\/key/],
    },
    {
      what: 'a build folder that is not there',
      edit: [join(ROOT, 'files/app'), '/no/such/folder'],
      says: [/\/no\/such\/folder/],
    },
    { what: 'a name that tries to break out', edit: ['name: prusa_admin', 'name: "$(touch /tmp/x)"'], says: [/name/] },
    { what: 'a name that looks like an option', edit: ['[curl,', '["-rf",'], says: [/-rf/] },
  ])('$what is told with its place, and no host is called', ({ edit, says, at }) => {
    const [before = '', after = ''] = edit;
    const { status, stdout, stderr } = provision('--inventory', inventory({ [before]: after }), '--yes');
    expect(stderr).toMatch(/^error: /);
    for (const text of says) expect(stderr).toMatch(text);
    expect(stderr).toMatch(/prod\.yml:\d+:\d+/);
    if (at) expect(stderr).toContain(placeOf(at));
    expect(stderr).toMatch(/^ {2}do {5}\S/m);
    expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+\)?\n/);
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(calls).toBe(0);
  });

  it("a resource that a user's role misspells is told with its place in the role, and no host is called", () => {
    mkdirSync(join(folder, 'roles'), { recursive: true });
    const role = [
      "import { defineRole, file, z } from 'provision';",
      'const params = z.object({});',
      "const resources = () => [file({ path: '/etc/motd', contnt: 'Welcome' })];",
      "export default defineRole({ name: 'motd', params, resources });",
    ];
    writeFileSync(join(folder, 'roles/motd.ts'), role.join('\n'));
    const { status, stderr } = provision('-i', inventory({ 'stack, haproxy]': 'stack, haproxy, motd]' }), '--yes');
    expect(stderr).toContain('error: file: there is no key "contnt"');
    expect(stderr).toMatch(/where {2}.*roles\/motd\.ts:3:26/);
    expect(stderr).toContain('Did you mean `content`?');
    expect(status).toBe(2);
    expect(calls).toBe(0);
  });

  it.each([
    { what: 'an unknown command', args: ['aply'], says: 'apply' },
    { what: 'an unknown option', args: ['--inventry', 'x'], says: '--inventory' },
    { what: 'an inventory that is not there', args: ['-i', 'nowhere.yml'], says: 'nowhere.yml' },
    { what: 'a folder without inventory', args: ['-i', 'roles'], says: 'motd.ts' },
    { what: 'no inventory', args: ['plan'], says: '--inventory' },
  ])('$what is told', ({ args, says }) => {
    const { status, stderr } = provision(...args);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
  });

  it.each([
    ['help'],
    ['version'],
    ['docs'],
    ['doctor'],
    ['explain', 'packages', '-i', 'prod.yml', '--json'],
    ['inventory', '-i', 'prod.yml'],
    ['completion', 'bash'],
  ])('a disk that is full is told: %s', (...args) => {
    inventory({});
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(join(ROOT, 'bin/provision'), args, {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder },
      cwd: folder,
    });
    closeSync(full);
    expect([status, stderr]).toEqual([
      1,
      `error: standard output cannot be written to
  why    ENOSPC: no space left on device, write
  do     Make room there, or let it write elsewhere, and run again: it goes on
         where it stopped.
  code   output-unwritable, see docs/errors.md#output-unwritable
`,
    ]);
  });

  it('messages that find no room either are given up', () => {
    const full = openSync('/dev/full', 'w');
    const { status } = spawnSync(join(ROOT, 'bin/provision'), ['help'], { stdio: ['ignore', full, full] });
    closeSync(full);
    expect(status).toBe(1);
  });

  it.each([
    ['a promise', 'void Promise.reject(new Error("too late"))', '3:23'],
    ['a timer', 'setTimeout(() => { throw new Error("too late"); }, 0)', '3:28'],
  ])('%s of a role that fails later is told as its failure', (_, code, place) => {
    mkdirSync(join(folder, 'roles'), { recursive: true });
    const role = `import { defineRole, z } from 'provision';
export default defineRole({ name: 'late', params: z.object({}), resources() {
  ${code}; return []; } });
`;
    writeFileSync(join(folder, 'roles', 'late.ts'), role);
    const { status, stderr } = provision('plan', '-i', inventory({ 'stack, haproxy]': 'stack, haproxy, late]' }));
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^error: the role late failed where nobody waited/)]);
    expect(stderr).toContain(`roles/late.ts:${place}`);
    expect(stderr).not.toContain('a bug');
  });

  it.each(['nobody', '', 'web1:!web1'])('a limit that leaves no host, %j, is told', (limit) => {
    const { status, stderr } = provision('-i', inventory({}), '--limit', limit, '--yes');
    expect(stderr).toMatch(/^error: /);
    expect(status).toBe(2);
    expect(calls).toBe(0);
  });
});
