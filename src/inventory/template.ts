import { ProvisionError } from '../errors.ts';

/** One piece of a text with references: a text as it is, or the path of a variable: `['secrets', 'db_app']`. */
export type Piece = string | { readonly path: readonly string[] };

/** What may stand between the braces: a path such as `a.b[0]['c-d']`, or a quoted text, which stands for itself. */
const STEP = String.raw`\.\w[\w-]*|\[\d+\]|\['[^']*'\]|\["[^"]*"\]`;
const EXPRESSION = new RegExp(String.raw`\{\{\s*(?:([A-Za-z_]\w*)((?:${STEP})*)|'([^']*)'|"([^"]*)")\s*\}\}`, 'y');
const STEPS = new RegExp(STEP, 'g');

const HINT =
  "Supported are {{ name }}, {{ name.key }}, {{ secrets.NAME }} and {{ env.NAME }}. Write literal braces as {{ '{{' }}.";

/** Whether the text holds anything that `parseTemplate` would not leave as it is. */
export function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || /\{#.*#\}/s.test(text);
}

/**
 * Splits a text at its `{{ }}` references. Nothing but paths and quoted texts is supported; nothing is executed.
 * The text itself never shows in the error: it may hold a secret.
 * @throws ProvisionError `inventory-unresolved-reference`
 */
export function parseTemplate(text: string): readonly Piece[] {
  if (text.includes('{%')) throw unsupported('{% is a statement of a template language');
  if (/\{#.*#\}/s.test(text)) throw unsupported('{# #} is a comment of a template language');
  const pieces: Piece[] = [];
  let end = 0;
  for (let start = text.indexOf('{{'); start !== -1; start = text.indexOf('{{', end)) {
    EXPRESSION.lastIndex = start;
    const match = EXPRESSION.exec(text);
    if (match === null) throw unsupported('{{ is not followed by the name of a variable and }}');
    if (start > end) pieces.push(text.slice(end, start));
    pieces.push(toPiece(match));
    end = EXPRESSION.lastIndex;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

function toPiece([, name, steps = '', single, double]: RegExpExecArray): Piece {
  if (name === undefined) return single ?? double ?? '';
  const keys = steps.match(STEPS) ?? [];
  return { path: [name, ...keys.map((step) => step.replace(/^\.|^\[['"]?|['"]?\]$/g, ''))] };
}

function unsupported(message: string): ProvisionError {
  return new ProvisionError('inventory-unresolved-reference', message, { hint: HINT });
}
