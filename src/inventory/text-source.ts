import type { Source } from './origins.ts';

/** The lines and columns of a text. @param file what places in it are called by */
export function textSource(file: string, text: string): Source {
  let starts: readonly number[] | undefined;
  return {
    place(offset) {
      starts ??= lineStarts(text);
      const line = lineOf(starts, offset);
      return `${file}:${line}:${offset - (starts[line - 1] ?? 0) + 1}`;
    },
  };
}

/** Where lines are not known: of what a program printed, or what stands on the command line. */
export function namedSource(name: string): Source {
  return { place: () => name };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
}

/** The number of the last line, from 1, that starts at or before the offset. */
function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
