import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProvisionError } from '../../src/errors.ts';
import { Secret } from '../../src/shell/secret.ts';
import { type ConnectionSettings, resolveAddress } from '../../src/transport/ssh-config.ts';

let home: string;
let files = 0;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'provision-test-'));
  mkdirSync(join(home, '.ssh', 'config.d'), { recursive: true });
  for (const name of ['deploy key', 'other', 'id_rsa']) {
    writeFileSync(join(home, '.ssh', name), ssh2.utils.generateKeyPairSync('ed25519').private, { mode: 0o600 });
  }
  const locked = ssh2.utils.generateKeyPairSync('ed25519', { cipher: 'aes256-ctr', passphrase: 'open', rounds: 1 });
  writeFileSync(join(home, '.ssh', 'locked'), locked.private, { mode: 0o600 });
  writeFileSync(join(home, '.ssh', 'locked.pub'), locked.public);
});

afterAll(() => rmSync(home, { recursive: true }));

/** Resolves with this text as ~/.ssh/config; each in a file of its own, for files are read once. */
function resolveWith(config: string, settings: Partial<ConnectionSettings> = {}) {
  const sshConfigFile = join(home, '.ssh', `config-${++files}`);
  writeFileSync(sshConfigFile, config);
  return resolveAddress({ name: 'web1', ...settings }, { home, user: 'me', agentSocket: '/agent', sshConfigFile });
}

async function failure(promise: Promise<unknown>): Promise<ProvisionError> {
  return promise.then(
    () => expect.unreachable('it did not fail'),
    (error: ProvisionError) => error,
  );
}

const inSsh = (...names: string[]) => names.map((name) => join(home, '.ssh', name));

describe('an address', () => {
  it('has the defaults of ssh where nothing is said', async () => {
    expect(await resolveWith('')).toEqual({
      name: 'web1',
      transport: 'ssh',
      hostname: 'web1',
      configName: 'web1',
      port: 22,
      user: 'me',
      keyFiles: inSsh('id_ed25519', 'id_ecdsa', 'id_rsa').map((path) => ({ path, required: false })),
      agentSocket: '/agent',
      identitiesOnly: false,
      jumps: [],
      hostKeys: {
        mode: 'strict',
        knownHostsFiles: [
          ...inSsh('known_hosts', 'known_hosts2'),
          '/etc/ssh/ssh_known_hosts',
          '/etc/ssh/ssh_known_hosts2',
        ],
        pinned: [],
      },
      become: { method: 'auto' },
      connectTimeoutMs: 15_000,
      keepAliveMs: 10_000,
    });
  });

  it('takes from ~/.ssh/config what the inventory leaves open', async () => {
    const config = `
      Host web? !web2
        hostname %h.example.com
        Port = 2222
        USER deploy
        IdentityFile "%d/.ssh/deploy key"
        IdentityFile ~/.ssh/other
        IdentityFile ~/.ssh/not-there
        IdentitiesOnly yes
        IdentityAgent ~/.agents/%r
        UserKnownHostsFile ~/.ssh/kh1 ~/.ssh/kh2
        StrictHostKeyChecking accept-new
        HostKeyAlias the-web
        ConnectTimeout 3
        ServerAliveInterval 7
      Host *
        User nobody
        Port 9`;
    expect(await resolveWith(config)).toMatchObject({
      hostname: 'web1.example.com',
      configName: 'web1',
      port: 2222,
      user: 'deploy',
      keyFiles: [
        ...inSsh('deploy key', 'other').map((path) => ({ path, required: true })),
        ...inSsh('not-there').map((path) => ({ path, required: false, missing: true })),
      ],
      identitiesOnly: true,
      agentSocket: join(home, '.agents', 'deploy'),
      hostKeys: { mode: 'accept-new', alias: 'the-web' },
      connectTimeoutMs: 3_000,
      keepAliveMs: 7_000,
    });
    expect((await resolveWith(config)).hostKeys.knownHostsFiles.slice(0, 2)).toEqual(inSsh('kh1', 'kh2'));
    expect(await resolveWith(config, { name: 'web2' })).toMatchObject({ user: 'nobody', port: 9, hostname: 'web2' });
  });

  it('lets the inventory win', async () => {
    const config =
      'Host 203.0.113.10\n HostName 10.0.0.1\n User a\n Port 1\n IdentityFile ~/.ssh/other\n ConnectTimeout 3';
    const address = await resolveWith(config, {
      hostname: '203.0.113.10',
      user: 'root',
      port: 2200,
      keyFile: '~/.ssh/deploy key',
      hostKey: 'ssh-ed25519 AAAA',
      hostKeyChecking: 'accept-new',
      knownHostsFile: '~/kh',
      connectTimeoutMs: 500,
    });
    expect(address).toMatchObject({
      hostname: '10.0.0.1',
      configName: '203.0.113.10',
      user: 'root',
      port: 2200,
      keyFiles: [{ path: join(home, '.ssh', 'deploy key'), required: true }],
      hostKeys: { mode: 'accept-new', pinned: ['ssh-ed25519 AAAA'] },
      connectTimeoutMs: 500,
    });
    expect(address.hostKeys.knownHostsFiles[0]).toBe(join(home, 'kh'));
  });

  it.each([
    ['Host *\n StrictHostKeyChecking no', { hostKeys: { mode: 'accept-new' } }],
    ['Host *\n StrictHostKeyChecking ask', { hostKeys: { mode: 'strict' } }],
    ['IdentityAgent none', { agentSocket: undefined }],
    ['IdentityAgent SSH_AUTH_SOCK', { agentSocket: '/agent' }],
    ['ProxyJump none\nProxyCommand none', { jumps: [] }],
    ['User first\nHost web1\n User second', { user: 'first' }],
    ['Match host web1\n User m', { user: 'm' }],
    ['Host web1\n HostName db\nMatch host db\n User m', { user: 'm' }],
    ['Host web1\n HostName db\nMatch originalhost web1,x user me\n Port 7', { port: 7 }],
    ['Match host web1 user nobody\n Port 7', { port: 22 }],
    ['Match !host web1\n Port 7\nMatch all\n Port 8', { port: 8 }],
    ['Match localuser me exec "test %h = web1"\n Port 7', { port: 7 }],
    ['Match exec "exit 1"\n Port 7', { port: 22 }],
    ['Match final host db\n Port 7\nHost web1\n HostName db', { port: 7 }],
  ])('reads %j', async (config, expected) => {
    expect(await resolveWith(config)).toMatchObject(expected);
  });

  it('reads included files where they are included', async () => {
    writeFileSync(join(home, '.ssh', 'config.d', '10-a'), 'Host web1\n  User included\n  Port 1');
    writeFileSync(join(home, '.ssh', 'config.d', '20-b'), 'Host web*\n  Port 2');
    const { user, port } = await resolveWith('Include config.d/* ~/nowhere/*\nHost web1\n  User late\n');
    expect({ user, port }).toEqual({ user: 'included', port: 1 });
    expect((await resolveWith('Host other\n  Include config.d/*\n')).user).toBe('me');
  });

  it('follows jump hosts, each by its own configuration', async () => {
    const config = `
      Host web1
        ProxyJump gate,ops@inner:2200
      Host gate
        HostName gate.example.com
        User keeper
        ProxyJump outer
      Host inner
        ProxyJump never`;
    const { jumps } = await resolveWith(config);
    expect(jumps.map(({ user, hostname, port, become }) => `${user}@${hostname}:${port} ${become.method}`)).toEqual([
      'me@outer:22 none',
      'keeper@gate.example.com:22 none',
      'ops@inner:2200 none',
    ]);
  });

  it('offers jump hosts the key of the inventory, and never its passwords', async () => {
    const { jumps } = await resolveWith('', {
      jump: 'ops@[2001:db8::1]:2222',
      keyFile: '~/.ssh/other',
      password: Secret.named('p', 'x'),
    });
    expect(jumps).toMatchObject([{ user: 'ops', hostname: '2001:db8::1', port: 2222 }]);
    expect(jumps[0]?.keyFiles[0]).toEqual({ path: join(home, '.ssh', 'other'), required: true });
    expect([jumps[0]?.password, jumps[0]?.become.password]).toEqual([undefined, undefined]);
  });

  it('gives sudo the password of the login where it has no other, and su never', async () => {
    const password = Secret.named('p', 'x');
    const becomePassword = Secret.named('b', 'y');
    expect((await resolveWith('', { password })).become.password).toBe(password);
    expect((await resolveWith('', { password, becomePassword })).become.password).toBe(becomePassword);
    expect((await resolveWith('', { password, become: 'su' })).become.password).toBe(undefined);
  });

  it('of this machine asks no configuration', async () => {
    expect(await resolveWith('Nonsense (', { transport: 'local' })).toMatchObject({ transport: 'local', user: 'me' });
  });
});

