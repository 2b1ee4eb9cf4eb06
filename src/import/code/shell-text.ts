/** A script of a shell with references of Jinja in it, as our `sh` template, which quotes what stands for them. */

import { type Scope, translate } from '../jinja/expressions.ts';
import { hasJinja, parseText } from '../jinja/jinja.ts';
import { NotTranslated } from '../not-translated.ts';
import { asText, type Code, concatenate, literal } from './code.ts';
import { known } from './shapes.ts';

const BY_HAND = 'Write it with sh`…` by hand.';

/** A part of a script, and all that stands before and after it. */
interface Segment {
  readonly text: string;
  readonly before: string;
  readonly after: string;
}

/** @throws NotTranslated where a reference stands in a word in a way that quoting it would change */
export function shellScript(script: string, scope: Scope): string {
  if (/\\[`]|\\\$\{|\\$/.test(script))
    throw new NotTranslated('its script has escapes that are not understood', BY_HAND);
  if (!hasJinja(script)) return `sh\`${escapeShell(script)}\``;
  // What these mean depends on where quotes stand, which is more than is read here.
  if (/\\["']|<<|\(\(|(^|\s)#/.test(script))
    throw new NotTranslated(
      'its script has references, and escapes, comments, arithmetic or a text of its own',
      BY_HAND,
    );
  const parts = segments(script).map((segment) => {
    if (!hasJinja(segment.text)) return escapeShell(segment.text);
    return `\${${/^["']/.test(segment.text) ? quoted(segment.text, scope) : unquoted(segment, scope)}}`;
  });
  return `sh\`${parts.join('')}\``;
}

/** Quoted stretches with references in them, references outside quotes, and all else. */
function segments(script: string): readonly Segment[] {
  const found: Segment[] = [];
  for (const { 0: text, index } of script.matchAll(
    /"(?:\{\{.*?\}\}|[^"\\]|\\.)*"|'(?:\{\{.*?\}\}|[^'])*'|\{\{.*?\}\}|[^"'{]+|./gs,
  )) {
    const last = found.at(-1);
    const after = script.slice(index + text.length);
    if (last === undefined || hasJinja(text) || hasJinja(last.text))
      found.push({ text, before: script.slice(0, index), after });
    else found[found.length - 1] = { ...last, text: last.text + text, after };
  }
  return found;
}

function quoted(segment: string, scope: Scope): string {
  const inner = segment.slice(1, -1);
  if (segment.startsWith('"') && /[$`\\]/.test(inner.replace(/\{\{.*?\}\}/gs, '')))
    throw new NotTranslated('its script has a reference and an expansion of the shell in one text', BY_HAND);
  return referenced(inner, scope).code;
}

/** Ansible writes the value as it is into the script, where it could be several words or shell code: here it is one word. */
function unquoted({ text, before, after }: Segment, scope: Scope): string {
  const value = referenced(text, scope);
  const [start = ''] = /(?:[\w./:=@%+,-]|\{\{.*?\}\})*$/s.exec(before) ?? [];
  const [end = ''] = /^(?:[\w./:=@%+,*?-]|\{\{.*?\}\})*/s.exec(after) ?? [];
  const [head, tail] = [before.slice(0, before.length - start.length), after.slice(end.length)];
  if (!/(^|[\s;|&<>(])$/.test(head) || !/^($|[\s;|&<>)])/.test(tail))
    throw new NotTranslated('a reference touches quotes or other signs of the shell in its script', BY_HAND);
  const isCommand = /(^|[\n;|&(!]|\b(then|do|else|elif|if|while|until|exec|eval|sudo|env|xargs|nohup|time))\s*$/.test(
    head,
  );
  if (isCommand && !/[/=]/.test(start.replace(/\{\{.*?\}\}/gs, '') + end))
    throw new NotTranslated('a reference stands for a command in its script', BY_HAND);
  if (/\bfor\s+\w+\s+in\b[^;\n]*$/.test(head))
    throw new NotTranslated('a reference stands for several words in its script', BY_HAND);
  return plainWord(value);
}

function referenced(text: string, scope: Scope): Code {
  const pieces = parseText(text).map((piece) =>
    asText(typeof piece === 'string' ? literal(piece) : translate(piece, scope)),
  );
  const value = concatenate(pieces, scope.need);
  if (known(value.shape).type === 'secret')
    throw new NotTranslated('a secret would stand in its script', 'Give it by `environment`.');
  return value;
}

/** Code of a text that must be one word without quotes around it. @throws NotTranslated where it is a list of words */
export function plainWord({ code, literal: value }: Code): string {
  if (typeof value === 'string' && /^[\w@%+=:,./-]+$/.test(value)) return code;
  if (/\.join\(/.test(code)) throw new NotTranslated('a joined list stands for several words', BY_HAND);
  return `plainWord(${code})`;
}

function escapeShell(text: string): string {
  return text.replaceAll('`', '\\`').replaceAll('${', '\\${');
}
