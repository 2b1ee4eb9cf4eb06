/** As much of Markdown as it takes to compare a document with the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Section {
  /** The heading without its marks and backticks. */
  readonly title: string;
  /** 2 for `##`. */
  readonly level: number;
  /** What stands below the heading, up to the next one of any level. */
  readonly text: string;
  /** The titles of the sections that it lies in, the outermost first. */
  readonly parents: readonly string[];
}

/** One row of a table with the columns key, type, default and meaning. */
export interface KeyRow {
  /** With what the head of the table says of its keys: `stack.services.NAME.port`. */
  readonly path: string;
  readonly type: string;
  readonly default: string;
}

/** The text of a file in docs/. */
export function readDocument(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

/** All sections, in their order. Lines within code blocks are no headings. */
export function sectionsOf(document: string): readonly Section[] {
  const sections: (Section & { text: string })[] = [];
  let isCode = false;
  for (const line of document.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const [, marks = '', title = ''] = (isCode ? undefined : /^(#+) (.*)$/.exec(line)) ?? [];
    const current = sections.at(-1);
    if (marks !== '') sections.push({ title: title.replaceAll('`', ''), level: marks.length, text: '', parents: [] });
    else if (current !== undefined) current.text += `${line}\n`;
  }
  return sections.map((section, i) => ({ ...section, parents: parentsOf(sections.slice(0, i), section.level) }));
}

function parentsOf(before: readonly Section[], level: number): readonly string[] {
  const parent = before.findLast((section) => section.level < level);
  if (parent === undefined) return [];
  return [...parentsOf(before.slice(0, before.indexOf(parent)), parent.level), parent.title];
}

/** The section of that title together with all that lie in it. */
export function chapter(document: string, title: string): string {
  return sectionsOf(document)
    .filter((section) => section.title === title || section.parents.includes(title))
    .map(({ text }) => text)
    .join('\n');
}

/** The contents of all code blocks in that language. */
export function codeBlocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code);
}

/**
 * The rows of all tables of keys. Their head is `key`, or `key of PATH` where the keys are those of a mapping within.
 * Several keys that mean the same stand in one row.
 */
export function keyRows(text: string): readonly KeyRow[] {
  const rows: KeyRow[] = [];
  let prefix: string | undefined;
  for (const line of text.split('\n')) {
    const cells = /^\|(.*)\|$/
      .exec(line)?.[1]
      ?.split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    if (cells === undefined) prefix = undefined;
    else if (prefix !== undefined && !/^-+$/.test(cells[0] ?? '')) rows.push(...readRow(cells, prefix));
    else if (prefix === undefined && cells[1] === 'type') prefix = /^key of `(.*)`$/.exec(cells[0] ?? '')?.[1] ?? '';
  }
  return rows;
}

function readRow([keys = '', type = '', fallback = '']: readonly string[], prefix: string): readonly KeyRow[] {
  return backticked(keys).map((key) => ({
    path: [prefix, key].filter(Boolean).join('.'),
    type,
    default: fallback,
  }));
}

/** The words that stand in backticks. */
export function backticked(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}
