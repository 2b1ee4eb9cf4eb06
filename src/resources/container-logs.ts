import { sh } from '../shell/sh.ts';
import type { Target } from './contract.ts';

/** The end of what a container wrote: where the reason of its failure usually stands. */
export async function lastLogLines(container: string, target: Target, count = 20): Promise<string | undefined> {
  const { stdout } = await target.run(sh`docker logs --tail ${count} ${container} 2>&1`);
  return stdout.trim() === '' ? undefined : `the last lines of ${container}'s log:\n${stdout.trimEnd()}`;
}
