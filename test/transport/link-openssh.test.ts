import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.ts';
import { openOpensshLink, sshArguments } from '../../src/transport/link-openssh.ts';
import type { HostAddress } from '../../src/transport/types.ts';
import { addressOf } from './address.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const argumentsOf = (settings: Partial<HostAddress>) => sshArguments(addressOf(settings), folder).join(' ');

describe('the arguments of ssh', () => {
  it('leave nothing that the protocol needs to ~/.ssh/config', () => {
    expect(argumentsOf({ hostKeys: { mode: 'strict', knownHostsFiles: ['/a b', '/c'], pinned: [] } })).toBe(
      '-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o ControlMaster=auto ' +
        `-o ControlPath=${folder}/control -o ControlPersist=no -o ForwardAgent=no -o ForwardX11=no -o ClearAllForwardings=yes ` +
        '-o RemoteCommand=none -o RequestTTY=no -o HostName=192.0.2.1 -o StrictHostKeyChecking=yes ' +
        '-o UserKnownHostsFile="/a b" "/c" -l root -p 22 -- 192.0.2.1',
    );
  });

  it('name the host as ~/.ssh/config knows it', () => {
    expect(argumentsOf({ configName: 'web', user: 'deploy', port: 2222 })).toMatch(/-l deploy -p 2222 -- web$/);
  });

  it('carry keys that were named, and jump hosts', () => {
    const keyFiles = [
      { path: '/k1', required: true },
      { path: '/k2', required: false },
    ];
    const jumps = [
      addressOf({ user: 'a', hostname: 'gate', port: 1 }),
      addressOf({ hostname: 'x', configName: 'inner' }),
    ];
    expect(argumentsOf({ keyFiles, jumps, identitiesOnly: true })).toMatch(
      /-o IdentitiesOnly=yes .* -i \/k1 -J a@gate:1,root@inner:22 -l root/,
    );
  });

  it('let in new hosts only when asked', () => {
    const hostKeys = { mode: 'accept-new', knownHostsFiles: ['/k'], pinned: [], alias: 'w' } as const;
    expect(argumentsOf({ hostKeys })).toContain(
      'StrictHostKeyChecking=accept-new -o UserKnownHostsFile="/k" -o HostKeyAlias=w',
    );
  });

  it('know pinned keys alone', () => {
    const hostKeys = { mode: 'accept-new', knownHostsFiles: ['/k'], pinned: ['ssh-ed25519 AAAA'] } as const;
    expect(argumentsOf({ hostKeys })).toContain(
      `StrictHostKeyChecking=yes -o UserKnownHostsFile=${folder}/known_hosts -o GlobalKnownHostsFile=/dev/null`,
    );
    expect(readFileSync(join(folder, 'known_hosts'), 'utf8')).toBe('* ssh-ed25519 AAAA\n');
  });
});

describe('what ssh says', () => {
  it.each([
    [255, 'ssh: connect to host 192.0.2.1 port 22: Connection refused', 'unreachable'],
    [255, 'ssh: Could not resolve hostname web1: Name or service not known', 'unreachable'],
    [255, 'Connection closed by 192.0.2.1 port 22', 'unreachable'],
    [255, 'root@192.0.2.1: Permission denied (publickey,password).', 'authentication-failed'],
    [255, 'Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures', 'authentication-failed'],
    [255, 'No ED25519 host key is known for 192.0.2.1 and you have requested strict checking.', 'host-key-unknown'],
    [255, '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.', 'host-key-changed'],
    [255, '@ WARNING: REVOKED HOST KEY DETECTED! @\nHost key verification failed.', 'host-key-revoked'],
    [255, '/home/me/.ssh/config: line 3: Bad configuration option: foo', 'ssh-config-invalid'],
    [undefined, 'spawn ssh ENOENT', 'unreachable'],
    [1, 'sudo: a password is required', undefined],
  ])('with status %s and %j means %s', async (status, output, code) => {
    const link = openOpensshLink(addressOf());
    const error = link.explain?.(output, status);
    expect(error?.code).toBe(code);
    if (error !== undefined) expect(error).toMatchObject({ host: 'web1', hint: expect.stringMatching(/\.$/) });
    await link.close();
  });

  it('is not waited for where it would ask for a password', () => {
    expect(() => openOpensshLink(addressOf({ password: Secret.named('p', 'x') }))).toThrow(/takes no password/);
  });
});
