/** The words of a command line, as a shell without expansions splits them; references of Jinja are kept whole. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [part, single, double, escaped] of line.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|\{\{.*?\}\}|\s+|[^\s'"\\{]+|\{/gs,
  )) {
    if (/^\s/.test(part)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? part);
  }
  if (word !== undefined) words.push(word);
  return words;
}
