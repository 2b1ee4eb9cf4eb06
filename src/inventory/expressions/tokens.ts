import { ProvisionError } from '../../errors.ts';

/** A word of an expression. `at` is where it stands in the text, from 1: all that an error may tell of a text. */
export type Token =
  | { readonly kind: 'name' | 'operator' | 'text' | 'end'; readonly value: string; readonly at: number }
  | { readonly kind: 'number'; readonly value: number; readonly at: number };

const NAME = /[A-Za-z_]\w*/y;
/** Names behind a dot may hold hyphens, and may be a place in a list. */
const KEY = /\.\s*([A-Za-z_]\w*(?:-\w+)*|\d+)/y;
const NUMBER = /\d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const TEXT = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/sy;
const OPERATOR = /==|!=|<=|>=|\/\/|\*\*|[[\](){}|.,:=<>~+\-*/%]/y;
const BLANKS = /\s*/y;

/**
 * The words of the expression that begins at that offset of a text, up to the `}}` that ends it.
 * @returns the words, the last one of kind `end`, and the offset behind `}}`
 * @throws ProvisionError `inventory-unresolved-reference`
 */
export function readTokens(text: string, start: number): { tokens: readonly Token[]; end: number } {
  const tokens: Token[] = [];
  let depth = 0;
  let offset = skip(start);
  for (;;) {
    const at = offset + 1;
    if (depth === 0 && text.startsWith('}}', offset)) {
      return { tokens: [...tokens, { kind: 'end', value: '}}', at }], end: offset + 2 };
    }
    if (offset >= text.length) throw refused('{{ is not closed', start + 1, 'Write }} at its end.');
    const token = next(offset);
    tokens.push(...token);
    const [{ value } = { value: '' }] = token;
    if (token[0]?.kind === 'operator' && '[({'.includes(String(value))) depth += 1;
    if (token[0]?.kind === 'operator' && '])}'.includes(String(value))) depth -= 1;
  }

  /** One word, or the two of `.key`. */
  function next(from: number): readonly Token[] {
    const at = from + 1;
    const key = match(KEY, from);
    // A key is a text, whatever it looks like; in a number the dot is part of that.
    if (key !== undefined && isBehindValue()) {
      return [
        { kind: 'operator', value: '.', at },
        { kind: 'text', value: key[1] ?? '', at },
      ];
    }
    const name = match(NAME, from);
    if (name !== undefined) return [{ kind: 'name', value: name[0], at }];
    const number = match(NUMBER, from);
    if (number !== undefined) return [{ kind: 'number', value: toNumber(number[0], at), at }];
    const quoted = match(TEXT, from);
    if (quoted !== undefined) return [{ kind: 'text', value: quotedText(quoted[0], at), at }];
    const operator = match(OPERATOR, from);
    if (operator !== undefined) return [{ kind: 'operator', value: operator[0], at }];
    throw refused('this cannot stand in an expression', at, 'Correct it, or put it in quotes.');
  }

  function isBehindValue(): boolean {
    const last = tokens.at(-1);
    return last !== undefined && (last.kind !== 'operator' || [')', ']', '}'].includes(last.value));
  }

  function match(pattern: RegExp, from: number): RegExpExecArray | undefined {
    pattern.lastIndex = from;
    const found = pattern.exec(text) ?? undefined;
    if (found !== undefined) offset = skip(pattern.lastIndex);
    return found;
  }

  function skip(from: number): number {
    BLANKS.lastIndex = from;
    BLANKS.exec(text);
    return BLANKS.lastIndex;
  }
}

/** What JavaScript would write otherwise than Python is refused: `1.0` would become `1`. */
function toNumber(written: string, at: number): number {
  const plain = written.replaceAll('_', '');
  const value = Number(plain);
  if (String(value) === plain) return value;
  throw refused('this number would not stay as it is written', at, 'Put it in quotes.');
}

/** As it stands: Ansible doubles each backslash before Jinja reads it, so that YAML alone has escapes. */
function quotedText(written: string, at: number): string {
  const inner = written.slice(1, -1);
  if (!inner.includes(`\\${written[0]}`)) return inner;
  throw refused('a quoted text cannot hold the quote that ends it', at, 'Use the other kind of quotes.');
}

/** An error at a place of the text, which itself never shows: it may hold a secret. */
export function refused(message: string, at: number, hint: string): ProvisionError {
  return new ProvisionError('inventory-unresolved-reference', `${message} (character ${at} of the text)`, { hint });
}
