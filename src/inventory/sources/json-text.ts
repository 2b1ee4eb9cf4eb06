import { ProvisionError } from '../../errors.ts';
import { rememberOrigins, type Source } from '../origins.ts';
import type { Seal } from '../secrets/vaulted.ts';

/** Deeper values are nobody's variables, and would exhaust the stack. */
const MOST_DEPTH = 500;

const BLANKS = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const WORD = /true|false|null/y;

/**
 * Reads JSON, noting where each entry stands (`originOf`). What `ansible-inventory` encrypts as `{"__ansible_vault": "…"}` is a secret.
 * An integer too large to be exact is a text.
 * @throws ProvisionError `inventory-syntax`, `inventory-structure` (duplicate key), `vault-damaged`
 */
export function readJson(text: string, source: Source, seal: Seal): unknown {
  let at = 0;

  function readValue(depth: number): unknown {
    if (depth > MOST_DEPTH) throw problem('values are nested too deeply here', 'Nest them less.');
    skipBlanks();
    const char = text[at];
    if (char === '{') return readObject(depth);
    if (char === '[') return readArray(depth);
    if (char === '"') return readString();
    const number = match(NUMBER);
    if (number !== undefined) return numberOf(number);
    const word = match(WORD);
    if (word === undefined) throw problem(at < text.length ? 'no value can start here' : 'the text ends too early');
    return JSON.parse(word);
  }

  function readObject(depth: number): unknown {
    const start = at;
    const entries: Record<string, unknown> = {};
    const offsets = new Map<string, number>();
    rememberOrigins(entries, source, offsets);
    at += 1;
    for (let isFirst = true; !take('}'); isFirst = false) {
      if (!isFirst && !take(',')) throw problem('a comma or } is missing before this');
      skipBlanks();
      const offset = at;
      if (text[at] !== '"') throw problem('a key in double quotes must stand here');
      const key = readString();
      if (key === '__proto__') throw structure('a key cannot be __proto__', offset, 'Choose another name.');
      const first = offsets.get(key);
      if (first !== undefined) {
        const hint = `It is first set at ${source.place(first)}. Remove one of the two.`;
        throw structure(`the key ${JSON.stringify(key)} stands here twice`, offset, hint);
      }
      if (!take(':')) throw problem('a colon is missing before this');
      offsets.set(key, offset);
      entries[key] = readValue(depth + 1);
    }
    const sealed = offsets.size === 1 ? entries.__ansible_vault : undefined;
    return typeof sealed === 'string' ? seal(sealed, source.place(start)) : entries;
  }

  function readArray(depth: number): unknown[] {
    const items: unknown[] = [];
    const offsets = new Map<string, number>();
    rememberOrigins(items, source, offsets);
    at += 1;
    while (!take(']')) {
      if (items.length > 0 && !take(',')) throw problem('a comma or ] is missing before this');
      skipBlanks();
      offsets.set(String(items.length), at);
      items.push(readValue(depth + 1));
    }
    return items;
  }

  function readString(): string {
    const quoted = match(STRING);
    if (quoted === undefined) throw problem('a text starts here that is not closed, or holds what must be escaped');
    return JSON.parse(quoted) as string;
  }

  function match(expression: RegExp): string | undefined {
    expression.lastIndex = at;
    const found = expression.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  }

  function take(char: string): boolean {
    skipBlanks();
    if (text[at] !== char) return false;
    at += 1;
    return true;
  }

  function skipBlanks(): void {
    match(BLANKS);
  }

  function problem(message: string, hint = 'Check commas, quotes and brackets here and before.'): ProvisionError {
    const location = source.place(Math.min(at, text.length));
    return new ProvisionError('inventory-syntax', `this is not valid JSON: ${message}`, { location, hint });
  }

  function structure(message: string, offset: number, hint: string): ProvisionError {
    return new ProvisionError('inventory-structure', message, { location: source.place(offset), hint });
  }

  const value = readValue(0);
  skipBlanks();
  if (at < text.length) throw problem('something stands behind its end');
  return value;
}

function numberOf(digits: string): number | string {
  // Zero has no sign.
  const value = Number(digits) + 0;
  return /[.eE]/.test(digits) || Number.isSafeInteger(value) ? value : digits;
}
