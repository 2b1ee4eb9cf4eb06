import { isContainer } from '../types.ts';
import type { Expression } from './expression.ts';
import { parseExpression } from './parser.ts';
import { refused } from './tokens.ts';

/** One piece of a text with references: a text as it is, or an expression whose value takes its place. */
export type Piece = string | Expression;

const RAW = /\{%[-+]?\s*raw\s*[-+]?%\}(.*?)\{%[-+]?\s*endraw\s*[-+]?%\}/sy;
const STATEMENT = /\{%[-+]?\s*(\w*)/y;

const HINT = "See docs/roles.md#references. Write literal braces as {{ '{{' }}, or within {% raw %} and {% endraw %}.";

/** Whether the text holds anything that `parseTemplate` would not leave as it is. */
export function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || /\{#.*#\}/s.test(text);
}

/**
 * Splits a text at its `{{ }}` expressions and `{% raw %}`. The text itself never shows in the error: it may hold a secret.
 * @throws ProvisionError `inventory-unresolved-reference` for whatever else of Jinja stands in it, and where
 */
export function parseTemplate(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (;;) {
    const start = nextStart(text, end);
    if (start > end) pieces.push(text.slice(end, start));
    if (start === text.length) return pieces;
    if (text.startsWith('{{', start)) {
      // `{{-` takes the blanks before it away.
      if (/[-+]/.test(text[start + 2] ?? '')) throw trims(text[start + 2], start);
      const { expression, end: after } = parseExpression(text, start + 2);
      pieces.push(expression);
      end = after;
    } else {
      const [whole, content = ''] = matchAt(RAW, text, start) ?? [];
      if (whole === undefined) throw notExpression(text, start);
      if (/^\{%[-+]|[-+]%\}/.test(whole)) throw trims('-', start);
      if (content !== '') pieces.push(content);
      end = start + whole.length;
    }
  }
}

/** Where the next expression, statement or comment begins; else the end of the text. */
function nextStart(text: string, from: number): number {
  for (let start = text.indexOf('{', from); start !== -1; start = text.indexOf('{', start + 1)) {
    const mark = text[start + 1];
    if (mark === '{' || mark === '%' || (mark === '#' && text.includes('#}', start + 2))) return start;
  }
  return text.length;
}

function notExpression(text: string, start: number) {
  if (text[start + 1] === '#') return refused('{# #} is a comment of a template language', start + 1, HINT);
  const name = matchAt(STATEMENT, text, start)?.[1];
  return refused(`the statement {% ${name || '…'} %} is not supported`, start + 1, HINT);
}

function trims(sign: string | undefined, start: number) {
  return refused(
    `the ${sign} right within the braces is not supported`,
    start + 1,
    'Remove it, and the blanks around.',
  );
}

function matchAt(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}

const templates = new WeakMap<object, boolean>();

/** Whether any text in a mapping or list would not be left as it is. Remembered: thousands of hosts share the variables of a group. */
export function holdsTemplates(container: object): boolean {
  const known = templates.get(container);
  if (known !== undefined) return known;
  const found = Object.values(container).some((value) =>
    typeof value === 'string' ? isTemplate(value) : isContainer(value) && holdsTemplates(value),
  );
  templates.set(container, found);
  return found;
}
