/** Values of INI inventories: Python's literals, as `ast.literal_eval` reads them. Anything else is a text. */

/** Thrown, and caught here, where a text turns out to be no literal: most are none, and making an error costs time. */
const NO_LITERAL = Symbol('no literal');

/** Deeper than this Python's parser gives up as well. */
const MOST_DEPTH = 200;

const NUMBER =
  /(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.)(?:[eE][-+]?\d(?:_?\d)*)?|\d(?:_?\d)*[eE][-+]?\d(?:_?\d)*|0(?:_?0)*|[1-9](?:_?\d)*)(?![\w.])/y;
const STRING_START = /([rRuU]|[bB][rR]?|[rR][bB])?('''|"""|'|")/y;
const ESCAPE = /\\(?:([\\'"abfnrtv])|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g;
const ESCAPED: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const WORDS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

/**
 * The value that the text is the Python literal of: a number, `True`, `False`, `None`, a text in quotes, a list, tuple or set (lists to
 * us), or a dictionary; else the text itself. An integer too large to be exact stays a text.
 *
 * @example pythonLiteral("[80, 'a']") // [80, 'a']; pythonLiteral('no') // 'no'; pythonLiteral('0644') // '0644'
 */
export function pythonLiteral(text: string): unknown {
  // Most values are words, and words are no literals.
  if (!/^[ \t]*(?:['"([{+\-.\d]|[rRuUbB]{1,2}['"]|True|False|None)/.test(text)) return text;
  try {
    return createReader(text).readAll();
  } catch (reason) {
    if (reason === NO_LITERAL) return text;
    throw reason;
  }
}

function createReader(text: string): { readAll(): unknown } {
  let at = 0;
  let depth = 0;

  function readAll(): unknown {
    const first = readValue();
    const isTuple = skip(',');
    const value = isTuple ? [first, ...readItems('')] : first;
    blanks();
    if (at < text.length && text[at] !== '#') throw NO_LITERAL;
    return value;
  }

  function readValue(): unknown {
    blanks();
    const char = text[at];
    if (char === undefined) throw NO_LITERAL;
    if (char === '[' || char === '(' || char === '{') return readNested(char);
    if (char === '+' || char === '-') {
      at += 1;
      blanks();
      const number = readNumber();
      if (typeof number !== 'number') throw NO_LITERAL;
      // Zero has no sign here.
      return char === '-' ? 0 - number : number;
    }
    const string = readStrings();
    if (string !== undefined) return string;
    const word = /^(?:True|False|None)(?!\w)/.exec(text.slice(at, at + 6))?.[0];
    if (word === undefined) return readNumber();
    at += word.length;
    return WORDS[word];
  }

  function readNested(open: string): unknown {
    at += 1;
    depth += 1;
    if (depth > MOST_DEPTH) throw NO_LITERAL;
    const value = open === '{' ? readBraces() : open === '[' ? readItems(']') : readParentheses();
    depth -= 1;
    return value;
  }

  /** The items up to that bracket, which is read as well. */
  function readItems(close: string): unknown[] {
    const items: unknown[] = [];
    while (!isAt(close)) {
      items.push(readValue());
      if (!skip(',') && !isAt(close)) throw NO_LITERAL;
    }
    at += close.length;
    return items;
  }

  /** Whether what follows is that bracket; without one, whether nothing follows. */
  function isAt(close: string): boolean {
    blanks();
    return close === '' ? at >= text.length || text[at] === '#' : text[at] === close;
  }

  function readParentheses(): unknown {
    if (skip(')')) return [];
    const first = readValue();
    if (skip(')')) return first;
    if (!skip(',')) throw NO_LITERAL;
    return [first, ...readItems(')')];
  }

  function readBraces(): unknown {
    if (skip('}')) return {};
    const first = readValue();
    if (!skip(':')) {
      if (skip('}')) return [first];
      if (!skip(',')) throw NO_LITERAL;
      return [first, ...readItems('}')];
    }
    const entries: [string, unknown][] = [[keyOf(first), readValue()]];
    while (skip(',')) {
      if (isAt('}')) break;
      const key = readValue();
      if (!skip(':')) throw NO_LITERAL;
      entries.push([keyOf(key), readValue()]);
    }
    if (!skip('}')) throw NO_LITERAL;
    return Object.fromEntries(entries);
  }

  /** Strings that follow each other are one; but none of bytes and one of letters. */
  function readStrings(): string | undefined {
    let joined: string | undefined;
    let isBytes = false;
    for (;;) {
      blanks();
      STRING_START.lastIndex = at;
      const [start, prefix = '', quote = ''] = STRING_START.exec(text) ?? [];
      if (start === undefined) return joined;
      if (joined !== undefined && isBytes !== /b/i.test(prefix)) throw NO_LITERAL;
      isBytes = /b/i.test(prefix);
      at += start.length;
      const from = at;
      while (!text.startsWith(quote, at)) {
        at += text[at] === '\\' ? 2 : 1;
        if (at >= text.length) throw NO_LITERAL;
      }
      const raw = text.slice(from, at);
      at += quote.length;
      joined = (joined ?? '') + (/r/i.test(prefix) ? raw : decodeEscapes(raw));
    }
  }

  function readNumber(): number | string {
    NUMBER.lastIndex = at;
    const [digits] = NUMBER.exec(text) ?? [];
    if (digits === undefined) throw NO_LITERAL;
    at += digits.length;
    const value = Number(digits.replaceAll('_', ''));
    if (!Number.isInteger(value) || Number.isSafeInteger(value) || /^\d*\.|e/i.test(digits)) return value;
    if (depth > 0) return digits;
    throw NO_LITERAL;
  }

  function blanks(): void {
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\f') at += 1;
  }

  function skip(char: string): boolean {
    blanks();
    if (text[at] !== char) return false;
    at += 1;
    return true;
  }

  return { readAll };
}

/** As JSON has it: its keys are texts. */
function keyOf(key: unknown): string {
  if (typeof key === 'object' && key !== null) throw NO_LITERAL;
  return String(key);
}

function decodeEscapes(raw: string): string {
  return raw.replace(
    ESCAPE,
    (all, one?: string, x?: string, u?: string, long?: string, octal?: string, other?: string) => {
      if (one !== undefined) return ESCAPED[one] ?? one;
      const hex = x ?? u ?? long;
      if (hex !== undefined) return fromCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return fromCode(Number.parseInt(octal, 8));
      // \N{NAME} needs Python's table of names; an escape that is none keeps its backslash.
      if (other === 'N' || other === 'x' || other === 'u' || other === 'U') throw NO_LITERAL;
      return all;
    },
  );
}

function fromCode(code: number): string {
  if (code > 0x10ffff) throw NO_LITERAL;
  return String.fromCodePoint(code);
}
