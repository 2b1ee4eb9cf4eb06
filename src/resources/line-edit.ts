/** What becomes of a text when one line of it shall be there, or shall not: the rules of Ansible's lineinfile. */

export interface LineEdit {
  readonly line?: string | undefined;
  readonly match?: string | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly state: 'present' | 'absent';
}

export interface EditedLines {
  readonly content: string;
  /** The line that went, and the one that came. Both undefined: nothing is to be done. */
  readonly removed: string | undefined;
  readonly added: string | undefined;
}

/** Undefined for what is no regular expression. */
export function expression(source: string): RegExp | undefined {
  try {
    return new RegExp(source);
  } catch {
    return undefined;
  }
}

export function editLines(content: string, edit: LineEdit): EditedLines {
  const lines = content.split('\n');
  // A text that ends with a line break has no further line.
  if (lines.at(-1) === '') lines.pop();
  return edit.state === 'absent' ? remove(content, lines, edit) : ensure(content, lines, edit);
}

function remove(content: string, lines: readonly string[], { line, match }: LineEdit): EditedLines {
  const isGone = match === undefined ? (text: string) => text === line : finder(match);
  const gone = lines.filter(isGone);
  if (gone.length === 0) return { content, removed: undefined, added: undefined };
  return { content: join(lines.filter((text) => !isGone(text))), removed: gone.join(' / '), added: undefined };
}

function ensure(content: string, lines: readonly string[], { line = '', match, after, before }: LineEdit): EditedLines {
  const at = match === undefined ? -1 : lines.findLastIndex(finder(match));
  const replaced = lines[at];
  if (replaced === line || (replaced === undefined && lines.includes(line))) {
    return { content, removed: undefined, added: undefined };
  }
  if (replaced !== undefined) return { content: join(lines.with(at, line)), removed: replaced, added: line };
  return { content: join(lines.toSpliced(placeFor(lines, after, before), 0, line)), removed: undefined, added: line };
}

/** Where a new line goes: at the end, unless a line is found that it shall stand beside. */
function placeFor(lines: readonly string[], after: string | undefined, before: string | undefined): number {
  if (before === '^') return 0;
  const found = lines.findLastIndex(finder(before ?? after ?? '(?!)'));
  if (found === -1) return lines.length;
  return before === undefined ? found + 1 : found;
}

function finder(source: string): (line: string) => boolean {
  const found = new RegExp(source);
  return (line) => found.test(line);
}

function join(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
