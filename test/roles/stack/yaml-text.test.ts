import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type YamlValue, yamlText } from '../../../roles/stack/yaml-text.ts';
import { mask, reveal, Secret, text } from '../../../src/index.ts';

/** As compose does it: `$$` is a dollar sign. */
function interpolated(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$');
  if (Array.isArray(value)) return value.map(interpolated);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, interpolated(entry)]));
}

const NASTY = [
  'plain',
  '',
  ' ',
  'yes',
  'no',
  'on',
  'null',
  '~',
  '0644',
  '1e5',
  '22:22',
  '=',
  '<<',
  '- a',
  'a: b',
  '# x',
  'a #b',
  '$HOME',
  '${HOME}',
  '$$',
  "it's",
  '"',
  '\\',
  '\\n',
  'a\nb',
  '\n',
  'tab\there',
  '{{ x }}',
  '&a',
  '*a',
  '!t',
  '%',
  '@',
  '`',
  'ünïcödé 🙂',
  '\u0085\u2028\ufeff',
  'SECRET0SECRET',
  'x'.repeat(300),
  'word '.repeat(60),
];

describe('yamlText', () => {
  it.each(['1.1', '1.2'] as const)('every text is read back as it was, secret or not, by YAML %s', (version) => {
    const value: YamlValue = {
      // A plain text with a line separator is refused before it comes here.
      plain: NASTY.filter((entry) => !entry.includes('\u2028')),
      secret: NASTY.map((entry) => Secret.named('s', entry)),
      joined: NASTY.map((entry) => text`a$b:${Secret.named('s', entry)}"c`),
      yes: 1,
      '22:22': true,
      gone: undefined,
    };
    expect(interpolated(parse(reveal(yamlText(value)), { version }))).toEqual({
      plain: NASTY.filter((entry) => !entry.includes('\u2028')),
      secret: NASTY,
      joined: NASTY.map((entry) => `a$b:${entry}"c`),
      yes: 1,
      '22:22': true,
    });
  });

  it('shows what is not secret', () => {
    expect(mask(yamlText({ url: text`pg://app:${Secret.named('p', 'canary')}@db` }))).toBe(
      'url: "pg://app:<secret>@db"\n',
    );
    expect(yamlText({ a: ['b', 1] })).toBe('a:\n  - "b"\n  - 1\n');
  });

  it('is known when its secrets are', () => {
    const secret = Secret.named('p');
    const yaml = yamlText({ a: secret });
    expect(yaml instanceof Secret && yaml.isKnown).toBe(false);
    secret.learn('x"$');
    expect(reveal(yaml)).toBe('a: "x\\"$$"\n');
  });
});
