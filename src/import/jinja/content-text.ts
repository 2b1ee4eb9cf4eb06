/** The text that an option comes to which is a file's content: its end is not what stands there. */
import { asText, type Code, choose, concatenate, literal, operand } from '../code/code.ts';
import { BOOLEAN, known, TEXT } from '../code/shapes.ts';
import { type Scope, translate, translateValue } from './expressions.ts';
import { type Expression, hasJinja, parseText } from './jinja.ts';
import { type AfterEmpty, withBreak } from './last-break.ts';
import { withLineFeeds } from './line-breaks.ts';

/** @throws NotTranslated */
export function contentText(value: unknown, scope: Scope): Code {
  if (typeof value !== 'string' || !hasJinja(value)) return asText(translateValue(value, scope));
  const [, text = '', breaks = ''] = /^(.*?)(\n*)$/s.exec(withLineFeeds(value)) ?? [];
  const pieces = parseText(text);
  const last = pieces.at(-1);
  if (breaks === '' || last === undefined || typeof last === 'string') return asText(translateValue(value, scope));
  const [before, end] = [pieces.slice(0, -1), translate(last, scope)];
  const [, name] = /^\{\{\s*(\w+)\s*\}\}\n$/.exec(value) ?? [];
  if (name !== undefined) {
    if (!isCertain(end))
      scope.note?.(
        `whether the file ends in a line break depends on the type of ${name} in Ansible: not where it is a number or a truth value`,
      );
    return alone(end, scope);
  }
  const ended = withBreak(end, afterEmpty(before.at(-1)), scope);
  const codes = before.map((piece) => (typeof piece === 'string' ? literal(piece) : translate(piece, scope)));
  const tail = ended === undefined ? [end, literal(breaks)] : [ended, literal(breaks.slice(1))];
  return concatenate(
    [...codes, ...tail].filter((code) => code.literal !== ''),
    scope.need,
  );
}

/** Whether the type that it has in Ansible is known. What `set_fact` sets to such a word is a truth value there. */
function isCertain({ code, literal: value, constant = value, isWritten = false }: Code): boolean {
  if (isWritten || /^facts\./.test(code)) return true;
  if (typeof constant === 'string') return !/^(yes|no|true|false)$/i.test(constant);
  return constant !== undefined && constant !== null;
}

/** A name alone, and one line break: Ansible gives a number or truth value as it is, without the line break. */
function alone(value: Code, scope: Scope): Code {
  const { type } = known(value.shape);
  const isKept = !value.isComputed && !value.isOptional;
  if (isKept && ['number', 'fraction', 'boolean'].includes(type)) return asText(value);
  if (isKept && type === 'scalar') {
    const isText: Code = { code: `typeof ${operand(value)} === 'string'`, shape: BOOLEAN };
    return choose(isText, { code: `ended(${value.code})`, shape: TEXT, isAtom: true }, asText(value));
  }
  return withBreak(value, 'break', scope) ?? concatenate([value, literal('\n')], scope.need);
}

function afterEmpty(before: string | Expression | undefined): AfterEmpty {
  if (before === undefined) return 'break';
  if (typeof before !== 'string') return 'unknown';
  return before.endsWith('\n') ? 'nothing' : 'break';
}
