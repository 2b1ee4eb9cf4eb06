/** Changed texts, line by line. */
import { createRequire } from 'node:module';
import type { StructuredPatchHunk } from 'diff';
import type { Change } from '../resources/contract.ts';
import type { Paint, Style } from './colour.ts';
import { printable } from './printable.ts';

type Texts = NonNullable<Change['text']>;

const CONTEXT_LINES = 3;
/** How many lines of a diff are shown, unless all are asked for. */
const MOST_LINES = 40;
/** Texts of many lines that have nothing in common would take minutes to compare. */
const PATIENCE_MS = 500;

export const TOO_DIFFERENT = '(too different to be compared line by line)';

const STYLES: Readonly<Record<string, Style>> = { '+': 'green', '-': 'red', '@': 'cyan', '\\': 'dim' };

// Loaded when the first text differs: a run that changes nothing must not wait for it.
const require = createRequire(import.meta.url);

/** How much differs, in one word or two: `+3 -1` lines; nothing of a new file that is empty. */
export function diffStat(texts: Texts): string {
  if (texts.before === '' && texts.after === '') return '';
  if (texts.before === texts.after) return 'differs in a secret';
  const hunks = compare(texts);
  if (hunks === undefined) return 'rewritten';
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const count = (mark: string) => lines.filter((line) => line.startsWith(mark)).length;
  const [added, removed] = [count('+'), count('-')];
  return [added > 0 ? `+${added}` : '', removed > 0 ? `-${removed}` : ''].filter(Boolean).join(' ');
}

/** A unified diff with three lines of context; a long one is cut, and says so, unless `whole`. */
export function diffLines(texts: Texts, { paint, whole }: { paint: Paint; whole: boolean }): string[] {
  const lines = unifiedDiff(texts);
  if (lines === undefined) return [paint('dim', TOO_DIFFERENT)];
  const shown = whole || lines.length <= MOST_LINES + 1 ? lines : lines.slice(0, MOST_LINES);
  const painted = shown.map((line) => paintLine(line, paint));
  const left = lines.length - shown.length;
  return left === 0 ? painted : [...painted, paint('dim', `… ${left} more lines, shown with --verbose`)];
}

/** The lines of a unified diff, printable as they are; none where only a secret differs, undefined where comparing takes too long. */
export function unifiedDiff(texts: Texts): string[] | undefined {
  if (texts.before === texts.after) return [];
  return compare(texts)
    ?.flatMap((hunk) => [hunkHeader(hunk), ...hunk.lines])
    .map(printable);
}

function compare({ before, after }: Texts): readonly StructuredPatchHunk[] | undefined {
  const { structuredPatch } = require('diff') as typeof import('diff');
  const options = { context: CONTEXT_LINES, timeout: PATIENCE_MS };
  return structuredPatch('', '', before, after, undefined, undefined, options)?.hunks;
}

function hunkHeader({ oldStart, oldLines, newStart, newLines }: StructuredPatchHunk): string {
  return `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`;
}

/** As diff(1) writes it: a range of no lines is named after the line before it, one of one line without its length. */
function range(start: number, lines: number): string {
  if (lines === 1) return String(start);
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

function paintLine(line: string, paint: Paint): string {
  const style = STYLES[line.charAt(0)];
  return style === undefined ? line : paint(style, line);
}
