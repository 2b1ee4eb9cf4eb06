import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { HostLocked } from '../../src/transport/exchange-errors.ts';
import { hasDied, hostOfToken, lockToken } from '../../src/transport/lock-token.ts';

const TOKEN = lockToken('web1');
const [machine, pid, random] = TOKEN.split('.');

describe('a holder of the lock', () => {
  it.each([
    ['this process', TOKEN, false],
    ['an earlier process with the number of this one', `${machine}.${pid}.0`, true],
    ['a process that ended', `${machine}.${spawnSync('true').pid}.${random}`, true],
    ['a process that runs', `${machine}.${process.ppid}.${random}`, false],
    ['a process of another machine', `${'0'.repeat(16)}.${spawnSync('true').pid}.${random}`, false],
    ['all processes of a group', `${machine}.0.${random}`, false],
    ['nobody', '', false],
    ['a program that knows no such tokens', '3f9a44', false],
  ])('%s', (_, token, isDead) => {
    expect(hasDied(token)).toBe(isDead);
  });

  it('is written as one word that a shell takes as it is', () => {
    expect(TOKEN).toMatch(/^[0-9a-f]{16}\.\d+\.[0-9a-f]{16}\.[0-9a-f]{16}$/);
  });

  it('is the same for a host, and another one for another host', () => {
    expect(lockToken('web1')).toBe(TOKEN);
    expect(lockToken('web2')).not.toBe(TOKEN);
    expect([hostOfToken(TOKEN), hostOfToken(`${machine}.${pid}.${random}.0`)]).toEqual(['web1', undefined]);
  });

  it('is a twin, or the host itself before its connection was lost', () => {
    const told = (host: string) => new HostLocked(host, `${TOKEN} 4711\nalice@laptop, provision apply\n`);
    expect(told('web2').message).toBe('it is the same machine as web1, on which this run works already');
    expect(told('web1')).toMatchObject({
      message: 'what was under way when the connection was lost still goes on there',
      hint: 'Run it again: it waits for that, and goes on.',
    });
  });
});
