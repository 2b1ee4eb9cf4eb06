/** A command as one types it, and its words: quotes and backslashes as in a shell, nothing else. */

/** @returns undefined where a quote is not closed */
export function splitWords(command: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < command.length; at++) {
    const character = command.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && quote === '"') word += command.charAt(++at);
      else word += character;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word ??= '';
      if (character === '"' || character === "'") quote = character;
      else if (character === '\\') word += command.charAt(++at);
      else word += character;
    }
  }
  if (word !== undefined) words.push(word);
  return quote === '' ? words : undefined;
}

/** The other way round. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(' ');
}
