import { describe, expect, it } from 'vitest';
import { exactly, formatWord, timeWord, word } from '../../../roles/haproxy/config-word.ts';

describe('a word of the configuration', () => {
  it.each([
    ['app-1', 'app-1'],
    ['127.0.0.1:18001', '127.0.0.1:18001'],
    ['/etc/haproxy/certs/a.pem', '/etc/haproxy/certs/a.pem'],
    ['', "''"],
    ['a b', "'a b'"],
    ['#', "'#'"],
    ['$HOME', "'$HOME'"],
    ['"', `'"'`],
    ['\\', "'\\'"],
    ["it's", "'it'\\''s'"],
    ['{', "'{'"],
    ['ü', "'ü'"],
    ['[::1]:80', "'[::1]:80'"],
  ])('%j is written %s', (value, written) => {
    expect(word(value)).toBe(written);
  });

  it.each(['a\nuser x', 'a\0', 'a\rb', 'a\tb'])('%j cannot be written', (value) => {
    expect(() => word(value)).toThrow(TypeError);
  });

  it('stands for itself in a format string', () => {
    expect(formatWord('100% %[src]')).toBe("'100%% %%[src]'");
  });

  it('is a regular expression for exactly that text', () => {
    expect(exactly('OK')).toBe("'^\\s*OK\\s*$'");
    expect(exactly('a.b (c)*')).toBe("'^\\s*a\\.b \\(c\\)\\*\\s*$'");
    expect(exactly(' two\nlines\n')).toBe("'^\\s*two\\x0alines\\s*$'");
  });

  it.each([
    [60_000, '60s'],
    [1500, '1500ms'],
    [0, '0s'],
  ])('%i milliseconds are %s', (durationMs, written) => {
    expect(timeWord(durationMs)).toBe(written);
  });
});
