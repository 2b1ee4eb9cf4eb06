import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { passwordHash } from '../../../roles/haproxy/password.ts';
import { Secret } from '../../../src/index.ts';

const hostSalt = Secret.named('haproxy_salt', 'w3n1LO-vKyCZtKk1yXQ5x9u7mFJfQ0bZ');

describe('the hash of a password', () => {
  it('is known once the password and the salt of the host are', () => {
    const password = Secret.named('admin_alice');
    const hash = passwordHash('alice', password, hostSalt);
    expect(hash.isKnown).toBe(false);
    password.learn('correct horse');
    expect(hash.reveal()).toMatch(/^\$5\$rounds=1000\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{43}$/);
    expect(String(hash)).toBe('<secret>');
  });

  it('is the same in every run, and another one for another user, password or host', () => {
    const hash = (user: string, password: string, salt = hostSalt) => passwordHash(user, password, salt).reveal();
    expect(hash('alice', 'x')).toBe(hash('alice', 'x'));
    const others = [hash('bob', 'x'), hash('alice', 'y'), hash('alice', 'x', Secret.named('haproxy_salt', 'other'))];
    expect(new Set([hash('alice', 'x'), ...others]).size).toBe(4);
  });

  it.each(['plain', 'it\'s "quoted" $5$ \\', 'žluťoučký kůň', ''])('is what crypt(3) makes of %j', (password) => {
    const hash = passwordHash('alice', password, hostSalt).reveal();
    const salt = hash.slice(0, hash.lastIndexOf('$'));
    // perl is part of every Debian, and calls crypt(3) of the system.
    const [script, bytes] = ['print crypt($ARGV[0], $ARGV[1])', Buffer.from(password, 'utf8').toString('utf8')];
    expect(execFileSync('perl', ['-e', script, bytes, salt], { encoding: 'utf8' })).toBe(hash);
  });
});
