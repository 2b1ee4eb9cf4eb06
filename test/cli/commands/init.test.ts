/** `provision init` as users run it, without a terminal. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../../inventory/inventory-files.ts';

const PROVISION = fileURLToPath(new URL('../../../bin/provision', import.meta.url));
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w alice@laptop';
const CANARY = 'canary-7f3a';

function run(args: readonly string[], files: Readonly<Record<string, string>> = {}, more: NodeJS.ProcessEnv = {}) {
  const dir = folderWith({ one: 'one\n', ...files });
  const { status, stdout, stderr } = spawnSync(PROVISION, args, {
    cwd: dir,
    input: '',
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: dir, XDG_CACHE_HOME: '/tmp/provision-test-cache', ...more },
  });
  const written = join(dir, 'inventory/prod.yml');
  return { dir, status, stdout, stderr, inventory: existsSync(written) ? readFileSync(written, 'utf8') : undefined };
}

const SITE = ['init', '--save-as', 'prod', '--server', 'deploy@203.0.113.10', '--image', 'shop:1'];

/** Before a program: runs it as a number that no user has, as containers may. Not every machine lets us. */
const AS_NOBODY = ['unshare', '--user', '--map-user=4242', '--map-group=4242'] as const;
const canBeNobody = spawnSync(AS_NOBODY[0], [...AS_NOBODY.slice(1), 'true']).status === 0;

