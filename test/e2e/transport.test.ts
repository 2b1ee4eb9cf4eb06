/** Reaching real hosts: each way to log in and to become root, and each way that it fails. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProvisionError } from '../../src/errors.ts';
import { Secret } from '../../src/shell/secret.ts';
import { input, sh } from '../../src/shell/sh.ts';
import { connect } from '../../src/transport/connect.ts';
import type { HostAddress } from '../../src/transport/types.ts';
import { type LabHost, startHost } from '../lab/host.ts';
import { RELEASES } from '../lab/releases.ts';
import { addressOf } from '../transport/address.ts';
import { eventually } from './eventually.ts';

const GUEST_PASSWORD = 'guest canary 4711';
const ROOT_PASSWORD = 'root canary 4711';
/** sshd starts itself anew, and for a moment nobody listens. */
const RELOAD = "systemctl reload ssh; sleep 0.2; until ss -Hltn 'sport = :22' | grep -q .; do sleep 0.05; done";

describe.each(RELEASES)('on %s', (distro) => {
  let host: LabHost;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
    host = await startHost({ distro, name: `transport-${distro}` });
    await onHost(`printf '%s\n' 'guest:${GUEST_PASSWORD}' 'root:${ROOT_PASSWORD}' | chpasswd`);
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await host.stop();
  });

  async function onHost(script: string): Promise<void> {
    const { code, stdout, stderr } = await host.exec(script);
    expect(code, `${stdout}${stderr}`).toBe(0);
  }

  function as(user: string, settings: Partial<HostAddress> = {}): HostAddress {
    return addressOf({
      hostname: host.address,
      user,
      keyFiles: [{ path: host.keyFile, required: true }],
      hostKeys: { mode: 'strict', knownHostsFiles: [], pinned: [host.hostKey] },
      ...settings,
    });
  }

  const secret = (value: string) => Secret.named('password', value);
  const operator = () => secret(host.users.operator.password);

  /** The user that scripts run as, by exchange and by stream. */
  async function whoRuns(address: HostAddress): Promise<string[]> {
    const connection = await connect(address);
    try {
      const { stdout } = await connection.run(sh`id -un`);
      let streamed = '';
      for await (const chunk of await connection.stream(sh`id -un`)) streamed += String(chunk);
      return [stdout.trim(), streamed.trim()];
    } finally {
      await connection.close();
    }
  }

  async function failure(address: HostAddress): Promise<ProvisionError> {
    return connect(address).then(
      () => expect.unreachable('it did not fail'),
      (error: ProvisionError) => error,
    );
  }

  it.each([
    ['root', {}],
    ['deploy', {}],
    ['deploy', { become: { method: 'sudo', password: Secret.named('p', 'not asked for') } }],
    ['deploy', { transport: 'openssh' }],
  ] as [string, Partial<HostAddress>][])('%s becomes root with %o', async (user, settings) => {
    expect(await whoRuns(as(user, settings))).toEqual(['root', 'root']);
  });

  it.each(['ssh', 'openssh'] as const)('operator becomes root with a password over %s', async (transport) => {
    const become = { method: 'auto', password: operator() } as const;
    expect(await whoRuns(as('operator', { transport, become }))).toEqual(['root', 'root']);
  });

  it('guest becomes root with su', async () => {
    const become = { method: 'su', password: secret(ROOT_PASSWORD) } as const;
    expect(await whoRuns(as('guest', { become }))).toEqual(['root', 'root']);
  });

  it('stays who it is where it shall not become root', async () => {
    expect(await whoRuns(as('guest', { become: { method: 'none' } }))).toEqual(['guest', 'guest']);
  });

  it.each([
    [
      'operator',
      'sudo',
      undefined,
      'become-password-missing',
      'sudo asks for the password of operator, and none is configured',
    ],
    ['operator', 'sudo', 'wrong', 'become-password-wrong', 'sudo refuses the password of operator'],
    [
      'guest',
      'sudo',
      undefined,
      'become-password-missing',
      'sudo asks for the password of guest, and none is configured',
    ],
    ['guest', 'sudo', GUEST_PASSWORD, 'become-not-allowed', 'guest may not become root with sudo'],
    ['guest', 'su', 'wrong', 'become-password-wrong', 'su refuses the password of root'],
    ['guest', 'su', undefined, 'become-password-missing', 'su asks for the password of root, and none is configured'],
    ['guest', 'doas', undefined, 'become-not-found', 'doas is not installed on the host'],
  ] as const)('%s by %s with the password %s: %s', async (user, method, password, code, message) => {
    const become = { method, password: password === undefined ? undefined : secret(password) };
    const error = await failure(as(user, { become }));
    expect(error).toMatchObject({ code, message, host: 'web1' });
    expect(JSON.stringify(error)).not.toContain('canary');
  });

  it('offers a wrong password once', async () => {
    const since = `@${Math.floor(Date.now() / 1000)}`;
    await failure(as('operator', { become: { method: 'sudo', password: secret('wrong') } }));
    const { stdout } = await host.exec(`journalctl --since=${since} | grep -c 'sudo.*authentication failure'`);
    expect(stdout.trim()).toBe('1');
  });

  it('says which line of sudoers is in the way', async () => {
    await onHost('echo "Defaults:deploy requiretty" >/etc/sudoers.d/tty');
    const error = await failure(as('deploy'));
    await onHost('rm /etc/sudoers.d/tty');
    expect(error).toMatchObject({ code: 'become-requires-tty' });
    expect(error.hint).toContain('Defaults:deploy !requiretty');
  });

  it('says so where sudo is not installed', async () => {
    await onHost('mv /usr/bin/sudo /usr/bin/sudo.away');
    const error = await failure(as('deploy'));
    await onHost('mv /usr/bin/sudo.away /usr/bin/sudo');
    expect(error).toMatchObject({ code: 'become-not-found', message: 'sudo is not installed on the host' });
  });

  it('says so where the login shell is none', async () => {
    await onHost('usermod -s /usr/sbin/nologin guest');
    const error = await failure(as('guest', { become: { method: 'none' } }));
    await onHost('usermod -s /bin/bash guest');
    expect(error).toMatchObject({ code: 'shell-unusable', detail: 'This account is currently not available.' });
  });

  it('does not mind what start-up files print', async () => {
    await onHost(
      `printf '%s\n' 'echo loud; echo louder >&2; printf "no newline"' | cat - ~deploy/.bashrc >/tmp/rc && cp /tmp/rc ~deploy/.bashrc`,
    );
    expect(await whoRuns(as('deploy'))).toEqual(['root', 'root']);
  });

  it('logs in with a password, which sudo then takes as well', async () => {
    const login = { keyFiles: [], password: operator(), become: { method: 'auto', password: operator() } } as const;
    expect(await whoRuns(as('operator', login))).toEqual(['root', 'root']);
    const error = await failure(as('operator', { keyFiles: [], password: secret('wrong canary') }));
    expect(error.message).toBe('operator cannot log in: tried password; the host accepts publickey, password');
  });

  it('answers with the password where the host asks by keyboard-interactive alone', async () => {
    const conf = '/etc/ssh/sshd_config.d/00-test.conf';
    await onHost(`printf '%s\n' 'PasswordAuthentication no' 'KbdInteractiveAuthentication yes' >${conf}; ${RELOAD}`);
    const login = { keyFiles: [], password: operator(), become: { method: 'none' } } as const;
    const users = await whoRuns(as('operator', login));
    await onHost(`rm ${conf}; ${RELOAD}`);
    expect(users).toEqual(['operator', 'operator']);
  });

  it('refuses another host key than the pinned one, and one that nobody knows', async () => {
    const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w';
    const knownHostsFiles = [join(folder, 'known_hosts')];
    const policy = (mode: 'strict' | 'accept-new', pinned: string[]) => ({
      hostKeys: { mode, knownHostsFiles, pinned },
    });
    expect(await failure(as('root', policy('accept-new', [other])))).toMatchObject({ code: 'host-key-changed' });
    expect(await failure(as('root', policy('strict', [])))).toMatchObject({ code: 'host-key-unknown' });
    expect(await whoRuns(as('root', policy('accept-new', [])))).toEqual(['root', 'root']);
    expect(await whoRuns(as('root', policy('strict', [])))).toEqual(['root', 'root']);
  });

  it('goes through a jump host', async () => {
    const jump = as('guest', { name: 'gate' });
    expect(await whoRuns(as('deploy', { hostname: '127.0.0.1', jumps: [jump] }))).toEqual(['root', 'root']);
  });

  it('shows no secret to other users of the host, and leaves nothing behind', async () => {
    const connection = await connect(as('operator', { become: { method: 'sudo', password: operator() } }));
    const patterns = 'canary 0815\ncorrect horse\nCONTROL=seen\n';
    const script = sh`
      cat ${input(Secret.named('token', 'canary 0815'))} >/dev/null
      CONTROL=seen sleep 5 &
      until grep -qa CONTROL=seen /proc/$!/environ; do sleep 0.1; done
      cat /proc/*/cmdline /proc/*/environ | tr '\000' '\n' | grep -o -F -f ${input(patterns)} | sort -u
      ls -l /run /tmp /dev/shm | grep '^d.*provision'
      stat -c %a "$RUN" "$RUN"/*`;
    const { stdout } = await connection.run(script);
    expect(stdout.replace(/drwx------ .* provision\.[\w.]+\n/, 'FOLDER\n')).toBe(
      'CONTROL=seen\nFOLDER\n700\n600\n600\n600\n600\n600\n',
    );
    await connection.close();
    const { stdout: left } = await host.exec('ls /run /tmp /dev/shm | grep provision\\\\. || echo nothing');
    expect(left).toBe('nothing\n');
  });

  it('frees the lock when the one who holds it is killed', async () => {
    const first = await connect(as('deploy'));
    await first.run(sh`true`, { lock: 'alice@laptop, provision apply' });
    await onHost(`sed -i '1s/^[0-9a-f]*/other/' /run/provision.lock.holder`);
    const second = await connect(as('operator', { become: { method: 'sudo', password: operator() } }));
    await expect(second.run(sh`true`, { lock: 'bob' })).rejects.toMatchObject({
      code: 'host-locked',
      message: expect.stringMatching(/^the host is locked by alice@laptop, provision apply since 20/),
    });
    await onHost('pkill -9 -u deploy sshd');
    await expect(first.run(sh`true`)).rejects.toMatchObject({ code: 'connection-lost' });
    // Its shell takes a moment to see that nobody is there any more.
    await eventually(async () => expect(await second.run(sh`true`, { lock: 'bob' })).toMatchObject({ code: 0 }), 5_000);
    await second.close();
  });
});
