/** A script of a shell with references of Jinja in it, as our `sh` template, which quotes what stands for them. */
import { asText, type Code, concatenate, literal } from './code.ts';
import { type Scope, translate } from './expressions.ts';
import { hasJinja, parseText } from './jinja.ts';
import { NotTranslated } from './not-translated.ts';
import { known } from './shapes.ts';

/** @throws NotTranslated where a reference stands in a word in a way that quoting it would change */
export function shellScript(script: string, scope: Scope): string {
  if (/\\[`]|\\\$\{|\\$/.test(script))
    throw new NotTranslated('its script has escapes that are not understood', 'Write it with sh`…` by hand.');
  if (!hasJinja(script)) return `sh\`${escapeShell(script)}\``;
  const parts = segments(script).map((segment) => {
    if (!hasJinja(segment)) return escapeShell(segment);
    return `\${${reference(segment, scope).code}}`;
  });
  return `sh\`${parts.join('')}\``;
}

/** Quoted stretches with references in them, references outside quotes with what they touch, and all else. */
function segments(script: string): readonly string[] {
  const found: string[] = [];
  for (const [part] of script.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|\{\{.*?\}\}|[^"'{]+|./gs)) {
    const last = found.at(-1);
    if (last === undefined || hasJinja(part) || hasJinja(last)) found.push(part);
    else found[found.length - 1] = last + part;
  }
  return found;
}

function reference(segment: string, scope: Scope): Code {
  const isQuoted = /^["']/.test(segment);
  const inner = isQuoted ? segment.slice(1, -1) : segment;
  const outside = inner.replace(/\{\{.*?\}\}/gs, '');
  if (segment.startsWith('"') && /[$`\\]/.test(outside)) {
    throw new NotTranslated(
      'its script has a reference and an expansion of the shell in one text',
      'Write it with sh`…` by hand.',
    );
  }
  const pieces = parseText(inner).map((piece) =>
    asText(typeof piece === 'string' ? literal(piece) : translate(piece, scope)),
  );
  const code = concatenate(pieces, scope.need);
  if (known(code.shape).type === 'secret') {
    throw new NotTranslated('a secret would stand in its script', 'Give it by `environment`.');
  }
  return code;
}

function escapeShell(text: string): string {
  return text.replaceAll('`', '\\`').replaceAll('${', '\\${');
}
