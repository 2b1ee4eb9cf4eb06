import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostKeyCheck } from '../../src/transport/host-key.ts';
import type { HostKeyPolicy } from '../../src/transport/types.ts';
import { addressOf } from './address.ts';

const ED = 'AAAAC3NzaC1lZDI1NTE5AAAAIFW7d5MZlc2QNb0KWRHiOUBt4c83fYJA4r8gUsTUyUdu';
const OTHER = 'AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w';
const shown = Buffer.from(ED, 'base64');

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
  file = join(folder, 'known_hosts');
});
afterEach(() => rmSync(folder, { recursive: true }));

function check(policy: Partial<HostKeyPolicy>) {
  const hostKeys: HostKeyPolicy = { mode: 'strict', knownHostsFiles: [file], pinned: [], ...policy };
  return hostKeyCheck(addressOf({ hostKeys }));
}

describe('a host key', () => {
  it('is right where it is known', () => {
    writeFileSync(file, `192.0.2.1 ssh-ed25519 ${ED}\n`);
    expect(check({}).verify(shown)).toBe(undefined);
  });

  it('that is unknown is refused, with its fingerprint as ssh prints it, and nothing is written down', () => {
    const error = check({}).verify(shown);
    expect(error).toMatchObject({ code: 'host-key-unknown', host: 'web1' });
    expect(error?.message).toBe(
      'the host key is not known: ssh-ed25519 SHA256:r6BmRZVlwGbC7YQMacpNB4zASBGi0gG0bCNdRYJIUtU',
    );
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });

  it('that is unknown is written down when asked to, once and for all', () => {
    expect(check({ mode: 'accept-new' }).verify(shown)).toBe(undefined);
    expect(readFileSync(file, 'utf8')).toBe(`192.0.2.1 ssh-ed25519 ${ED}\n`);
    expect(check({}).verify(shown)).toBe(undefined);
  });

  it.each(['strict', 'accept-new'] as const)('that has changed is refused with %s', (mode) => {
    writeFileSync(file, `\n192.0.2.1 ssh-ed25519 ${OTHER}\n`);
    const error = check({ mode }).verify(shown);
    expect(error).toMatchObject({ code: 'host-key-changed', location: `${file}:2` });
    expect(readFileSync(file, 'utf8')).not.toContain(ED);
  });

  it('that is revoked is refused', () => {
    writeFileSync(file, `@revoked * ssh-ed25519 ${ED}\n192.0.2.1 ssh-ed25519 ${ED}\n`);
    expect(check({ mode: 'accept-new' }).verify(shown)).toMatchObject({ code: 'host-key-revoked' });
  });

  it('must be the pinned one, whatever known_hosts says', () => {
    writeFileSync(file, `192.0.2.1 ssh-ed25519 ${ED}\n`);
    const { verify } = check({ mode: 'accept-new', pinned: [`ssh-ed25519 ${OTHER} comment`] });
    expect(verify(shown)).toMatchObject({ code: 'host-key-changed' });
    expect(verify(Buffer.from(OTHER, 'base64'))).toBe(undefined);
  });

  it('is looked up under its alias', () => {
    writeFileSync(file, `the-web ssh-ed25519 ${ED}\n192.0.2.1 ssh-ed25519 ${OTHER}\n`);
    expect(check({ alias: 'the-web' }).verify(shown)).toBe(undefined);
  });

  it.each([
    ['', 'ssh-ed25519'],
    [`192.0.2.1 ecdsa-sha2-nistp384 ${ED}\n`, 'ecdsa-sha2-nistp384'],
    [`192.0.2.1 ssh-rsa ${ED}\n`, 'rsa-sha2-512'],
  ])('is asked for in the type that is known: %j', (text, first) => {
    writeFileSync(file, text);
    const { algorithms } = check({});
    expect([algorithms[0], algorithms.length, new Set(algorithms).size]).toEqual([first, 6, 6]);
  });

  it.each(['AAAA', 'ssh-ed25519', `ssh-rsa ${ED}`, ''])('cannot be pinned as %j', (pinned) => {
    expect(() => check({ pinned: [pinned] })).toThrow(/the pinned host key is no public key/);
  });

  it('cannot be checked against a folder', () => {
    expect(() => check({ knownHostsFiles: [folder] })).toThrow(/the list of known hosts cannot be read/);
  });
});