describe.runIf(canBeNobody)('as a user without a name', () => {
  it.each([
    ['with a home', { HOME: '/tmp' }],
    ['without one', {}],
  ])('%s: writes the inventory all the same', (_name, home) => {
    const dir = folderWith({});
    const [program, ...args] = AS_NOBODY;
    const { status, stderr } = spawnSync(program, [...args, PROVISION, ...SITE, '--domain', 'shop.example.com'], {
      cwd: dir,
      input: '',
      encoding: 'utf8',
      env: { PATH: process.env.PATH, XDG_CACHE_HOME: '/tmp/provision-test-cache', ...home },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(existsSync(join(dir, 'inventory/prod.yml'))).toBe(true);
  });
});

describe('provision init without a terminal', () => {
  it.each([
    ['nothing', []],
    ['no answer', ['init']],
  ])('says what is missing, at once: %s', (_name, args) => {
    expect(run(args)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('--server [USER@]ADDRESS is missing: the host'),
    });
  });

  it('names each answer that is missing, and writes nothing', () => {
    const { status, stderr, inventory } = run(['init', '--save-as', 'prod', '--server', 'box', '--image', 'shop:1']);
    expect([status, inventory]).toEqual([2, undefined]);
    expect(stderr).toContain('--domain NAME: must be given');
  });

  it('says how a site that is there gets what was changed', () => {
    const first = run([...SITE, '--domain', 'shop.example.com']);
    expect(first.stdout).toContain('do it:\n  provision --inventory inventory/prod.yml');
    const files = { 'inventory/prod.yml': first.inventory ?? '' };
    const { stdout, inventory } = run(['init', '--inventory', 'inventory/prod.yml', '--image', 'shop:2'], files);
    expect(inventory).toMatch(/image: "?shop:2/);
    expect(stdout).toContain(
      'do it, replica by replica under traffic (after a rollback: provision redeploy):\n  provision --inventory',
    );
  });

  it('names an option that nothing would come of, and writes nothing', () => {
    const { status, stderr, inventory } = run([...SITE, '--domain', 'shop.example.com', '--app', '.']);
    expect([status, inventory]).toEqual([2, undefined]);
    expect(stderr).toContain('--app does not go with the other answers');
  });

  it.each([
    [
      ['--certificate', 'a', '--certificate-key', 'b'],
      '--certificate, --certificate-key: not with --tls self-signed, but with --tls files',
    ],
    [['--drain-ready', '/ready'], '--drain-ready: not without --drain-prepare'],
  ])('names the answer that rules others out: %j', (args, why) => {
    const { status, stderr } = run([...SITE, '--domain', 'shop.example.com', ...args]);
    expect(status).toBe(2);
    expect(stderr.replaceAll(/\n +/g, ' ')).toContain(why);
  });

  it('refuses the key of a host that is not there, and names those that are', () => {
    const { status, stderr, inventory } = run([...SITE, '--domain', 'a.example.com', '--host-key', `web9=${KEY}`]);
    expect([status, inventory]).toEqual([2, undefined]);
    expect(stderr).toContain('--host-key names web9, and there is no such host\n  do     There is web1.\n');
  });

  it('refuses hosts without any work, and says what to add', () => {
    const { status, stderr, dir } = run(['init', '--save-as', 'prod', '--server', 'box', '--app-from', 'none']);
    expect([status, existsSync(join(dir, 'inventory'))]).toEqual([2, false]);
    expect(stderr.replaceAll(/\n +/g, ' ')).toContain(
      '--app-from KIND: leaves nothing to set up: add people (--admin)',
    );
  });

  it('tells what a plan would refuse, and writes nothing', () => {
    const files = ['--tls', 'files', '--certificate', 'one', '--certificate-key', 'one'];
    const { status, stdout, stderr, dir } = run([...SITE, '--domain', 'shop.example.com', ...files]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: [^:]*certificate/);
    expect(stderr).toMatch(/^error: --certificate: /);
    expect(stderr).toMatch(/ inventory\/prod\.yml, web1/);
    expect(existsSync(join(dir, 'inventory'))).toBe(false);
  });

  const PLAIN =
    '# ours\nall:\n  hosts: { web1: { ansible_host: 203.0.113.10 } }\n  vars: { roles: [packages], packages: [jq] }\n';

  it.each<[string, readonly string[]]>([
    ['the same account twice', ['--admin', `a=${KEY}`, '--user', `a=${KEY}`]],
    [
      'a certificate that does not exist',
      ['--app-from', 'folder', '--tls', 'files', '--certificate', 'no.pem', '--certificate-key', 'no.key'],
    ],
  ])('leaves all as it was where the whole is refused: %s', (_name, args) => {
    const files = { 'inventory/prod.yml': PLAIN, 'app/package.json': '{"scripts":{"start":"node ."}}' };
    const app = args[0] === '--app-from' ? ['--app', 'app'] : [];
    const { status, stdout, stderr, inventory, dir } = run(
      ['init', '-i', 'inventory/prod.yml', ...args, ...app, '-y'],
      files,
    );
    expect([status, stdout, inventory]).toEqual([2, '', PLAIN]);
    expect(stderr).toMatch(/inventory\/prod\.yml/);
    expect(stderr).not.toMatch(/\.[\da-f]{8}\./);
    expect([readdirSync(join(dir, 'inventory')), readdirSync(join(dir, 'app'))]).toEqual([
      ['prod.yml'],
      ['package.json'],
    ]);
  });

  it('encrypts a secret, and says what later runs need', () => {
    const secret = ['--login-password', 'encrypt:env:LOGIN', '--vault-password-file', 'prod@one'];
    const { status, stdout, stderr, inventory = '' } = run([...SITE, ...secret], {}, { LOGIN: CANARY });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('provision plan --inventory inventory/prod.yml --vault-password-file prod@one\n');
    expect(inventory).toContain('ansible_password: "{{ secrets.login }}"');
    expect(inventory).toMatch(/login: !vault \|\n +\$ANSIBLE_VAULT;1\.2;AES256;prod\n/);
    expect(stdout + inventory).not.toContain(CANARY);
  });

  it('names no file that is gone with the run', () => {
    const dir = folderWith({});
    const line = `${PROVISION} ${SITE.join(' ')} --login-password encrypt:env:LOGIN --vault-password-file <(echo one)`;
    const env = { PATH: process.env.PATH, HOME: dir, XDG_CACHE_HOME: '/tmp/provision-test-cache', LOGIN: CANARY };
    const { status, stdout } = spawnSync('bash', ['-c', line], { cwd: dir, input: '', encoding: 'utf8', env });
    expect(status).toBe(0);
    expect(stdout).toContain('provision --inventory inventory/prod.yml --vault-password-file FILE\n');
  });

  it('needs no option for a password that ansible.cfg names', () => {
    const config = { 'ansible.cfg': '[defaults]\nvault_password_file = one\n' };
    const { stdout, inventory } = run([...SITE, '--login-password', 'encrypt:env:LOGIN'], config, { LOGIN: CANARY });
    expect(stdout).toContain('provision plan --inventory inventory/prod.yml\n');
    expect(inventory).toContain('$ANSIBLE_VAULT;1.1;AES256\n');
  });
});
