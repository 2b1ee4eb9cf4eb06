/** Compares the tables of keys in a document with the schema that they describe. */
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { backticked, type KeyRow } from './markdown.ts';
import type { SchemaKey } from './schema-keys.ts';

/** How a table says of what type a value is. */
const TYPE_WORDS: Readonly<Record<string, RegExp>> = {
  array: /\blist\b/,
  object: /\bmapping\b/,
  record: /\bmapping\b/,
  boolean: /\btrue or false\b/,
  number: /\bnumber\b|^time span$/,
};

const NO_DEFAULT = '–';

/** Everything in which the rows differ from the schema: keys of one that the other lacks, and what is said wrongly of a key. */
export function tableMistakes(rows: readonly KeyRow[], keys: ReadonlyMap<string, SchemaKey>): readonly string[] {
  const documented = new Set(rows.map(({ path }) => path));
  return [
    ...[...keys.keys()].filter((path) => !documented.has(path)).map((path) => `${path} is not documented`),
    ...rows
      .filter(({ path }, i) => rows.findIndex((row) => row.path === path) < i)
      .map(({ path }) => `${path} stands twice`),
    ...rows.flatMap((row) => {
      const key = keys.get(row.path);
      return key === undefined ? [`there is no ${row.path}`] : rowMistakes(row, key);
    }),
  ];
}

function rowMistakes(row: KeyRow, key: SchemaKey): readonly string[] {
  const mistakes: string[] = [];
  const expected = defaultText(row, key);
  if (row.default !== expected) mistakes.push(`${row.path}: the default is ${expected}, not ${row.default}`);
  for (const type of key.types) {
    if (TYPE_WORDS[type]?.test(row.type) === false)
      mistakes.push(`${row.path}: the type ${row.type} does not say ${type}`);
  }
  const words = backticked(row.type);
  if (words.toSorted().join() !== key.words.toSorted().join()) {
    mistakes.push(`${row.path}: it takes ${key.words.join(', ') || 'no fixed words'}, not ${words.join(', ')}`);
  }
  if (key.range !== undefined && !row.type.endsWith(`, ${key.range}`))
    mistakes.push(`${row.path}: it takes ${key.range}`);
  return mistakes;
}

/** What should stand in the column of defaults. What stands there is right where the schema reads it as the default. */
function defaultText({ default: told }: KeyRow, { isRequired, defaultValue, read }: SchemaKey): string {
  if (isRequired) return 'required';
  if (defaultValue === undefined) return NO_DEFAULT;
  const [, literal] = /^`(.*)`$/.exec(told) ?? [];
  if (literal === undefined) return `\`${JSON.stringify(defaultValue)}\``;
  return isDeepStrictEqual(readOrNothing(read, parse(literal)), defaultValue) ? told : JSON.stringify(defaultValue);
}

function readOrNothing(read: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return read(value);
  } catch {
    return undefined;
  }
}
