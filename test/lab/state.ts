import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The path of a file in the lab's own folder, which outlives a run: the key pair, logs, the engine's process id. */
export function stateFile(name: string): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'provision-lab');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, name);
}
