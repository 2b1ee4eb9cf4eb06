import { sh } from '../../shell/sh.ts';
import type { Target } from '../contract.ts';

/** So many lines are looked through for each one that is shown. */
const DEPTH = 10;
/** What MariaDB and MySQL tell of every start, and of each look that a health check takes at them. */
const NOISE = /^\d{4}-\d\d-\d\d[ T].*\[(?:Note|System)\]|\[Warning\] Aborted connection .*without authentication/;

/** The end of what a container wrote: where the reason of its failure usually stands. */
export async function lastLogLines(container: string, target: Target, count = 20): Promise<string | undefined> {
  const { stdout } = await target.run(sh`docker logs --tail ${count * DEPTH} ${container} 2>&1`);
  if (stdout.trim() === '') return undefined;
  return `the last lines of ${container}'s log:\n${tellingLines(stdout).slice(-count).join('\n')}`;
}

/** Without noise, unless there is nothing else. */
function tellingLines(log: string): readonly string[] {
  const lines = log
    .replace(/^(\s*\n)+/, '')
    .trimEnd()
    .split('\n');
  const telling = lines.filter((line) => !NOISE.test(line));
  return telling.some((line) => line.trim() !== '') ? telling : lines;
}
