import { describe, expect, it } from 'vitest';
import { tableText } from '../../src/report/styled-table.ts';
import { PLAIN_TEXT } from './streams.ts';

describe('tableText', () => {
  const columns = [{ title: 'host' }, { title: 'drift', align: 'right' as const }, { title: 'system' }];
  const rows = [[{ text: 'web1' }, { text: '12' }, { text: 'Debian GNU/Linux 13' }], [{ text: 'größer' }]];

  it('is as wide as it needs to be', () => {
    expect(tableText(columns, rows, PLAIN_TEXT)).toEqual([
      'host    drift  system',
      'web1       12  Debian GNU/Linux 13',
      'größer',
    ]);
  });

  it('is cut where there is no room', () => {
    expect(tableText(columns, rows, { ...PLAIN_TEXT, columns: 22 })).toEqual([
      'host    drift  system',
      'web1       12  Debian…',
      'größer',
    ]);
    expect(tableText(columns, rows, { ...PLAIN_TEXT, columns: 5 }).every((line) => line.length <= 5)).toBe(true);
  });
});
