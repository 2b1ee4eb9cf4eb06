/** Keeps the user's own layout: a merge of three texts, line by line. */
import { diffArrays } from 'diff';

export interface Versions {
  /** As the user has it. */
  readonly original: string;
  /** The same, as the library writes it. */
  readonly formatted: string;
  /** As the library writes it with the changes. */
  readonly changed: string;
}

/**
 * The original with the changes: a line that did not change between `formatted` and `changed` stays as the user has it.
 * Where layout and content changed at the same place, it is as the library writes it.
 */
export function keepLines({ original, formatted, changed }: Versions): string {
  const [base, ours] = [formatted.split('\n'), original.split('\n')];
  const theirs = changed.split('\n');
  const layout = hunks(base, ours);
  const content = hunks(base, theirs);
  const result: string[] = [];
  let at = 0;
  while (at <= base.length) {
    const change = content.find(({ from }) => from === at);
    const look = layout.find(({ from }) => from === at);
    if (change) {
      result.push(...change.lines);
      at = Math.max(change.to, at);
      content.splice(content.indexOf(change), 1);
    } else if (look && !content.some(({ from, to }) => from < look.to && look.from < to)) {
      result.push(...look.lines);
      at = look.to;
      layout.splice(layout.indexOf(look), 1);
    } else {
      if (look) layout.splice(layout.indexOf(look), 1);
      const line = base[at];
      if (line !== undefined) result.push(line);
      at++;
    }
  }
  return result.join('\n');
}

interface Hunk {
  /** Lines of the base that are replaced: from, and up to but without. */
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

function isSameButForBlanks(a: string, b: string): boolean {
  return a === b || a.replaceAll(/\s+/g, '') === b.replaceAll(/\s+/g, '');
}

function hunks(base: string[], other: string[]): Hunk[] {
  const found: Hunk[] = [];
  let at = 0;
  let open: { from: number; to: number; lines: string[] } | undefined;
  let there = 0;
  for (const { added, removed, value } of diffArrays(base, other, { comparator: isSameButForBlanks })) {
    if (!added && !removed) {
      if (open) found.push(open);
      open = undefined;
      // Each line that is only laid out in another way is a change of its own: one beside it does not touch it.
      for (const [i, line] of other.slice(there, there + value.length).entries()) {
        if (line !== base[at + i]) found.push({ from: at + i, to: at + i + 1, lines: [line] });
      }
      at += value.length;
      there += value.length;
      continue;
    }
    if (added) there += value.length;
    open ??= { from: at, to: at, lines: [] };
    if (added) open.lines.push(...value);
    else {
      at += value.length;
      open.to = at;
    }
  }
  if (open) found.push(open);
  return found;
}
