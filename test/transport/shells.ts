/** The shells that hosts have, each with its own tools, as links to this very machine. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { openLocalLink } from '../../src/transport/link-local.ts';
import type { Link } from '../../src/transport/types.ts';

export const SHELLS = ['dash', 'bash', 'busybox'] as const;

export type Shell = (typeof SHELLS)[number];

/** A link on which `sh` is that shell; with busybox all other commands are busybox's as well, as on Alpine. */
export function linkWith(shell: Shell, folder: string): Link {
  const tools = join(folder, shell);
  if (!existsSync(tools)) makeTools(shell, tools);
  const link = openLocalLink();
  return {
    ...link,
    open: (command) => link.open(command.replace('PATH=/usr/local/sbin', `PATH=${tools}:/usr/local/sbin`)),
  };
}

function makeTools(shell: Shell, tools: string): void {
  mkdirSync(tools);
  const program = pathOf(shell);
  const names =
    shell === 'busybox' ? execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n') : ['sh'];
  for (const name of names) symlinkSync(program, join(tools, name));
}

function pathOf(shell: Shell): string {
  const found = ['/bin', '/usr/bin'].map((folder) => join(folder, shell)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${shell} is not installed: the package ${shell} brings it`);
  return found;
}
