import { describe, expect, it } from 'vitest';
import { splitWords } from '../../../src/inventory/sources/shell-words.ts';

describe('splitWords', () => {
  // What Python's `shlex.split(line, comments=True)` makes of them.
  it.each<[string, readonly string[]]>([
    ['', []],
    ['web1 a=1\tb=2', ['web1', 'a=1', 'b=2']],
    ['web1 a="x y" b=\'p "q"\'', ['web1', 'a=x y', 'b=p "q"']],
    ['a="x\\"y\\\\z\\n"', ['a=x"y\\z\\n']],
    ["a='x\\n'", ['a=x\\n']],
    ['a=x\\ y', ['a=x y']],
    ["a='' ''", ['a=', '']],
    ['web1 # a comment', ['web1']],
    ['a=b#c d', ['a=b']],
    ['a="b#c"', ['a=b#c']],
  ])('%j', (line, words) => {
    expect(splitWords(line)?.map(({ text }) => text)).toEqual(words);
  });

  it.each(['a="x', "a='x", 'a=x\\'])('%j is not closed', (line) => {
    expect(splitWords(line)).toBeUndefined();
  });

  it('tells where words start', () => {
    expect(splitWords('web1  a="x y" b=2')?.map(({ offset }) => offset)).toEqual([0, 6, 14]);
  });
});
