/** Runs of programs, timed from their start to their end, and what these times come to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 900_000;

export interface Program {
  /** What the table calls it. */
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  /** A file that is its standard input; nothing if not given. */
  readonly stdin?: string;
  /** Whether what it printed on standard output is that of a run that changed nothing; any is if not given. */
  readonly isIdle?: (stdout: string) => boolean;
}

export interface Outcome {
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. @throws Error with its last lines when it fails */
export async function run({ name, argv: [command, ...args], env, stdin }: Program): Promise<Outcome> {
  const input = openSync(stdin ?? '/dev/null', 'r');
  const startedMs = performance.now();
  const child = spawn(command, args, {
    stdio: [input, 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: LIMIT_MS,
  });
  closeSync(input);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  const durationMs = performance.now() - startedMs;
  if (code === 0) return { durationMs, ...output };
  throw new Error(`${name} ended with ${code ?? signal}:\n${lastLines(output.stdout)}\n${lastLines(output.stderr)}`);
}

/** Runs a program until a run changes nothing. @throws Error when it still does after some runs */
export async function converge(program: Program, limit = 4): Promise<void> {
  for (let i = 0; i < limit; i += 1) {
    const { stdout } = await run(program);
    if (program.isIdle?.(stdout)) return;
  }
  throw new Error(`${program.name} still changes something in its run ${limit}`);
}

/**
 * Runs all programs in turn, so that a busy moment of the machine strikes them alike; the first round is not counted.
 * @returns milliseconds of every run, by the program's name
 * @throws Error when one fails or changes something: that was no no-op run
 */
export async function measure(programs: readonly Program[], rounds: number): Promise<Record<string, number[]>> {
  const timesMs = Object.fromEntries(programs.map(({ name }): [string, number[]] => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const program of programs) {
      const { durationMs, stdout } = await run(program);
      if (program.isIdle?.(stdout) === false)
        throw new Error(`${program.name} changed something:\n${lastLines(stdout)}`);
      if (round > 0) timesMs[program.name]?.push(durationMs);
    }
  }
  return timesMs;
}

/** The middle one; the mean of the two in the middle where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** How busy this machine is while we wait, in per cent of all cores: the load average still tells of what we did before. */
export async function busyPercent(waitMs = 3000): Promise<number> {
  const before = ticks();
  await sleep(waitMs);
  const after = ticks();
  return Math.round(100 * (1 - (after.idle - before.idle) / (after.all - before.all)));
}

/** What the processors have worked since this machine began, milliseconds of all cores together. */
export function workedMs(): number {
  const { all, idle } = ticks();
  return all - idle;
}

function ticks(): { idle: number; all: number } {
  const times = cpus().map(({ times }) => times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-15).join('\n');
}
