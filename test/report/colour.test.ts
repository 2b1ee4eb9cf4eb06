import { describe, expect, it } from 'vitest';
import { createPaint, wantsColour } from '../../src/report/colour.ts';

describe('wantsColour', () => {
  it.each([
    { env: {}, isTTY: true, refused: false, expected: true },
    { env: {}, isTTY: false, refused: false, expected: false },
    { env: { NO_COLOR: '1' }, isTTY: true, refused: false, expected: false },
    { env: { NO_COLOR: '' }, isTTY: true, refused: false, expected: true },
    { env: { TERM: 'dumb' }, isTTY: true, refused: false, expected: false },
    { env: { FORCE_COLOR: '1' }, isTTY: false, refused: false, expected: true },
    { env: { FORCE_COLOR: '' }, isTTY: false, refused: false, expected: true },
    { env: { FORCE_COLOR: '0' }, isTTY: true, refused: false, expected: false },
    { env: { FORCE_COLOR: '1', NO_COLOR: '1' }, isTTY: false, refused: false, expected: true },
    { env: { FORCE_COLOR: '1' }, isTTY: true, refused: true, expected: false },
  ])('$env, terminal $isTTY, refused $refused: $expected', ({ expected, ...question }) => {
    expect(wantsColour(question)).toBe(expected);
  });
});

describe('createPaint', () => {
  it('paints, whatever this process writes to', () => {
    expect(createPaint(true)('green', '+')).toBe('\u001b[32m+\u001b[39m');
  });

  it('paints nothing at all on nothing', () => {
    expect(createPaint(true)('green', '')).toBe('');
  });

  it('leaves the text alone without colour', () => {
    expect(createPaint(false)('green', '+')).toBe('+');
  });
});
