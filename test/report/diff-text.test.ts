import { describe, expect, it } from 'vitest';
import { createPaint } from '../../src/report/colour.ts';
import { diffLines, diffStat } from '../../src/report/diff-text.ts';

const plain = { paint: createPaint(false), whole: false };
const numbered = (count: number, word = 'line') =>
  Array.from({ length: count }, (_, i) => `${word} ${i + 1}\n`).join('');

describe('diffLines', () => {
  it.each([
    {
      name: 'a change with three lines of context',
      before: numbered(9),
      after: numbered(9).replace('line 5\n', 'LINE 5\n'),
      expected: [
        '@@ -2,7 +2,7 @@',
        ' line 2',
        ' line 3',
        ' line 4',
        '-line 5',
        '+LINE 5',
        ' line 6',
        ' line 7',
        ' line 8',
      ],
    },
    { name: 'a new text', before: '', after: 'a\nb\n', expected: ['@@ -0,0 +1,2 @@', '+a', '+b'] },
    {
      name: 'a lost end of line',
      before: 'a\n',
      after: 'a',
      expected: ['@@ -1 +1 @@', '-a', '+a', '\\ No newline at end of file'],
    },
    { name: 'Windows line ends', before: 'a\r\n', after: 'a\n', expected: ['@@ -1 +1 @@', '-a\\r', '+a'] },
    {
      name: 'control characters',
      before: 'a\n',
      after: '\u001b[2J\tb\n',
      expected: ['@@ -1 +1 @@', '-a', '+\\x1b[2J\tb'],
    },
    { name: 'nothing where only secrets differ', before: '<secret>\n', after: '<secret>\n', expected: [] },
  ])('shows $name', ({ before, after, expected }) => {
    expect(diffLines({ before, after }, plain)).toEqual(expected);
  });

  it('cuts a long diff, and says how much is left', () => {
    const lines = diffLines({ before: '', after: numbered(100) }, plain);
    expect(lines).toHaveLength(41);
    expect(lines.at(-1)).toBe('… 61 more lines, shown with --verbose');
  });

  it('cuts nothing for the sake of one line', () => {
    expect(diffLines({ before: '', after: numbered(40) }, plain)).toHaveLength(41);
  });

  it('shows all when asked to', () => {
    expect(diffLines({ before: '', after: numbered(100) }, { ...plain, whole: true })).toHaveLength(101);
  });

  it('paints added, removed and headers', () => {
    const painted = diffLines({ before: 'a\n', after: 'b\n' }, { ...plain, paint: createPaint(true) });
    expect(painted).toEqual(['\u001b[36m@@ -1 +1 @@\u001b[39m', '\u001b[31m-a\u001b[39m', '\u001b[32m+b\u001b[39m']);
  });

  it('gives up on texts that have nothing in common, before it takes seconds', () => {
    const texts = { before: numbered(30_000, 'old'), after: numbered(30_000, 'new') };
    expect(diffLines(texts, plain)).toEqual(['(too different to be compared line by line)']);
    expect(diffStat(texts)).toBe('rewritten');
  });
});

describe('diffStat', () => {
  it.each([
    ['a\n', 'a\nb\n', '+1'],
    ['a\nb\n', 'a\n', '-1'],
    ['a\n', 'b\nc\n', '+2 -1'],
    ['--- x\n', '+++ y\n', '+1 -1'],
    ['<secret>\n', '<secret>\n', 'differs in a secret'],
    ['', '', ''],
  ])('%j to %j: %s', (before, after, expected) => {
    expect(diffStat({ before, after })).toBe(expected);
  });
});
