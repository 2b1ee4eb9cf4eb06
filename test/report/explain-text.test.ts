import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/inventory/explain.ts';
import { explanationLines } from '../../src/report/explain-text.ts';
import { textWidth } from '../../src/report/width.ts';
import { PLAIN_TEXT } from './streams.ts';

const SET: Explanation = {
  host: 'web1',
  variable: 'packages',
  places: [
    { kind: 'host', name: 'web1', location: 'prod.yml:31:7', value: ['curl', 'vim'] },
    { kind: 'group', name: 'all', location: 'prod.yml:5:5', value: 'a'.repeat(100) },
    { kind: 'group', name: 'x', location: 'prod.yml:4:5', value: undefined },
  ],
  why: 'The first one counts: a host counts before its groups.',
  value: ['curl', 'vim'],
  problem: undefined,
  fallback: undefined,
  within: undefined,
  readers: ['the role packages'],
};
const UNSET = { ...SET, places: [], value: undefined, why: 'Nobody sets it.', readers: [] };

const lines = (explanation: Explanation, isDocumented = false) =>
  explanationLines(explanation, isDocumented, PLAIN_TEXT);

describe('explanationLines', () => {
  it('marks the place that counts, and fits the terminal', () => {
    const text = lines(SET, true);
    expect(text).toEqual([
      'packages of web1:',
      '  - curl',
      '  - vim',
      '',
      '* prod.yml:31:7  host web1  [curl, vim]',
      expect.stringMatching(/^ {2}prod\.yml:5:5 {3}group all {2}a+…$/),
      '  prod.yml:4:5   group x    (without this key)',
      '',
      'The first one counts: a host counts before its groups.',
      'Read by the role packages.',
      'See provision docs packages.',
    ]);
    expect(text.filter((line) => textWidth(line) > 80)).toEqual([]);
  });

  it('does not tell a long value twice, but one that references make another', () => {
    const value = { name: 'shop', services: { app: { image: 'shop:2', replicas: 2, port: 8000 } } };
    const place = { kind: 'group', name: 'all', location: 'prod.yml:5:5', value } as const;
    expect(lines({ ...SET, places: [place], value })).toContain('* prod.yml:5:5  group all  (as above)');
    const written = { ...value, name: '{{ project }}' };
    expect(lines({ ...SET, places: [{ ...place, value: written }], value }).join('\n')).toContain('{name: "{{ project');
  });

  it('tells a single value beside the name', () => {
    expect(lines({ ...SET, value: 2 })[0]).toBe('packages of web1: 2');
    expect(lines({ ...SET, value: null })[0]).toBe('packages of web1: null');
  });

  it.each([
    [['jq'], ['packages of web1:', '  - jq']],
    [{ a: 1 }, ['packages of web1:', '  a: 1']],
    [[], ['packages of web1: []']],
    [{}, ['packages of web1: {}']],
  ])('tells lists and mappings below the name, but for empty ones: %j', (value, expected) => {
    expect(lines({ ...SET, value }).slice(0, expected.length)).toEqual(expected);
  });

  it('tells the default', () => {
    expect(lines({ ...UNSET, fallback: { value: '60s', reader: 'the role stack' } })).toEqual([
      'packages of web1 is not set: 60s counts',
      '',
      'Nobody sets it. The default of the role stack counts: 60s.',
      'No role of the host reads it.',
    ]);
  });

  it('tells what the default depends on', () => {
    const text = lines({ ...UNSET, variable: 'a.b.c', within: 'a.b', fallback: { value: 1, reader: 'the role a' } });
    expect(text[0]).toBe('a.b.c of web1 is not set');
    expect(text.join(' ')).toContain('Nor does anybody set a.b; where it is set without c, the role a takes 1.');
  });

  it('tells why there is no value', () => {
    const text = lines({ ...SET, value: undefined, problem: '{{ env.X }}: the environment variable X is not set' });
    expect(text[0]).toBe('packages of web1 cannot be resolved');
    expect(text).toContain('* prod.yml:31:7  host web1  [curl, vim]');
    expect(text).toContain('The value cannot be told: {{ env.X }}: the environment variable X is not set.');
  });
});