describe('what cannot be resolved', () => {
  it.each([
    ['ProxyCommand nc %h %p', {}, 'ssh-config-invalid', /has a ProxyCommand$/],
    ['Port many', {}, 'ssh-config-invalid', /Port is no number: many/],
    ['Host', {}, 'ssh-config-invalid', /a Host or Match line is incomplete/],
    ['Host "a', {}, 'ssh-config-invalid', /Unexpected line break/],
    ['Match tagged x\n Port 1', {}, 'ssh-config-invalid', /Match tagged is not understood/],
    ['Host web1\n ProxyJump a\nHost a\n ProxyJump web1', {}, 'ssh-config-invalid', /more than 8 jump hosts/],
    ['', { jump: 'user@host name' }, 'inventory-bad-parameter', /the jump host `user@host name` cannot be read/],
    ['', { keyFile: '~/.ssh/nothing' }, 'key-unreadable', /nothing cannot be used: there is no such file$/],
    ['', { keyFile: '~/.ssh' }, 'key-unreadable', /\.ssh cannot be used: it is a folder$/],
    ['', { keyFile: '~/.ssh/locked.pub' }, 'key-unreadable', /it is a public key$/],
    ['', { keyFile: '~/.ssh/config-1' }, 'key-unreadable', /it is no private key$/],
    ['IdentityAgent none\nIdentityFile ~/.ssh/locked', {}, 'key-unreadable', /protected by a passphrase, and none/],
    ['Host gate\nIdentityAgent none\nIdentityFile ~/.ssh/locked', { jump: 'gate' }, 'key-unreadable', /protected by/],
    ['IdentityAgent none', { keyFile: '~/.ssh/locked' }, 'key-unreadable', /protected by a passphrase, and none/],
    [
      '',
      { keyFile: '~/.ssh/locked', passphrase: Secret.named('p', 'wrong') },
      'key-unreadable',
      /passphrase is wrong$/,
    ],
  ] as const)('%j with %o', async (config, settings, code, message) => {
    const error = await failure(resolveWith(config, settings));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hint).toBeTruthy();
  });

  it('lets a host with ProxyCommand through to the openssh transport', async () => {
    expect((await resolveWith('ProxyCommand nc %h %p', { transport: 'openssh' })).transport).toBe('openssh');
  });

  it('accepts a protected key with its passphrase, or for the agent to sign with', async () => {
    await resolveWith('', { keyFile: '~/.ssh/locked', passphrase: Secret.named('p', 'open') });
    await resolveWith('', { keyFile: '~/.ssh/locked' });
  });
});
