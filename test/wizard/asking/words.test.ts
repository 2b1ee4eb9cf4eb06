import { describe, expect, it } from 'vitest';
import { joinWords, splitWords } from '../../../src/wizard/asking/words.ts';

describe('splitWords', () => {
  it.each([
    ['python3 create_db.py', ['python3', 'create_db.py']],
    ['  sh  -c "a b" ', ['sh', '-c', 'a b']],
    [`sh -c 'echo "$HOME"'`, ['sh', '-c', 'echo "$HOME"']],
    ['a\\ b ""', ['a b', '']],
    ['', []],
  ])('%s', (command, words) => {
    expect(splitWords(command)).toEqual(words);
  });

  it('tells a quote that is not closed', () => {
    expect(splitWords("sh -c 'echo")).toBeUndefined();
  });

  it.each([[['a', 'b c', "it's", '', '$x', '--a=b']]])('takes back what joinWords makes of %j', (words) => {
    expect(splitWords(joinWords(words))).toEqual(words);
  });
});
