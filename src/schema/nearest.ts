import { distance } from 'fastest-levenshtein';

/** The candidate that a mistyped name most likely meant; undefined where none is near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const typos = typosBetween(name.toLowerCase(), candidate.toLowerCase());
    if (typos >= bestDistance || typos > allowedTypos(name)) continue;
    best = candidate;
    bestDistance = typos;
  }
  return best;
}

/** A hint for a name that does not exist: the one most likely meant, or else all there are. */
export function suggest(name: string, candidates: Iterable<string>): string {
  const all = [...new Set(candidates)];
  const best = nearest(name, all);
  if (best !== undefined) return `Did you mean \`${best}\`?`;
  if (all.length === 0) return 'There are none.';
  const shown = all.slice(0, 12).join(', ');
  return `There ${all.length === 1 ? 'is' : 'are'}: ${shown}${all.length > 12 ? ', …' : ''}.`;
}

/** Letters to change, add or remove; two neighbours swapped are one typo. */
function typosBetween(a: string, b: string): number {
  const at = a.split('').findIndex((letter, i) => letter !== b[i]);
  const swapped = a.slice(0, at) + a.slice(at + 1, at + 2) + a.slice(at, at + 1) + a.slice(at + 2);
  return at !== -1 && swapped === b ? 1 : distance(a, b);
}

/** Two typos, but one in a short name, and none in a single letter: else it is near every other short one. */
function allowedTypos({ length }: string): number {
  if (length > 5) return 2;
  return length > 1 ? 1 : 0;
}
