/** Several scripts in one exchange: each in a subshell of its own, each with an answer of its own. */
import { randomBytes } from 'node:crypto';
import { joinScripts, raw, type Script, sh } from '../shell/sh.ts';

export interface SectionResult {
  readonly code: number;
  readonly stdout: string;
}

export interface Sections {
  readonly script: Script;
  /** @returns one result per section, `first` before the others; undefined for those that the script did not come to */
  split(stdout: string): readonly (SectionResult | undefined)[];
}

/**
 * Programs written in Go, such as `docker`, start a third faster without garbage collection and threads; those of a look
 * live for a moment only.
 */
const QUICK_START = raw('export GOGC=off GOMAXPROCS=1');

/**
 * Whoever asks a Docker Engine that is stopped starts it, by its socket: a look must not. It is stopped where it has left no
 * number of its process, and systemd, asked only then, knows it as that.
 */
const ASLEEP = sh`
  if [ -S /run/docker.sock ] && ! [ -e /run/docker.pid ] && [ -e /usr/lib/systemd/system/docker.socket ] &&
    ! systemctl is-active --quiet docker; then
    export DOCKER_HOST=unix:///run/docker.stopped
  fi
`;

/**
 * Joins scripts so that one exchange runs them all, and splits what they print. They run side by side: most of the time goes
 * into waiting for programs such as `docker`, and each of these would otherwise wait for the one before.
 * The mark between answers is random, so that no file's content can be taken for it.
 *
 * A part that needs files of its own in $RUN has $PART in their names: the folder is everybody's.
 *
 * @param first runs alone before the others, which are left out where it fails
 */
export function joinSections(
  sections: readonly Script[],
  first?: Script,
  mark = randomBytes(16).toString('hex'),
): Sections {
  const files = sections.map((_, i) => `section-${i + 1}`);
  const head =
    first &&
    sh`
    (
    ${first}
    )
    code=$?
    printf '\n%s 0 %s\n' ${mark} "$code"
    [ "$code" = 0 ] || exit 0
  `;
  const background = sections.map(
    (section, i) => sh`
    (
    PART=${i + 1}
    trap 'tell_end '${i + 1} EXIT
    ${section}
    ) >"$RUN"/${files[i] ?? ''} &
  `,
  );
  const tail = sections.length === 0 ? raw('') : sh`wait; cd "$RUN" && cat ${files}`;
  return {
    script: joinScripts([...(head ? [head] : []), QUICK_START, ASLEEP, tellEnd(mark), ...background, tail]),
    split: (stdout) => splitAt(mark, stdout, sections.length + (first ? 1 : 0)),
  };
}

/**
 * As `joinSections`, one after another in one shell: for those that take no time to speak of. That takes fewer processes, and no
 * files: of $RUN and $PART they have neither. A section that exits ends them all. What they print is told at once, for each piece
 * would be a packet of its own; so it must be text.
 */
export function joinQuickSections(sections: readonly Script[], mark = randomBytes(16).toString('hex')): Sections {
  const each = sections.map(
    (section, i) => sh`
    {
    ${section}
    }
    tell_end ${i + 1}
  `,
  );
  return {
    script: sh`
      all=$(
      ${joinScripts([tellEnd(mark), ...each])}
      )
      printf '%s\n' "$all"
    `,
    split: (stdout) => splitAt(mark, stdout, sections.length),
  };
}

/** However a section ends, its trap tells with what status: a second subshell around it would be one more process. */
function tellEnd(mark: string): Script {
  return sh`tell_end() { printf '\n%s %s %s\n' ${mark} "$1" $?; }`;
}

function splitAt(mark: string, stdout: string, count: number): readonly (SectionResult | undefined)[] {
  const results: (SectionResult | undefined)[] = [];
  // By hand: a regular expression with the mark in it would be compiled for each answer.
  const start = `\n${mark} `;
  for (let at = 0; results.length < count; ) {
    const end = stdout.indexOf(start, at);
    const next = stdout.indexOf('\n', end + 1);
    if (end === -1 || next === -1) break;
    const [, code] = stdout.slice(end + start.length, next).split(' ');
    results.push({ code: Number(code), stdout: stdout.slice(at, end) });
    at = next + 1;
  }
  return [...results, ...new Array<undefined>(count - results.length).fill(undefined)];
}
