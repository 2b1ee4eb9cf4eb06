/** A word of a command line. */
export interface Word {
  readonly text: string;
  /** A reference of Jinja stands in it outside quotes. */
  readonly isBare: boolean;
}

/** The words of a command line, as a shell without expansions splits them; references of Jinja are kept whole. */
export function splitWords(line: string): readonly string[] {
  return wordsOf(line).map(({ text }) => text);
}

/** The same, with what tells whether a reference could become several words. */
export function wordsOf(line: string): readonly Word[] {
  const words: Word[] = [];
  let word: Word | undefined;
  for (const [part, single, double, escaped] of line.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|\{\{.*?\}\}|\s+|[^\s'"\\{]+|\{/gs,
  )) {
    if (/^\s/.test(part)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const text: string = (word?.text ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? part);
    word = { text, isBare: (word?.isBare ?? false) || part.startsWith('{{') };
  }
  if (word !== undefined) words.push(word);
  return words;
}
