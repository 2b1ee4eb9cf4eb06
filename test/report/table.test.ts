import { describe, expect, it } from 'vitest';
import { tableLines } from '../../src/report/table.ts';
import { textWidth } from '../../src/report/width.ts';

const paint = (_style: unknown, text: string) => text;
const ROWS = [
  ['web1', 'root@203.0.113.10', 'users, packages, docker, certs, stack, haproxy'],
  ['datenbänke', '-', 'users'],
];

describe('tableLines', () => {
  it('is as wide as it must be', () => {
    expect(tableLines(['host', 'address', 'roles'], ROWS, { columns: Infinity, paint })).toEqual([
      'host        address            roles',
      'web1        root@203.0.113.10  users, packages, docker, certs, stack, haproxy',
      'datenbänke  -                  users',
    ]);
  });

  it('breaks what is too long for its column', () => {
    expect(tableLines(['host', 'address', 'roles'], ROWS, { columns: 56, paint })).toEqual([
      'host        address            roles',
      'web1        root@203.0.113.10  users, packages, docker,',
      '                               certs, stack, haproxy',
      'datenbänke  -                  users',
    ]);
  });

  it.each([20, 30, 40, 60, 80])('at %i columns is no wider, or as narrow as it can be', (columns) => {
    for (const line of tableLines(['host', 'address', 'roles'], ROWS, { columns, paint })) {
      expect(textWidth(line)).toBeLessThanOrEqual(Math.max(columns, 3 * 8 + 2 * 2));
    }
  });

  it('writes out what could move the cursor', () => {
    expect(tableLines(['a'], [['x\u001b[2Jy']], { columns: 80, paint })).toEqual(['a', 'x\\x1b[2Jy']);
  });
});
