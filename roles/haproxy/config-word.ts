declare const quoted: unique symbol;

/** One word as haproxy's configuration reads it, quoted where it must be. What the template inserts is made of these alone. */
export type Word = string & { readonly [quoted]: true };

/**
 * Quotes a value as one word of haproxy's configuration.
 * Within single quotes nothing is interpreted (configuration manual, 2.2), and a line break cannot be written at all.
 *
 * @throws TypeError where the value holds a control character: the schemas refuse those before
 */
export function word(value: string | number): Word {
  const plain = String(value);
  if (/\p{Cc}/u.test(plain)) throw new TypeError('a word of a configuration cannot hold control characters');
  if (/^[\w./:@=,+-]+$/.test(plain)) return plain as Word;
  return `'${plain.replaceAll("'", `'\\''`)}'` as Word;
}

/** A value as a word that haproxy reads as a format string: a `%` stands for itself. */
export function formatWord(value: string): Word {
  return word(value.replaceAll('%', '%%'));
}

/** A word with a regular expression that matches exactly this text, with white space around it or not. */
export function exactly(value: string): Word {
  const plain = value.trim().replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return word(`^\\s*${plain.replaceAll(/\p{Cc}/gu, hexEscape)}\\s*$`);
}

/** `60s`, `1500ms`: with its unit always, for haproxy's default unit differs from option to option. */
export function timeWord(durationMs: number): Word {
  return word(durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`);
}

/** PCRE reads bytes here, and control characters of Unicode from U+0080 on have two. */
function hexEscape(character: string): string {
  return Buffer.from(character).reduce((escaped, byte) => `${escaped}\\x${byte.toString(16).padStart(2, '0')}`, '');
}
