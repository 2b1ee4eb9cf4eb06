/** The pages in docs/, for comparing them with the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sectionsOf } from '../../src/reference/markdown.ts';

export { backticked, type KeyRow, keyRows, type Section, sectionsOf } from '../../src/reference/markdown.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** The text of a file in docs/. */
export function readDocument(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
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
