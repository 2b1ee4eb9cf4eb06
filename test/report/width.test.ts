import { describe, expect, it } from 'vitest';
import { padEnd, padStart, textWidth, truncate, wrap } from '../../src/report/width.ts';

describe('textWidth', () => {
  it.each([
    ['', 0],
    ['web1', 4],
    ['Ünï', 3],
    ['e\u0301', 1],
    ['漢字', 4],
    ['한국', 4],
    ['ｱ', 1],
    ['Ａ', 2],
    ['🙂', 2],
    ['👩‍🔧', 2],
    ['❤️', 2],
    ['→…', 2],
    ['\u200b', 0],
    ['\u001b[31mred\u001b[39m', 3],
  ])('%j takes %i', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

describe('truncate', () => {
  it.each([
    ['web1.example.org', 16, 'end', 'web1.example.org'],
    ['web1.example.org', 8, 'end', 'web1.ex…'],
    ['web1.example.org', 8, 'middle', 'web1…org'],
    ['web1.example.org', 9, 'middle', 'web1….org'],
    ['web1', 1, 'end', '…'],
    ['web1', 0, 'end', ''],
    ['web1', -3, 'middle', ''],
    ['漢字漢字', 6, 'end', '漢字…'],
    ['漢字漢字', 5, 'middle', '漢…字'],
    ['e\u0301e\u0301e\u0301', 2, 'end', 'e\u0301…'],
  ] as const)('%j to %i at the %s: %j', (text, columns, where, expected) => {
    const result = truncate(text, columns, where);
    expect(result).toBe(expected);
    expect(textWidth(result)).toBeLessThanOrEqual(Math.max(0, columns));
  });
});

describe('wrap', () => {
  it.each([
    ['one two three', 8, ['one two', 'three']],
    ['one', 80, ['one']],
    ['', 80, ['']],
    ['a /a/path/longer/than/the/line b', 10, ['a', '/a/path/longer/than/the/line', 'b']],
    ['漢字 漢字', 8, ['漢字', '漢字']],
  ])('%j in %i columns', (text, columns, expected) => {
    expect(wrap(text, columns)).toEqual(expected);
  });
});

it('pads by columns, not by characters', () => {
  expect([padEnd('漢字', 6), padStart('漢', 4), padEnd('longer', 2)]).toEqual(['漢字  ', '  漢', 'longer']);
});
