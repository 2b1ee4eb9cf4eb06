/** The oracle: Debian's ansible-core. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const about = spawnSync('ansible', ['--version'], { encoding: 'utf8' });

/** Whether there is anything to compare with. */
export const isInstalled = about.status === 0;

/** A title for tests that says loudly where they compare nothing. */
export function titled(title: string): string {
  return isInstalled ? title : `${title}: NOTHING IS COMPARED, for ansible-core is not installed`;
}

/** The Python that Ansible runs with: `python version = 3.11.2 (...) [GCC] (/usr/bin/python3)`. */
const python = /python version = .*\((\/.*)\)/.exec(about.stdout ?? '')?.[1] ?? 'python3';

/** What a Python script beside the tests answers to these requests, a line of JSON each way, in one process. */
export function askAnsible<Answer>(script: string, requests: readonly unknown[]): readonly Answer[] {
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, script)], {
    encoding: 'utf8',
    input: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`the oracle failed: ${stderr}`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The hosts that `ansible PATTERN --list-hosts` lists, within a limit. */
export function listHosts(inventory: string, pattern: string, limit = 'all'): readonly string[] {
  const args = [pattern, '--inventory', inventory, '--limit', limit, '--list-hosts'];
  const { stdout } = spawnSync('ansible', args, { encoding: 'utf8' });
  return stdout
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
