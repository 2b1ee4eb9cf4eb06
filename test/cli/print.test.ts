import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../src/cli/arguments/options.ts';
import { columnsOf, textOptions } from '../../src/cli/print.ts';

describe('the width of texts', () => {
  it.each([
    ['a terminal', [{ columns: 120 }], 120],
    ['a terminal that does not know its width', [{ columns: 0 }], 80],
    ['no terminal', [{}], 80],
    ['the first of two that is one', [{}, { columns: 100 }], 100],
  ])('of %s', (_, streams, columns) => {
    expect(columnsOf(...streams)).toBe(columns);
  });

  it('has no limit where programs read on', () => {
    const { isTTY } = process.stdout;
    process.stdout.isTTY = false;
    try {
      expect(textOptions(DEFAULTS).columns).toBe(Infinity);
    } finally {
      process.stdout.isTTY = isTTY;
    }
  });
});
