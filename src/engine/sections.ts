/** Several scripts in one exchange: each in a subshell of its own, each with an answer of its own. */
import { randomBytes } from 'node:crypto';
import { joinScripts, type Script, sh } from '../shell/sh.ts';

export interface SectionResult {
  readonly code: number;
  readonly stdout: string;
}

export interface Sections {
  readonly script: Script;
  /** @returns one result per section; undefined for those that the script did not come to */
  split(stdout: string): readonly (SectionResult | undefined)[];
}

/**
 * Joins scripts so that one exchange runs them all, and splits what they print.
 * The mark between answers is random, so that no file's content can be taken for it.
 */
export function joinSections(scripts: readonly Script[], mark = randomBytes(16).toString('hex')): Sections {
  const parts = scripts.map(
    (script, i) => sh`
    (
    ${script}
    )
    printf '\n%s %s %s\n' ${mark} ${i} $?
  `,
  );
  const pattern = new RegExp(`\\n${mark} (\\d+) (\\d+)\\n`);
  return {
    script: joinScripts(parts),
    split(stdout) {
      // With two groups in the pattern, split gives: output, number, code, output, number, code, ..., rest.
      const pieces = stdout.split(pattern);
      return scripts.map((_, i) => {
        const [output, number, code] = pieces.slice(i * 3, i * 3 + 3);
        return number === undefined ? undefined : { code: Number(code), stdout: output ?? '' };
      });
    },
  };
}
