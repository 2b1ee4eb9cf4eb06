import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasDied, LOCK_TOKEN } from '../../src/transport/lock-token.ts';

const [machine, pid, random] = LOCK_TOKEN.split('.');

describe('a holder of the lock', () => {
  it.each([
    ['this process, whose connection was lost', LOCK_TOKEN, true],
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
    expect(LOCK_TOKEN).toMatch(/^[0-9a-f]{16}\.\d+\.[0-9a-f]{16}$/);
  });
});
