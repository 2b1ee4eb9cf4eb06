import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LabError } from './lab-error.ts';
import type { Note } from './progress.ts';

const KEPT_LINES = 15;

export interface ProcessOptions {
  /** After this time the process is killed and the run fails. */
  readonly timeoutMs: number;
  /** Gets every line that the process prints. */
  readonly note?: Note;
  /** What to do when it fails, as an imperative sentence. */
  readonly hint: string;
}

/** Runs a program to its end. @throws LabError with its last lines when it fails or takes too long */
export async function runProcess(command: string, args: readonly string[], options: ProcessOptions): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  });
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      options.note?.(line);
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
    });
  }
  const { code, signal, error } = await new Promise<{ code: number | null; signal: string | null; error?: Error }>(
    (resolve) => {
      child.on('error', (error) => resolve({ code: null, signal: null, error }));
      child.on('close', (code, signal) => resolve({ code, signal }));
    },
  );
  if (code === 0) return;
  const why =
    error?.message ?? (signal ? `was ended by ${signal} (limit ${options.timeoutMs / 1000} s)` : `exited with ${code}`);
  throw new LabError([`${command} ${args.join(' ')} ${why}`, ...lastLines].join('\n  '), options.hint, error);
}

let aptUpdated: Promise<void> | undefined;

/** Installs Debian packages on this machine; the package lists are brought up to date once in a run. */
export async function aptInstall(packages: readonly string[], note: Note): Promise<void> {
  const hint = `Install ${packages.join(', ')} by hand (apt-get update; apt-get install ${packages.join(' ')}).`;
  const options = { note, hint, timeoutMs: 600_000 };
  aptUpdated ??= runProcess('apt-get', ['-q', 'update'], options);
  await aptUpdated;
  const lockTimeout = ['-o', 'DPkg::Lock::Timeout=300'];
  await runProcess('apt-get', ['-q', '-y', ...lockTimeout, 'install', '--no-install-recommends', ...packages], options);
}
