/** Which choices go with what is typed. */
import { truncate } from '../../report/width.ts';
import type { Choice } from '../question.ts';

/** What was typed comes first: Enter takes it as it is, whatever looks like it. */
export function matching(typed: string, choices: readonly Choice[], width: number): readonly Choice[] {
  const offered = choices
    .filter(({ value, name }) => value.includes(typed) || name.includes(typed))
    .map(({ value, name }) => ({ value, name: truncate(name, width) }))
    .sort((a, b) => Number(b.value === typed) - Number(a.value === typed));
  const isOffered = typed === '' || offered[0]?.value === typed;
  return isOffered ? offered : [{ value: typed, name: typed }, ...offered];
}

/** By their whole names, as far as they may be cut. */
export function choicesWith(typed: string, choices: readonly Choice[], shown: readonly Choice[]): readonly Choice[] {
  return shown.filter((_, at) => choices[at]?.name.toLowerCase().includes(typed.trim().toLowerCase()));
}
