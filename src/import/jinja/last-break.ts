/**
 * The line break behind the last value of a text. Ansible gives what it has filled in as many line breaks as were written at its
 * end, and adds none to a value that brings its own.
 */
import { asText, type Code } from '../code/code.ts';
import { known, TEXT } from '../code/shapes.ts';
import { NotTranslated } from '../not-translated.ts';
import type { Scope } from './expressions.ts';

/** What follows an empty value: nothing, where a line break stands before it. */
export type AfterEmpty = 'break' | 'nothing' | 'unknown';

/**
 * The value with its line break; undefined where that follows whatever the value is.
 * @throws NotTranslated where it depends on more than this value
 */
export function withBreak(value: Code, afterEmpty: AfterEmpty, scope: Scope): Code | undefined {
  const text = asText(value);
  const fixed = text.literal ?? text.constant;
  if (isOneLine(value) || (typeof fixed === 'string' && /[^\n]$/.test(fixed))) return undefined;
  if (known(value.shape).type === 'secret') {
    scope.note?.('a secret is the last word of a file', 'See that the secret itself ends in no line break.');
    return undefined;
  }
  if (afterEmpty === 'unknown')
    throw new NotTranslated(
      'how it ends depends on whether its last value is empty',
      'End it with a line that is always there.',
    );
  return { code: `ended(${text.code}${afterEmpty === 'nothing' ? ", ''" : ''})`, shape: TEXT, isAtom: true };
}

/** What is printed as one line, and never as nothing. */
function isOneLine({ code, shape, isOptional = false }: Code): boolean {
  const isSingle = ['number', 'fraction', 'boolean'].includes(known(shape).type);
  return !isOptional && (isSingle || /^facts\.\w+$/.test(code));
}
