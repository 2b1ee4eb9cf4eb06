/** How a question and its answer lie on a terminal: broken between words, for inquirer would break within them. Pure. */
import { textWidth, wrap } from '../../report/width.ts';

/** The mark before a question; further lines begin below it. */
const MARK_COLUMNS = 2;
const INDENT = ' '.repeat(MARK_COLUMNS);
/** So much room there must be to type. */
const LEAST_ROOM = 24;

/** The question; where what is typed, or is there already, has no room beside it, that has a line of its own. */
export function questionText(message: string, columns: number, typed: { readonly preset: string } | undefined): string {
  const text = wrap(message, columns - MARK_COLUMNS).join(`\n${INDENT}`);
  if (typed === undefined) return text;
  const width = Math.max(textWidth(typed.preset) + 1, LEAST_ROOM);
  // What follows is set off by a blank.
  return fitsBeside(text, width, columns) ? text : `${text}\n${INDENT.slice(1)}`;
}

/** The answer, as it stands behind its question in the end. */
export function answerText(question: string, answer: string, columns: number): string {
  return fitsBeside(question, textWidth(answer), columns) ? answer : `\n${INDENT}${answer}`;
}

/** How many rows a question takes with its answer; where the last one is full, the cursor stands below it. */
export function rowsOf(text: string, columns: number): number {
  const widths = text.split('\n').map(textWidth);
  const rows = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  return rows + ((widths.at(-1) ?? 0) % columns === 0 ? 1 : 0);
}

function fitsBeside(question: string, width: number, columns: number): boolean {
  const lines = question.split('\n');
  const last = lines.at(-1) ?? '';
  const taken = textWidth(last) + (lines.length === 1 ? MARK_COLUMNS : 0);
  return taken + 1 + width < columns;
}
