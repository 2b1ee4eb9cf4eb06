import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { removeHosts } from './host.ts';
import { say } from './progress.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const GRACE_MS = 20_000;

/**
 * Runs a command, such as the tests, and removes the hosts that it started once it ends, however it ends.
 * @returns its exit code; 128 + the signal's number when one ended it or us
 */
export async function runCommand(command: string, args: readonly string[]): Promise<number> {
  const run = randomBytes(4).toString('hex');
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, PROVISION_LAB_RUN: run } });
  let interrupted: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      interrupted ??= 128 + constants.signals[signal];
      // Ctrl-C reaches the whole foreground group of a terminal by itself; twice would mean "at once" to many programs.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
    });
  }
  const code = await exitCode(child, command);
  // A host that was being created when its process ended may turn up only after the first look.
  let removed = 0;
  for (let found = -1; found !== 0; removed += found) found = await removeHosts(run);
  if (removed > 0) say(`removed the hosts that were left running (${removed})`);
  return interrupted ?? code;
}

function exitCode(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`cannot run ${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
