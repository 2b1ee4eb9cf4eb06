import { describe, expect, it } from 'vitest';
import { blocksOf, keyRows, sectionsOf } from '../../src/reference/markdown.ts';

describe('sectionsOf', () => {
  it('tells titles, levels, texts, and in what they lie', () => {
    const document = '# A\n\none\n\n## `B`: b\n\ntwo\n\n```sh\n# no title\n```\n\n### C\n## D\n';
    expect(sectionsOf(document)).toEqual([
      { title: 'A', level: 1, text: '\none\n\n', parents: [] },
      { title: 'B: b', level: 2, text: '\ntwo\n\n```sh\n# no title\n```\n\n', parents: ['A'] },
      { title: 'C', level: 3, text: '', parents: ['A', 'B: b'] },
      { title: 'D', level: 2, text: '\n', parents: ['A'] },
    ]);
  });
});

describe('blocksOf', () => {
  it.each([
    [
      'one\ntwo\n\nthree',
      [
        { kind: 'paragraph', text: 'one two' },
        { kind: 'paragraph', text: 'three' },
      ],
    ],
    [
      '`a` is\n- b\n- c\n  d',
      [
        { kind: 'paragraph', text: '`a` is' },
        {
          kind: 'list',
          items: [
            { marker: '-', text: 'b' },
            { marker: '-', text: 'c d' },
          ],
        },
      ],
    ],
    [
      '1. a\n   b;\n12. c',
      [
        {
          kind: 'list',
          items: [
            { marker: '1.', text: 'a b;' },
            { marker: '12.', text: 'c' },
          ],
        },
      ],
    ],
    [
      '```\na\n\n  b\n```\nc',
      [
        { kind: 'code', language: '', lines: ['a', '', '  b'] },
        { kind: 'paragraph', text: 'c' },
      ],
    ],
    [
      'a\n```ts\nb\n```',
      [
        { kind: 'paragraph', text: 'a' },
        { kind: 'code', language: 'ts', lines: ['b'] },
      ],
    ],
    [
      '| a | b |\n|---|--:|\n| `x\\|y` | |\nz',
      [
        { kind: 'table', head: ['a', 'b'], rows: [['`x|y`', '']] },
        { kind: 'paragraph', text: 'z' },
      ],
    ],
  ])('%j', (text, blocks) => expect(blocksOf(text)).toEqual(blocks));
});

it('keyRows: all keys of all tables of keys, with what they lie in', () => {
  const text = [
    '| key of `a.NAME` | type | default | meaning |',
    '|---|---|---|---|',
    '| `b`, `c` | text | `x` | y |',
    '',
    '| form | value |',
    '|---|---|',
    '| `d` | e |',
    '',
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    '| `f` | number | – | |',
  ].join('\n');
  expect(keyRows(text)).toEqual([
    { path: 'a.NAME.b', type: 'text', default: '`x`', meaning: 'y' },
    { path: 'a.NAME.c', type: 'text', default: '`x`', meaning: 'y' },
    { path: 'f', type: 'number', default: '–', meaning: '' },
  ]);
});
