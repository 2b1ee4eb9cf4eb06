import { describe, expect, it } from 'vitest';
import { oneLine, outputLines, printable } from '../../src/report/printable.ts';

describe('printable', () => {
  it.each([
    ['Ünïcödé 漢字 🙂', 'Ünïcödé 漢字 🙂'],
    ['a\tb\nc', 'a\tb\nc'],
    ['over\rwritten', 'over\\rwritten'],
    ['\u001b[2J\u001b]0;title\u0007', '\\x1b[2J\\x1b]0;title\\x07'],
    ['\u009b2J', '\\x9b2J'],
    ['\u0000\u007f', '\\x00\\x7f'],
    ['user\u202egpj.exe', 'user\\u202egpj.exe'],
    ['\u2066hidden\u2069\u200f', '\\u2066hidden\\u2069\\u200f'],
  ])('%j becomes %j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });
});

describe('outputLines', () => {
  it.each([
    ['one\ntwo\n', ['one', 'two']],
    ['\n\n  indented\r\nnext\n\n', ['  indented', 'next']],
    ['\u001b[1;31mERROR\u001b[0m: no', ['ERROR: no']],
    ['\u001b[2Jcleared', ['\\x1b[2Jcleared']],
    ['10%\r20%', ['10%\\r20%']],
  ])('%j becomes %j', (output, expected) => {
    expect(outputLines(output)).toEqual(expected);
  });
});

describe('oneLine', () => {
  it.each([
    ['  Step 3/7 :\n  RUN x\t y ', 'Step 3/7 : RUN x y'],
    ['\u001b[32mok\u001b[0m\u001b[1A', 'ok\\x1b[1A'],
  ])('%j becomes %j', (text, expected) => {
    expect(oneLine(text)).toBe(expected);
  });
});
