/** The page on `provision test`: its tables, and its example, which is a file that test/e2e runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { specOf } from '../../src/cli/arguments/commands.ts';
import { TEST_SCHEMA } from '../../src/trial/spec.ts';
import { tableMistakes } from './key-tables.ts';
import { codeBlocks, keyRows, ROOT, readDocument } from './markdown.ts';
import { schemaKeys } from './schema-keys.ts';

const DOCUMENT = readDocument('test-roles.md');

describe('docs/test-roles.md', () => {
  it('tells every key of the variable, and no other', () => {
    const keys = [...schemaKeys(TEST_SCHEMA)].filter(([path]) => path !== 'test');
    expect(tableMistakes(keyRows(DOCUMENT), new Map(keys))).toEqual([]);
  });

  it.each([
    ['ts', 'backup.ts'],
    ['yaml', 'backup.test.yml'],
  ])('shows the example as it is: %s', (language, file) => {
    const example = readFileSync(join(ROOT, 'inventory/examples/roles', file), 'utf8');
    expect(codeBlocks(DOCUMENT, language)).toEqual([example]);
  });

  it('tells the options of the command', () => {
    const named = new Set([...DOCUMENT.matchAll(/`--([\w-]+)/g)].map(([, option]) => option));
    const { options } = specOf('test');
    expect([...named].filter((option) => !options.some((name) => name === option))).toEqual([]);
    expect(options.filter((option) => !option.includes('vault') && !DOCUMENT.includes(`--${option}`))).toEqual([]);
  });
});
