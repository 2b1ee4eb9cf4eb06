import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLocal, type LocalMachine } from '../../src/operate/local-checks.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'home-'));
  mkdirSync(join(home, '.ssh'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** All checks that are not in order, and those that are named: `name: status: message`. */
async function check(but: Partial<LocalMachine> = {}, ...named: string[]): Promise<readonly string[]> {
  const machine: LocalMachine = {
    home,
    user: 'alice',
    env: {},
    nodeVersion: '24.21.0',
    leastNodeVersion: '22.18',
    cacheFolder: join(home, '.cache', 'provision'),
    runsFolder: join(home, '.local', 'state', 'provision', 'runs'),
    temporaryFolder: tmpdir(),
    ...but,
  };
  const checks = await checkLocal(machine, true);
  return checks
    .filter(({ status, name }) => status !== 'ok' || named.includes(name))
    .map(({ name, status, message }) => `${name}: ${status}: ${message.replaceAll(home, '~')}`);
}

function write(name: string, text: string, mode = 0o600): void {
  writeFileSync(join(home, '.ssh', name), text);
  chmodSync(join(home, '.ssh', name), mode);
}

function privateKey(passphrase?: string): string {
  const options = { type: 'pkcs1' as const, format: 'pem' as const };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export(passphrase ? { ...options, cipher: 'aes-128-cbc', passphrase } : options).toString();
}

describe('this machine', () => {
  it('is in order', async () => {
    write('id_rsa', privateKey());
    write('known_hosts', 'web1 ssh-ed25519 AAAA\nweb2 ssh-ed25519 AAAA\n');
    write('config', 'Host web1\n  User deploy\n');
    expect(await check({}, 'keys', 'known hosts', '~/.ssh/config', 'cache', 'Node.js')).toEqual([
      'Node.js: ok: 24.21.0',
      'keys: ok: ~/.ssh/id_rsa',
      '~/.ssh/config: ok: can be read',
      'known hosts: ok: 2 keys in ~/.ssh/known_hosts',
      'cache: ok: ~/.cache/provision',
    ]);
  });

  it('has nothing yet', async () => {
    expect(await check({}, 'SSH agent', '~/.ssh/config')).toEqual([
      'SSH agent: ok: none runs',
      'keys: warning: none in ~/.ssh, and none in an agent',
      '~/.ssh/config: ok: there is none',
      'known hosts: warning: ~/.ssh/known_hosts is not there',
    ]);
  });

  it.each([
    ['22.17.9', ['Node.js: missing: 22.17.9 is too old']],
    ['18.20.0', ['Node.js: missing: 18.20.0 is too old']],
    ['22.18.0', []],
    ['26.0.0', []],
  ])('with Node.js %s', async (nodeVersion, found) => {
    write('id_rsa', privateKey());
    write('known_hosts', '');
    expect(await check({ nodeVersion })).toEqual(found);
  });

  it('has a key that others may read, one with a passphrase, a file that is no key', async () => {
    write('known_hosts', '');
    write('id_rsa', privateKey(), 0o644);
    expect(await check()).toEqual(['keys: warning: ~/.ssh/id_rsa can be read by others']);
    write('id_rsa', privateKey('open sesame'));
    expect(await check()).toEqual(['keys: warning: ~/.ssh/id_rsa has a passphrase, or cannot be read']);
    write('id_rsa', 'no key');
    expect(await check()).toEqual(['keys: warning: ~/.ssh/id_rsa has a passphrase, or cannot be read']);
  });

  it('has an SSH configuration that cannot be read', async () => {
    write('id_rsa', privateKey());
    write('known_hosts', '');
    write('config', 'Host "web1\n');
    expect(await check()).toEqual([expect.stringMatching(/^~\/\.ssh\/config: missing: /)]);
  });

  it('has an agent that is gone, or has no keys', async () => {
    write('id_rsa', privateKey());
    write('known_hosts', '');
    const socket = join(home, 'agent');
    expect(await check({ env: { SSH_AUTH_SOCK: socket } })).toEqual([
      expect.stringMatching(/^SSH agent: warning: ~\/agent: .*(ENOENT|connect)/),
    ]);
    // draft-ietf-sshm-ssh-agent: 12 is the answer with the keys, here none.
    const agent = createServer((client) =>
      client.on('data', () => client.write(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]))),
    );
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
    try {
      expect(await check({ env: { SSH_AUTH_SOCK: socket } }, 'SSH agent')).toEqual([
        'SSH agent: ok: it runs, and has no keys',
      ]);
    } finally {
      agent.close();
    }
  });

  it('has an agent that hangs', async () => {
    write('id_rsa', privateKey());
    write('known_hosts', '');
    const socket = join(home, 'agent');
    const dropped = Promise.withResolvers<void>();
    const agent = createServer((client) => client.resume().on('close', dropped.resolve));
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
    try {
      expect(await check({ env: { SSH_AUTH_SOCK: socket } })).toEqual([
        'SSH agent: warning: ~/agent: it does not answer',
      ]);
      // While that is open, the process would not end.
      await dropped.promise;
    } finally {
      agent.close();
    }
  });

  it('has no folder for temporary files', async () => {
    write('id_rsa', privateKey());
    write('known_hosts', '');
    expect(await check({ temporaryFolder: join(home, 'none') })).toEqual(['free space: missing: ~/none is not there']);
  });

  // /proc takes no new files, not even from root.
  it('has folders that cannot be written', async () => {
    write('id_rsa', privateKey());
    write('known_hosts', '');
    expect(await check({ cacheFolder: '/proc/1/cache', runsFolder: '/proc/1/runs' })).toEqual([
      'cache: warning: /proc/1/cache cannot be written',
      'logs of runs: warning: /proc/1/runs cannot be written',
    ]);
  });

  it('has a known_hosts that is a folder', async () => {
    write('id_rsa', privateKey());
    mkdirSync(join(home, '.ssh', 'known_hosts'));
    expect(await check()).toEqual([
      expect.stringMatching(/^known hosts: missing: ~\/\.ssh\/known_hosts cannot be read/),
    ]);
  });
});
