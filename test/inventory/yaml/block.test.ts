/** The quick reader must read what it reads as the parser of all YAML does: values, and where they stand. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { originOf } from '../../../src/inventory/origins.ts';
import { textSource } from '../../../src/inventory/text-source.ts';
import { isContainer } from '../../../src/inventory/types.ts';
import { readBlockYaml, type YamlValue } from '../../../src/inventory/yaml/block.ts';
import { readYamlDocument } from '../../../src/inventory/yaml/document.ts';
import { Secret } from '../../../src/shell/secret.ts';
import { createRandom } from '../../conformance/random.ts';

const SEAL = () => Secret.named('sealed');

function quick(text: string): YamlValue | undefined {
  return readBlockYaml(text, textSource('f', text));
}

/** What the parser makes of it; undefined where it refuses it. */
function whole(text: string): YamlValue | undefined {
  try {
    return readYamlDocument(text, textSource('f', text), SEAL);
  } catch {
    return undefined;
  }
}

/** All places in it, by the order of entries. */
function places(value: unknown): unknown {
  if (!isContainer(value)) return null;
  return Object.entries(value).map(([key, entry]) => [key, originOf(value, key), places(entry)]);
}

function told(read: YamlValue | undefined): unknown {
  return read && { value: read.value, start: read.start, places: places(read.value) };
}

describe('readBlockYaml', () => {
  it.each([
    'a: 1\n',
    '---\na: 1\n',
    '# c\n\na:\n  b: yes\n  c:\n  # d\n  e: 0644 # f\n\n',
    'a:\n- 1\n- b: 2\n  c: 3\n-   d: 4\n    e: [5, "6"]\n- - 7\n  - 8\nf: 9\n',
    'a:\n    - x\n    - y\nb: ~\n',
    'all:\n  hosts:\n    web[01:10]:\n    web1:2222: {}\n    "quoted": { a: 1, b: [x, y z, "q,r"], c: , \'d\': {} }\n',
    'a: "{{ b }}"\nc: \'x # y\'\n',
    'a: http://x:80/y?z=1\nb: -1\nc: -x\nd: 10.0.0.1\ne: a: b\n',
    'a:\nb:\n  -\n',
  ])('reads %j as the parser does', (text) => {
    const read = quick(text);
    if (read !== undefined) expect(told(read)).toEqual(told(whole(text)));
    else expect(text).toMatch(/: a: b|-\n|# y/);
  });

  it.each([
    '',
    'x\n',
    'a: &b 1\nc: *b\n',
    'a: !vault x\n',
    'a: |\n  b\n',
    'a: b\n  c\n',
    'a: "b\n  c"\n',
    'a: "\\n"\n',
    'a: 1:30\n',
    'a: 1\na: 2\n',
    '{ a: 1 }\n',
    'a:\n\tb: 1\n',
    'a: 1\n---\nb: 2\n',
    'a: 1\n...\n',
    'a:\n    b: 1\n  c: 2\n',
    'a: {{ b }}\n',
    'a: - b\n',
    'a: @b\n',
    '__proto__: 1\n',
    '~: 1\n',
    '<<: 1\n',
    'a: 1\r\n',
  ])('leaves %j to the parser', (text) => {
    expect(quick(text)).toBeUndefined();
  });

  it('reads every YAML file of the project as the parser does, or leaves it', () => {
    const texts = globSync(['inventory/**/*.yml', 'bench/**/*.yml', 'test/**/*.yml']).map((file) =>
      readFileSync(file, 'utf8'),
    );
    const read = texts.filter((text) => quick(text) !== undefined);
    expect(read.length).toBeGreaterThan(2);
    for (const text of read) expect(told(quick(text))).toEqual(told(whole(text)));
  });

  it('reads what chance writes as the parser does, or leaves it', () => {
    const { pick, between } = createRandom(11);
    const parts = [
      'a:',
      'b: 1',
      '- ',
      '-',
      ' ',
      '  ',
      '\n',
      '\n  ',
      '\n    ',
      '"x"',
      "'y'",
      '{',
      '}',
      '[',
      ']',
      ', ',
      ': ',
      ' #z',
      '#',
      'c',
      'yes',
      '~',
      '1:30',
      '---',
      'k: v',
      '\n- ',
      '\n\n',
    ];
    let read = 0;
    for (let i = 0; i < 30_000; i += 1) {
      const text = Array.from({ length: between(2, 12) }, () => pick(parts)).join('');
      const value = quick(text);
      if (value === undefined) continue;
      read += 1;
      expect({ text, read: told(value) }).toEqual({ text, read: told(whole(text)) });
    }
    expect(read).toBeGreaterThan(500);
  });
});
