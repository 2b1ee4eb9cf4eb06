import { expect, it } from 'vitest';
import { formatDuration } from '../../src/report/duration.ts';

it.each([
  [0, '<0.1 s'],
  [49, '<0.1 s'],
  [50, '0.1 s'],
  [312, '0.3 s'],
  [9_949, '9.9 s'],
  [9_950, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [125_000, '2 min 5 s'],
  [3_599_000, '59 min 59 s'],
  [3_599_700, '1 h'],
  [3_720_000, '1 h 2 min'],
])('%i ms is %s', (durationMs, expected) => {
  expect(formatDuration(durationMs)).toBe(expected);
});
