import { describe, expect, it } from 'vitest';
import { createSecretIndex } from '../../src/shell/secret-index.ts';

const MASK = '<secret>';

function masked(values: readonly string[], text: string): string {
  const index = createSecretIndex();
  for (const value of values) index.add(value);
  return index.replaceAll(text, MASK);
}

/** What it shall come to, said in the simplest way: one value after another, the longest first. */
function maskedOneByOne(values: readonly string[], text: string): string {
  return values
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, value) => left.replaceAll(value, () => MASK), text);
}

/** Numbers that look random, and are the same each time. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('createSecretIndex', () => {
  it.each<[readonly string[], string, string]>([
    [[], 'nothing is known', 'nothing is known'],
    [['hunter', 'hunter-of-stars'], 'hunter-of-stars, hunter', '<secret>, <secret>'],
    [['abcdef', 'cdefghij'], 'abcdefghij', 'ab<secret>'],
    [['abcdef', 'defghi'], 'abcdefghi', '<secret>ghi'],
    [['aaaaaa'], 'aaaaaaaaaaaaa', '<secret><secret>a'],
    [['$& and $1'], 'it is $& and $1.', 'it is <secret>.'],
    [['пароль№1', '🔑🔑🔑'], 'пароль№1 🔑🔑🔑🔑', '<secret> <secret>🔑'],
    [['secret', 'canary-1'], 'canary-1', '<secret>'],
    [['canary'], 'canar', 'canar'],
  ])('%j in %j', (values, text, expected) => expect(masked(values, text)).toBe(expected));

  it.each([
    ['few', 0],
    ['many', 40],
  ])('comes to the same as one value after another: %s', (_, others) => {
    const more = Array.from({ length: others }, (_, i) => `another value ${i}`);
    const random = numbersFrom(4711);
    const word = (letters: number, length: number) =>
      Array.from({ length }, () => String.fromCharCode(97 + random(letters))).join('');
    const rounds = 3_000;
    let found = 0;
    for (let round = 0; round < rounds; round++) {
      const letters = 1 + random(3);
      const values = [...new Set(Array.from({ length: 1 + random(8) }, () => word(letters, 6 + random(5))))];
      const text = `${word(letters, random(60))}${values[random(values.length)]}${word(letters, random(20))}`;
      const expected = maskedOneByOne(values, text);
      if (expected.includes(MASK)) found += 1;
      expect(masked([...more, ...values], text)).toBe(expected);
    }
    expect(found).toBe(rounds);
  });
});
