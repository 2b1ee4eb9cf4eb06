import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../../src/errors.ts';
import { originOfPath } from '../../../src/inventory/origins.ts';
import { readJson } from '../../../src/inventory/sources/json-text.ts';
import { textSource } from '../../../src/inventory/text-source.ts';
import { Secret } from '../../../src/shell/secret.ts';

const SEAL = () => Secret.named('sealed');

function read(text: string): unknown {
  return readJson(text, textSource('h.json', text), SEAL);
}

describe('readJson', () => {
  it.each([
    '{}',
    '[]',
    ' { "a" : [ 1 , -2.5e3, true, false, null, "x\\n\\u00e4\\"" ] }\n',
    '{"a":{"b":{"":0}}}',
    '"x"',
  ])('reads %s as JSON.parse does', (text) => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it('tells where entries stand', () => {
    const value = read('{\n  "a": [\n    1,\n    {"b": 2}\n  ]\n}');
    expect([['a'], ['a', 0], ['a', 1, 'b']].map((path) => originOfPath(value, path))).toEqual([
      'h.json:2:3',
      'h.json:3:5',
      'h.json:4:6',
    ]);
  });

  it('keeps a number as a text that is not exact, and makes a secret of what is encrypted', () => {
    expect(read('{"a": 12345678901234567890}')).toEqual({ a: '12345678901234567890' });
    expect((read('{"a": {"__ansible_vault": "x"}}') as { a: unknown }).a).toBeInstanceOf(Secret);
  });

  it.each([
    ['{"a": 1,}', 'h.json:1:9: this is not valid JSON: a key in double quotes must stand here'],
    ['{"a" 1}', 'h.json:1:6: this is not valid JSON: a colon is missing before this'],
    ['{"a": 1\n"b": 2}', 'h.json:2:1: this is not valid JSON: a comma or } is missing before this'],
    ['[1 2]', 'h.json:1:4: this is not valid JSON: a comma or ] is missing before this'],
    ['[1', 'h.json:1:3: this is not valid JSON: a comma or ] is missing before this'],
    ['{"a": yes}', 'h.json:1:7: this is not valid JSON: no value can start here'],
    [
      '{"a": "x}',
      'h.json:1:7: this is not valid JSON: a text starts here that is not closed, or holds what must be escaped',
    ],
    ['{} x', 'h.json:1:4: this is not valid JSON: something stands behind its end'],
    ['{"a": 1, "a": 2}', 'h.json:1:10: the key "a" stands here twice'],
    ['{"__proto__": 1}', 'h.json:1:2: a key cannot be __proto__'],
    ['['.repeat(20_000), 'h.json:1:502: this is not valid JSON: values are nested too deeply here'],
  ])('refuses %s', (text, told) => {
    let error: unknown;
    try {
      read(text);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof ProvisionError)) throw error ?? new Error('it did not fail');
    expect(`${error.location}: ${error.message}`).toBe(told);
  });
});
