import { describe, expect, it } from 'vitest';
import { pythonLiteral } from '../../../src/inventory/sources/python-literal.ts';

describe('pythonLiteral', () => {
  // What `ast.literal_eval` of Python 3.11 makes of them.
  it.each<[string, unknown]>([
    ['23', 23],
    ['-5', -5],
    ['+ 5', 5],
    // Zero has no sign: -0 and -0.0 are one number here.
    ['-0', 0],
    ['-0.0', 0],
    ['[-0, - 0x0]', [0, 0]],
    ['1_000', 1000],
    ['0x1f', 31],
    ['0o17', 15],
    ['0b11', 3],
    ['00', 0],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1.', 1],
    ['1e3', 1000],
    ['True', true],
    ['False', false],
    ['None', null],
    ['5 # a comment', 5],
    ['"a b"', 'a b'],
    ["'it''s'", 'its'],
    ['"a" \'b\'', 'ab'],
    ['"\\x41\\u00e4\\n\\q"', 'Aä\n\\q'],
    ["r'a\\n'", 'a\\n'],
    ["b'x'", 'x'],
    ["'''t'''", 't'],
    ['[1, "a", None,]', [1, 'a', null]],
    ['()', []],
    ['(1)', 1],
    ['(1,)', [1]],
    ['1,2', [1, 2]],
    ['{1, 2}', [1, 2]],
    ['{}', {}],
    ["{'a': {1: True}, 'b': (2, 3)}", { a: { 1: true }, b: [2, 3] }],
  ])('%s', (text, value) => {
    expect(pythonLiteral(text)).toEqual(value);
  });

  it.each([
    '',
    'no',
    'yes',
    'true',
    'null',
    '0644',
    '10.0.0.1',
    '1 2',
    '--5',
    '1+2',
    '1__0',
    'a,b',
    '"open',
    '"a" b',
    "'a' b'c'",
    '[1, 2',
    '[1 2]',
    '{1: 2, 3}',
    '{[1]: 2}',
    '{{ x }}',
    '#x',
    '/etc',
    'Truer',
    '12345678901234567890',
    `${'['.repeat(300)}${']'.repeat(300)}`,
  ])('%s stays a text', (text) => {
    expect(pythonLiteral(text)).toBe(text);
  });

  it('gives no mapping another prototype', () => {
    expect(Object.getPrototypeOf(pythonLiteral("{'__proto__': {'a': 1}}"))).toBe(Object.prototype);
  });
});
