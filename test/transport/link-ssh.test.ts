import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProvisionError } from '../../src/errors.ts';
import { Secret } from '../../src/shell/secret.ts';
import { input, sh } from '../../src/shell/sh.ts';
import { connect } from '../../src/transport/connect.ts';
import { openSshLink } from '../../src/transport/link-ssh.ts';
import { openRootShell } from '../../src/transport/root-shell.ts';
import type { Connection, HostAddress } from '../../src/transport/types.ts';
import { addressOf } from './address.ts';
import { startProxy, type TestProxy } from './proxy.ts';
import { makeKey, type Sshd, startSshd } from './sshd.ts';

const username = userInfo().username;
/** A login takes its time on a busy machine. */
const LIMIT_MS = 30_000;

async function failure(promise: Promise<unknown>): Promise<ProvisionError> {
  return promise.then(
    () => expect.unreachable('it did not fail'),
    (error: ProvisionError) => error,
  );
}

describe('over SSH', { timeout: LIMIT_MS }, () => {
  let folder: string;
  let sshd: Sshd;
  let proxy: TestProxy;
  let opened: Connection[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
    const names = ['good', 'locked', 'rsa'];
    const authorized = names.map((name) =>
      makeKey(folder, name, name === 'rsa' ? 'rsa' : 'ed25519', name === 'locked' ? 'open' : ''),
    );
    makeKey(folder, 'stranger', 'ed25519');
    sshd = await startSshd(folder, authorized);
  });

  afterAll(() => {
    sshd.stop();
    rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    proxy = await startProxy(sshd.port);
  });

  afterEach(async () => {
    await Promise.all(opened.map((connection) => connection.close()));
    opened = [];
    proxy.stop();
  });

  function to(settings: Partial<HostAddress> = {}): HostAddress {
    return addressOf({
      hostname: '127.0.0.1',
      port: proxy.port,
      user: username,
      keyFiles: [{ path: join(folder, 'good'), required: true }],
      hostKeys: { mode: 'strict', knownHostsFiles: [], pinned: [sshd.hostKeys.ed25519] },
      become: { method: 'none' },
      ...settings,
    });
  }

  function keyFile(name: string, required = true): Pick<HostAddress, 'keyFiles'> {
    return { keyFiles: [{ path: join(folder, name), required }] };
  }

  async function open(settings: Partial<HostAddress> = {}): Promise<Connection> {
    const link = await openSshLink(to(settings));
    const connection = await openRootShell(link, to(settings), { lockFile: join(folder, 'lock') });
    opened.push(connection);
    return connection;
  }

  describe('logging in', () => {
    it('takes no more round trips than it must until the root shell is there, and one for an exchange', async () => {
      const connection = await open();
      const untilShell = proxy.roundTrips;
      await connection.run(sh`true`);
      // Algorithms, key exchange, service, key, channel, program. The seventh is an answer that we do not wait for: sshd tells
      // its other host keys, and ssh2 asks for a proof.
      expect(untilShell).toBeLessThanOrEqual(7);
      expect(proxy.roundTrips - untilShell).toBe(1);
    });

    it.each([
      ['an Ed25519 key', 'good', undefined],
      ['an RSA key', 'rsa', undefined],
      ['a key with a passphrase', 'locked', 'open'],
    ])('works with %s', async (_, name, passphrase) => {
      const secret = passphrase === undefined ? undefined : Secret.named('passphrase', passphrase);
      const connection = await open({ ...keyFile(name), passphrase: secret });
      expect((await connection.run(sh`echo in`)).stdout).toBe('in\n');
    });

    it.each([
      ['locked', undefined, 'it is protected by a passphrase, and none is configured'],
      ['locked', 'wrong', 'the passphrase is wrong'],
      ['nothing', undefined, 'there is no such file'],
    ])('with the key %s and the passphrase %s fails before the host is touched', async (name, passphrase, why) => {
      const secret = passphrase === undefined ? undefined : Secret.named('passphrase', passphrase);
      const error = await failure(connect(to({ ...keyFile(name), passphrase: secret })));
      expect(error).toMatchObject({ code: 'key-unreadable', host: 'web1' });
      expect(error.message).toBe(`the private key ${join(folder, name)} cannot be used: ${why}`);
      expect(proxy.connections).toBe(0);
    });

    it('that is refused says what was tried and what the host accepts', async () => {
      const password = Secret.named('password', 'canary');
      const error = await failure(connect(to({ ...keyFile('stranger'), password })));
      expect(error).toMatchObject({ code: 'authentication-failed', host: 'web1' });
      expect(error.message).toBe(
        `${username} cannot log in: tried key ${join(folder, 'stranger')}; the host accepts publickey`,
      );
    });

    it('with nothing says which default keys could not be used, and why', async () => {
      const error = await failure(connect(to(keyFile('locked', false))));
      expect(error.message).toBe(`${username} cannot log in: nothing to log in with was found`);
      expect(error.detail).toContain('locked cannot be used: it is protected by a passphrase');
    });

    it('names a key of ~/.ssh/config that is not there, where nothing else lets us in', async () => {
      const keyFiles = [{ path: join(folder, 'lost'), required: false, missing: true }];
      const error = await failure(connect(to({ keyFiles })));
      expect(error).toMatchObject({ code: 'authentication-failed' });
      expect(error.detail).toContain('lost cannot be used: there is no such file');
    });

    describe('with an agent', () => {
      let agentSocket: string;
      let stopAgent: () => void;

      beforeAll(async () => {
        agentSocket = join(folder, 'agent');
        const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: ['ignore', 'pipe', 'ignore'] });
        stopAgent = () => agent.kill();
        await new Promise((resolve) => agent.stdout.once('data', resolve));
        const add = (name: string) =>
          execFileSync('ssh-add', ['-q', join(folder, name)], { env: { ...process.env, SSH_AUTH_SOCK: agentSocket } });
        // As many strangers as sshd has patience for (MaxAuthTries 6), and the right one last.
        for (let i = 0; i < 6; i++) {
          makeKey(folder, `stranger${i}`, 'ed25519');
          add(`stranger${i}`);
        }
        execFileSync('ssh-keygen', ['-q', '-p', '-P', 'open', '-N', '', '-f', copy('locked', 'unlocked')]);
        add('unlocked');
      });

      afterAll(() => stopAgent());

      function copy(from: string, name: string): string {
        writeFileSync(join(folder, name), readFileSync(join(folder, from)), { mode: 0o600 });
        return join(folder, name);
      }

      it('tries the named key first', async () => {
        expect((await (await open({ agentSocket })).run(sh`echo in`)).stdout).toBe('in\n');
      });

      it('lets it sign for a named key that is protected', async () => {
        const connection = await open({ ...keyFile('locked'), agentSocket });
        expect((await connection.run(sh`echo in`)).stdout).toBe('in\n');
      });

      it('says so when the server lost its patience', async () => {
        const error = await failure(connect(to({ keyFiles: [], agentSocket })));
        expect(error).toMatchObject({ code: 'authentication-failed' });
        expect(error.message).toMatch(/tried keys of the agent/);
      });

      it('goes on without it where it does not answer', async () => {
        const connection = await open({ ...keyFile('good', false), agentSocket: join(folder, 'no-agent') });
        expect((await connection.run(sh`echo in`)).stdout).toBe('in\n');
      });
    });
  });

  describe('the host key', () => {
    const knownHosts = () => join(folder, `known_hosts-${proxy.port}`);
    const policy = (mode: 'strict' | 'accept-new') => ({
      hostKeys: { mode, knownHostsFiles: [knownHosts()], pinned: [] },
    });

    it('that is not known is refused, and nothing is told to the host', async () => {
      expect(await failure(connect(to(policy('strict'))))).toMatchObject({ code: 'host-key-unknown', host: 'web1' });
    });

    it('that is new is accepted when asked to, and known from then on', async () => {
      await open(policy('accept-new'));
      expect(readFileSync(knownHosts(), 'utf8')).toBe(`[127.0.0.1]:${proxy.port} ${sshd.hostKeys.ed25519}\n`);
      expect((await (await open(policy('strict'))).run(sh`echo in`)).stdout).toBe('in\n');
    });

    it('is asked for in the type that is known', async () => {
      writeFileSync(knownHosts(), `[127.0.0.1]:${proxy.port} ${sshd.hostKeys.ecdsa}\n`);
      expect((await (await open(policy('strict'))).run(sh`echo in`)).stdout).toBe('in\n');
    });

    it.each(['strict', 'accept-new'] as const)('that has changed is refused with %s', async (mode) => {
      const other = readFileSync(join(folder, 'stranger.pub'), 'utf8').trim();
      writeFileSync(knownHosts(), `[127.0.0.1]:${proxy.port} ${other}\n`);
      const error = await failure(connect(to(policy(mode))));
      expect(error).toMatchObject({ code: 'host-key-changed', location: `${knownHosts()}:1` });
    });
  });

  describe('the network', () => {
    it('that drops handshakes is tried again', async () => {
      proxy.dropNext(2);
      expect((await (await open()).run(sh`echo in`)).stdout).toBe('in\n');
      expect(proxy.connections).toBe(3);
    });

    it('that drops every handshake is given up', async () => {
      proxy.dropNext(9);
      expect(await failure(connect(to()))).toMatchObject({ code: 'unreachable', host: 'web1' });
      expect(proxy.connections).toBe(5);
    });

    it.each([
      ['refuses', '127.0.0.1', 1, '127.0.0.1 port 1 refuses connections'],
      [
        'does not know the name',
        'nowhere.invalid',
        22,
        /^nowhere\.invalid port 22 has a name that (does not resolve|cannot be looked up now)$/,
      ],
    ])('that %s is told', async (_, hostname, port, message) => {
      const error = await failure(connect(to({ hostname, port })));
      expect(error).toMatchObject({ code: 'unreachable', host: 'web1' });
      expect(error.message).toMatch(message);
    });

    it.each([
      ['says nothing', '', /does not answer$/],
      ['speaks another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n', /closes the connection$/],
    ])('at whose end a server %s is told, in time', async (_, greeting, message) => {
      const server = createServer((socket) => greeting !== '' && socket.end(greeting));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const startedAt = performance.now();
      const error = await failure(connect(to({ port, connectTimeoutMs: 500 })));
      server.close();
      expect(error.code).toBe('unreachable');
      expect(error.message).toMatch(message);
      expect(performance.now() - startedAt).toBeLessThan(8_000);
    });

    it('that breaks ends an exchange, and the next', async () => {
      const connection = await open();
      const running = failure(connection.run(sh`sleep 3`));
      setTimeout(() => proxy.cut(), 100);
      expect(await running).toMatchObject({ code: 'connection-lost', host: 'web1' });
      expect(await failure(connection.run(sh`true`))).toMatchObject({ code: 'connection-lost' });
    });

    it('that goes silent is noticed by keep-alive', async () => {
      const connection = await open({ keepAliveMs: 150 });
      proxy.freeze();
      expect(await failure(connection.run(sh`true`))).toMatchObject({ code: 'connection-lost' });
    });

    it('that breaks frees the lock', async () => {
      const first = await open();
      await first.run(sh`true`, { lock: 'alice' });
      proxy.cut();
      const again = await open({ port: sshd.port });
      expect((await again.run(sh`echo mine`, { lock: 'alice' })).stdout).toBe('mine\n');
    });
  });

  describe('a connection', () => {
    it('carries 5 MiB there and back', async () => {
      const big = 'žluťoučký kůň\n'.repeat(280_000);
      const { stdout } = await (await open()).run(sh`cat ${input(big)}`);
      expect(stdout === big).toBe(true);
    });

    it('streams beside its exchanges', async () => {
      const connection = await open();
      const stream = await connection.stream(sh`cat`);
      stream.write('one ');
      expect((await connection.run(sh`echo two`)).stdout).toBe('two\n');
      stream.end('three');
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      expect(text).toBe('one three');
      expect(connection.exchanges).toBe(1);
    });

    it('goes through jump hosts', async () => {
      const jump = to({ name: 'gate' });
      const connection = await open({ port: sshd.port, jumps: [jump, { ...jump, port: sshd.port }] });
      expect((await connection.run(sh`echo in`)).stdout).toBe('in\n');
      expect(proxy.connections).toBe(1);
    });

    it('says which jump host fails', async () => {
      const jump = to({ name: 'gate', ...keyFile('stranger') });
      const error = await failure(connect(to({ jumps: [jump] })));
      expect(error).toMatchObject({ code: 'authentication-failed', host: 'web1' });
      expect(error.message).toMatch(/^the jump host gate: /);
      const behind = await failure(connect(to({ port: 1, jumps: [to({ name: 'gate' })] })));
      expect(behind).toMatchObject({ code: 'unreachable', host: 'web1' });
    });

    it('works the same through the system’s ssh', async () => {
      const connection = await connect(to({ transport: 'openssh' }));
      expect(await connection.run(sh`cat ${input('in')}; exit 3`)).toEqual({ code: 3, stdout: 'in', stderr: '' });
      const stream = await connection.stream(sh`echo beside`);
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      expect(text).toBe('beside\n');
      expect(proxy.connections).toBe(1);
      await connection.close();
    });

    it.each([
      [{ keyFiles: [] as HostAddress['keyFiles'] }, 'authentication-failed'],
      [{ port: 1 }, 'unreachable'],
      [
        { hostKeys: { mode: 'strict', knownHostsFiles: [], pinned: [] } as HostAddress['hostKeys'] },
        'host-key-unknown',
      ],
    ])('through the system’s ssh with %o fails with %s', async (settings, code) => {
      expect(await failure(connect(to({ transport: 'openssh', ...settings })))).toMatchObject({ code, host: 'web1' });
    });
  });
});
