import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../../src/errors.ts';
import { errorLines } from '../../src/report/error-text.ts';
import { PLAIN_TEXT } from '../report/streams.ts';
import { ERROR_EXAMPLES, exampleError } from './error-examples.ts';
import { codeBlocks, readDocument, type Section, sectionsOf } from './markdown.ts';

const DOCUMENT = readDocument('errors.md');
const SECTIONS = sectionsOf(DOCUMENT);
const OF_CODES = SECTIONS.filter(({ level }) => level === 3);
const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

function sectionOf(code: ErrorCode): Section {
  const found = OF_CODES.find(({ title }) => title === code);
  return found ?? expect.fail(`docs/errors.md has no section ${code}`);
}

describe('docs/errors.md', () => {
  it('has one section for each code, and no other', () => {
    expect(OF_CODES.map(({ title }) => title).sort()).toEqual([...CODES].sort());
  });

  it.each(CODES)('%s: exit code, causes, and what to do', (code) => {
    const { text, parents } = sectionOf(code);
    expect(text).toMatch(new RegExp(`^\\s*Exit code ${ERROR_CODES[code]}\\. \\S`));
    expect(parents.at(-1)).toMatch(new RegExp(`^Exit code ${ERROR_CODES[code]}\\b`));
    expect(text).toMatch(/^- \*\*Causes:\*\* \S/m);
    expect(text).toMatch(/^- \*\*Do:\*\* \S/m);
  });

  it('tells all exit codes', () => {
    const told = [...DOCUMENT.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    // 3 is no failure, and so of no code.
    expect(told).toEqual([...new Set([0, 3, ...Object.values(ERROR_CODES)])].sort((a, b) => a - b));
  });

  it('shows no message but those that are looked at here', () => {
    const shown = OF_CODES.filter(({ text }) => codeBlocks(text, 'text').length > 0).map(({ title }) => title);
    expect(shown.sort()).toEqual(Object.keys(ERROR_EXAMPLES).sort());
  });

  it.each(Object.entries(ERROR_EXAMPLES))('%s: the message is the one that the tool prints', async (code, failing) => {
    const error = await exampleError(failing);
    const printed = `${errorLines(error, { ...PLAIN_TEXT, columns: 100 }).join('\n')}\n`;
    expect(error.code).toBe(code);
    expect(codeBlocks(sectionOf(error.code).text, 'text')).toEqual([printed]);
  });

  it('begins with one of these messages', () => {
    const [first = ''] = codeBlocks(SECTIONS[0]?.text ?? '', 'text');
    expect(codeBlocks(sectionOf('conflict').text, 'text')).toEqual([first]);
  });
});
