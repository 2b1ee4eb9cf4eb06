/** How many processes a script costs: the subshells that a shell forks, and the programs that it starts. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reveal } from '../../src/shell/secret.ts';
import { renderScript, type Script } from '../../src/shell/sh.ts';

const PATHS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export interface Processes {
  /** Shells besides the first one: of pipelines, `$(...)` and `(...)`. */
  readonly shells: number;
  /** How often each program was started. */
  readonly programs: Readonly<Record<string, number>>;
}

export interface ProcessCounter {
  /** Runs a script for real. @throws Error where it fails */
  count(script: Script): Processes;
  stop(): void;
}

/**
 * Bash tells which of its processes runs each command (xtrace with BASHPID), and before every program in PATH stands one that
 * writes its name down. Neither needs root, nor tools for tracing.
 */
export function startCounting(): ProcessCounter {
  const folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
  const wrappers = join(folder, 'bin');
  const log = join(folder, 'programs');
  mkdirSync(wrappers);
  for (const directory of PATHS) {
    for (const name of readNames(directory)) {
      const wrapper = join(wrappers, name);
      writeFileSync(wrapper, `#!/bin/sh\necho '${name}' >>${log}\nexec ${directory}/${name} "$@"\n`);
      chmodSync(wrapper, 0o755);
    }
  }

  return {
    count(script) {
      const { text, inputs } = renderScript(script);
      const run = mkdtempSync(join(folder, 'run-'));
      for (const [i, { content }] of inputs.entries()) {
        writeFileSync(join(run, String(i + 1)), content instanceof Uint8Array ? content : reveal(content));
      }
      writeFileSync(join(run, '0'), `exec 7>${run}/trace\nBASH_XTRACEFD=7\nPS4='+ $BASHPID '\nset -x\n${text}`);
      writeFileSync(log, '');
      const { status, stderr } = spawnSync('/bin/bash', [join(run, '0')], {
        encoding: 'utf8',
        env: { PATH: wrappers, LC_ALL: 'C', RUN: run },
        input: '',
        maxBuffer: 64 * 1024 * 1024,
      });
      if (status !== 0) throw new Error(`the script ended with ${status}: ${stderr.slice(-1_000)}`);
      const trace = readFileSync(join(run, 'trace'), 'utf8');
      const shells = new Set([...trace.matchAll(/^\++ (\d+) /gm)].map(([, pid]) => pid)).size - 1;
      return { shells, programs: countEach(readFileSync(log, 'utf8').split('\n').filter(Boolean)) };
    },
    stop: () => rmSync(folder, { recursive: true }),
  };
}

/** The wrappers must not call themselves. */
function readNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /^[\w.+-]+$/.test(name));
  } catch {
    return [];
  }
}

function countEach(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
