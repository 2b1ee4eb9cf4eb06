import { describe, expect, it } from 'vitest';
import { keepLines } from '../../../src/wizard/inventory/keep-lines.ts';

describe('keepLines', () => {
  it.each([
    ['no change', 'a:   1\nb: 2', 'a: 1\nb: 2', 'a: 1\nb: 2', 'a:   1\nb: 2'],
    ['a change elsewhere', 'a:   1\nb: 2\nc: 3', 'a: 1\nb: 2\nc: 3', 'a: 1\nb: 2\nc: 4', 'a:   1\nb: 2\nc: 4'],
    ['a change of that very line', 'a:   1\nb: 2', 'a: 1\nb: 2', 'a: 9\nb: 2', 'a: 9\nb: 2'],
    ['a new line at the end', 'a:   1\nb: 2', 'a: 1\nb: 2', 'a: 1\nb: 2\nc: 3', 'a:   1\nb: 2\nc: 3'],
    ['a line less', 'a:   1\nb: 2\nc: 3', 'a: 1\nb: 2\nc: 3', 'a: 1\nc: 3', 'a:   1\nc: 3'],
  ])('%s', (_name, original, formatted, changed, kept) => {
    expect(keepLines({ original, formatted, changed })).toBe(kept);
  });
});
