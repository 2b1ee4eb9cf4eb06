/** The folder of the logs of runs, one folder a run: `2026-11-21T08-12-23Z-apply`. */
import { mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

/** How many logs are kept. */
export const KEPT_RUNS = 50;

const NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[a-z]+(?:-\d+)?$/;
/** Runs that begin in the very same second get a number. */
const MOST_OF_A_SECOND = 1_000;

/** Where the logs lie; see the XDG Base Directory Specification, by which a relative path does not count. */
export function runsFolder({ XDG_STATE_HOME: state = '' }: NodeJS.ProcessEnv, home: string): string {
  return join(isAbsolute(state) ? state : join(home, '.local', 'state'), 'provision', 'runs');
}

/** Makes the folder of one run, for nobody else to look into. @returns its path */
export function makeRunFolder(runs: string, command: string, started: Date): string {
  makeFolders(runs);
  const name = `${started.toISOString().slice(0, 19).replaceAll(':', '-')}Z-${command}`;
  for (let i = 1; ; i += 1) {
    const folder = join(runs, i === 1 ? name : `${name}-${i}`);
    try {
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || i === MOST_OF_A_SECOND) throw error;
    }
  }
}

/** Node's own `recursive` never ends where a folder exists that none can be made in, such as /proc. */
function makeFolders(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    makeFolders(parent);
    mkdirSync(folder, { mode: 0o700 });
  }
}

/** The names of all runs, the newest first; none where there is no such folder. */
export function runNames(runs: string): readonly string[] {
  try {
    return readdirSync(runs)
      .filter((name) => NAME.test(name))
      .sort(byAge);
  } catch {
    return [];
  }
}

/** Removes all but the newest. What is no log of ours is left alone, and what cannot be removed stays. */
export async function pruneRuns(runs: string, kept: number): Promise<void> {
  const old = runNames(runs).slice(kept);
  await Promise.allSettled(old.map((name) => rm(join(runs, name), { recursive: true, force: true })));
}

/** Newest first: by the time in the name, and by the number after it. Intl could compare both, but takes ten milliseconds to start. */
function byAge(a: string, b: string): number {
  return sortKey(a) < sortKey(b) ? 1 : -1;
}

function sortKey(name: string): string {
  return name.replace(/-(\d+)$/, (_, number: string) => `-${number.padStart(4, '0')}`);
}
