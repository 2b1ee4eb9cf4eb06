/** A word of a line, without its quotes. */
export interface Word {
  readonly text: string;
  /** Where it starts in the line. */
  readonly offset: number;
}

/**
 * Splits a line into words as a shell does, and as Python's `shlex.split(line, comments=True)`, which Ansible uses: blanks separate,
 * quotes and backslashes keep them, `#` outside of quotes starts a comment, even within a word.
 * @returns undefined where a quote is not closed, or the line ends with a backslash
 */
export function splitWords(line: string): readonly Word[] | undefined {
  const words: Word[] = [];
  let i = 0;
  for (;;) {
    while (/[ \t\r\n]/.test(line[i] ?? '')) i += 1;
    if (i >= line.length || line[i] === '#') return words;
    const offset = i;
    let text = '';
    while (i < line.length && !/[ \t\r\n#]/.test(line[i] ?? '')) {
      const char = line[i] ?? '';
      i += 1;
      if (char === '\\') {
        if (i >= line.length) return undefined;
        text += line[i] ?? '';
        i += 1;
      } else if (char === "'" || char === '"') {
        const quoted = readQuoted(line, i, char);
        if (quoted === undefined) return undefined;
        text += quoted.text;
        i = quoted.end;
      } else {
        text += char;
      }
    }
    words.push({ text, offset });
  }
}

/** What stands from there to the closing quote. In double quotes a backslash keeps `"` and `\`, and is itself before anything else. */
function readQuoted(line: string, start: number, quote: string): { text: string; end: number } | undefined {
  let text = '';
  for (let i = start; i < line.length; i += 1) {
    const char = line[i] ?? '';
    if (char === quote) return { text, end: i + 1 };
    const next = line[i + 1] ?? '';
    if (quote === '"' && char === '\\' && (next === '"' || next === '\\')) {
      text += next;
      i += 1;
    } else {
      text += char;
    }
  }
  return undefined;
}
