import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkHostKey,
  keyType,
  knownKeyTypes,
  parseKnownHosts,
  rememberHostKey,
} from '../../src/transport/known-hosts.ts';

const ED = 'AAAAC3NzaC1lZDI1NTE5AAAAIFW7d5MZlc2QNb0KWRHiOUBt4c83fYJA4r8gUsTUyUdu';
const OTHER = 'AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w';
const ECDSA =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEjMo82MiG0fnF197Aht78IhDAk1w0GK0CFkCgqVObNk6wZIlhbTeedyLiVpJmtzLaLtfW8TKtZ4CM2ZbN7EkBo=';
// Made by `ssh-keygen -H` of web.example.com and [web.example.com]:2222.
const HASHED = `|1|TOT556exJqRFte6TMZnL+5q1h2E=|QgfuYnkZcq+oPYOl86sLjULrQTs= ssh-ed25519 ${ED}`;
const HASHED_2222 = `|1|CMf+711/Xjxvtsu3co2viEX3tS8=|ETFjJfO5XcGLUUe2x0nUYDJFH24= ssh-ed25519 ${ED}`;

const key = (base64: string) => Buffer.from(base64, 'base64');

function check(text: string, host: string, port: number, base64 = ED) {
  const { status, location } = checkHostKey(parseKnownHosts(text, 'kh'), host, port, key(base64));
  return location === undefined ? status : `${status} ${location}`;
}

describe('known_hosts', () => {
  it.each([
    ['', 'web', 22, ED, 'unknown'],
    [`web ssh-ed25519 ${ED}`, 'web', 22, ED, 'known kh:1'],
    [`web ssh-ed25519 ${ED} a comment`, 'WEB', 22, ED, 'known kh:1'],
    [`# web ssh-ed25519 ${OTHER}\n\n  web\tssh-ed25519   ${ED}\r\n`, 'web', 22, ED, 'known kh:3'],
    [`web ssh-ed25519 ${OTHER}`, 'web', 22, ED, 'changed kh:1'],
    [`web ssh-ed25519 ${OTHER}\nweb ssh-ed25519 ${ED}`, 'web', 22, ED, 'known kh:2'],
    [`web ecdsa-sha2-nistp256 ${ECDSA}`, 'web', 22, ED, 'changed kh:1'],
    [`web ssh-ed25519 ${OTHER}`, 'db', 22, ED, 'unknown'],
    [`db,web,10.0.0.1 ssh-ed25519 ${ED}`, '10.0.0.1', 22, ED, 'known kh:1'],
    [`*.example.com,!bad.example.com ssh-ed25519 ${ED}`, 'a.example.com', 22, ED, 'known kh:1'],
    [`*.example.com,!bad.example.com ssh-ed25519 ${ED}`, 'bad.example.com', 22, ED, 'unknown'],
    [`web?.x ssh-ed25519 ${ED}`, 'web1.x', 22, ED, 'known kh:1'],
    [`web?.x ssh-ed25519 ${ED}`, 'web1yx', 22, ED, 'unknown'],
    [`[web]:2222 ssh-ed25519 ${ED}`, 'web', 2222, ED, 'known kh:1'],
    [`[web]:2222 ssh-ed25519 ${ED}`, 'web', 22, ED, 'unknown'],
    [`[2001:db8::1]:2222 ssh-ed25519 ${ED}`, '2001:db8::1', 2222, ED, 'known kh:1'],
    [`[web]:2222 ssh-ed25519 ${OTHER}\nweb ssh-ed25519 ${ED}`, 'web', 2222, ED, 'changed kh:1'],
    [`web ssh-ed25519 ${ED}`, 'web', 2222, ED, 'known kh:1'],
    [`web ssh-ed25519 ${OTHER}`, 'web', 2222, ED, 'unknown'],
    [HASHED, 'web.example.com', 22, ED, 'known kh:1'],
    [HASHED, 'web.example.org', 22, ED, 'unknown'],
    [`${HASHED}\n${HASHED_2222}`, 'web.example.com', 2222, ED, 'known kh:2'],
    [HASHED_2222, 'web.example.com', 22, ED, 'unknown'],
    [`@revoked * ssh-ed25519 ${ED}\nweb ssh-ed25519 ${ED}`, 'web', 22, ED, 'revoked kh:1'],
    [`@revoked * ssh-ed25519 ${OTHER}\nweb ssh-ed25519 ${ED}`, 'web', 22, ED, 'known kh:2'],
    [`@revoked * ssh-ed25519 ${OTHER}`, 'web', 22, ED, 'unknown'],
    [`@revoked web ssh-ed25519 ${ED}`, 'web', 2222, ED, 'revoked kh:1'],
    [`@cert-authority * ssh-ed25519 ${ED}`, 'web', 22, ED, 'unknown'],
    ['web ssh-ed25519\nweb\n@revoked\n|1|x ssh-ed25519 AAAA', 'web', 22, ED, 'unknown'],
  ])('%j: %s port %i', (text, host, port, shown, verdict) => {
    expect(check(text, host, port, shown)).toBe(verdict);
  });

  it('tells the types of the keys that are known', () => {
    const text = `web ecdsa-sha2-nistp256 ${ECDSA}\nweb ssh-ed25519 ${ED}\n@revoked web ssh-rsa AAAA\ndb ssh-rsa AAAA`;
    const entries = parseKnownHosts(text, 'kh');
    expect(knownKeyTypes(entries, 'web', 22)).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519']);
    expect(knownKeyTypes(entries, 'web', 2222)).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519']);
    expect(knownKeyTypes(entries, 'new', 22)).toEqual([]);
  });

  it('reads a key for its type', () => {
    expect([keyType(key(ED)), keyType(key(ECDSA)), keyType(Buffer.alloc(2))]).toEqual([
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
      '',
    ]);
  });
});

describe('remembering a host key', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'provision-test-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('makes folder and file for their owner alone', () => {
    const file = join(home, '.ssh', 'known_hosts');
    rememberHostKey(file, 'Web', 22, key(ED));
    rememberHostKey(file, 'web', 2222, key(OTHER));
    expect(readFileSync(file, 'utf8')).toBe(`web ssh-ed25519 ${ED}\n[web]:2222 ssh-ed25519 ${OTHER}\n`);
    expect([statSync(join(home, '.ssh')).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('writes no line twice, and does not glue itself to a last line without newline', () => {
    const file = join(home, 'known_hosts');
    writeFileSync(file, `db ssh-ed25519 ${OTHER}`);
    rememberHostKey(file, 'web', 22, key(ED));
    rememberHostKey(file, 'web', 22, key(ED));
    expect(readFileSync(file, 'utf8')).toBe(`db ssh-ed25519 ${OTHER}\nweb ssh-ed25519 ${ED}\n`);
  });
});
