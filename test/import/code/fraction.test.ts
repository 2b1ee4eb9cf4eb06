import { expect, it } from 'vitest';
import { Fraction } from '../../../src/import/code/fraction.ts';

/** As `repr()` of Python 3 gives it. */
it.each([
  [8, '8.0'],
  [8.1, '8.1'],
  [0, '0.0'],
  [-2, '-2.0'],
  [1e16, '1e+16'],
  [1.5e300, '1.5e+300'],
  [1e-5, '1e-05'],
  [0.0001, '0.0001'],
  [Number.POSITIVE_INFINITY, 'inf'],
])('%d is printed as %s', (value, text) => {
  expect(String(new Fraction(value))).toBe(text);
});
