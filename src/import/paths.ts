/** Paths as resources take them: Ansible minds neither two slashes in a row nor one at the end. */
import { type Code, literal } from './code/code.ts';

/** Whether a variable brings slashes too many, as far as is known now. */
export function isUntidy({ samples = [] }: Code): boolean {
  return samples.some((sample) => typeof sample === 'string' && /.\/$|\/\//.test(sample));
}

/** The path without slashes too many; where a variable brings them, the role takes them away. */
export function tidyPath(path: Code): Code {
  if (typeof path.literal === 'string') return literal(tidied(path.literal));
  const code = path.code.replace(/(?<=[^:`])\/+`$/, '`').replace(/(?<=^`|\})\/+/g, '/');
  if (!isUntidy(path)) return { ...path, code };
  return path.isOptional
    ? { ...path, code: `${code} === undefined ? undefined : tidyPath(${code})`, isAtom: false }
    : { ...path, code: `tidyPath(${code})`, isAtom: true };
}

function tidied(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}
