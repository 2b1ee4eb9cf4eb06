import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli/arguments/arguments.ts';
import { optionNamed } from '../../src/cli/arguments/commands.ts';
import { splitWords } from '../../src/wizard/asking/words.ts';
import { QUESTIONS } from '../../src/wizard/questions.ts';
import { parseSource } from '../../src/wizard/secret-source.ts';
import { createView } from '../../src/wizard/view.ts';
import { writeFromFlags } from '../../src/wizard/wizard.ts';
import { fakePrompter, folderWith, toolsFor } from '../wizard/setting.ts';
import { chapter, codeBlocks, readDocument } from './markdown.ts';

const DOCUMENT = readDocument('wizard.md');
const ROWS = [...chapter(DOCUMENT, 'Options').matchAll(/^\| `--(.+?)` \| (.+?) \| /gm)];

describe('docs/wizard.md', () => {
  it('tells the option of every question, in their order, and no others', () => {
    const written = QUESTIONS.map(({ flag }) => {
      const { value, optional = false } = optionNamed(flag as never);
      return optional ? `${flag}[=${value}]` : `${flag} ${value}`;
    });
    expect(ROWS.map(([, option]) => option?.replaceAll('\\|', '|'))).toEqual(written);
  });

  it('tells defaults that count', () => {
    const folder = folderWith({ Dockerfile: 'FROM scratch\n' });
    const answers = { servers: ['web1=203.0.113.10'], database: 'postgres', redis: 'yes', drainPrepare: '/prepare' };
    const view = createView(answers, { folder });
    const told = ROWS.flatMap(([, option = '', text = '']) => {
      const [, value] = /^(?:.*, else )?`([^`]+)`$/.exec(text) ?? [];
      return value === undefined ? [] : [[option.split(/[ []/)[0], value]];
    });
    const real = told.map(([flag]) => [
      flag,
      [QUESTIONS.find((question) => question.flag === flag)?.default?.(view)].flat().join(),
    ]);
    expect(told.length).toBeGreaterThan(10);
    expect(told).toEqual(real);
    rmSync(folder, { recursive: true });
  });

  it('tells the sources of secrets', () => {
    const sources = [...DOCUMENT.matchAll(/`((?:encrypt:)?(?:env:NAME|file:PATH|generate|none))`/g)].map(
      ([, text = '']) => text,
    );
    expect(new Set(sources.map((text) => parseSource(text.replace(/^encrypt:/, ''))?.from))).toEqual(
      new Set(['generate', 'none', 'env', 'file']),
    );
  });

  it('shows what its command writes', async () => {
    const [command = ''] = codeBlocks(DOCUMENT, 'sh');
    const { options } = parseCommandLine(splitWords(command)?.slice(1) ?? []);
    const folder = folderWith({});
    const tools = await toolsFor(folder, fakePrompter());
    const schema = '/usr/lib/node_modules/provision/docs/inventory.schema.json';
    const request = { flags: options.answers, inventory: undefined, force: false };
    const { inventory } = await writeFromFlags(request, { tools, schema });
    expect(readFileSync(join(folder, inventory), 'utf8')).toBe(codeBlocks(DOCUMENT, 'yaml')[0]);
    rmSync(folder, { recursive: true });
  });
});
