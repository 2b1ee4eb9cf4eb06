/** A run over many hosts as the fleet's bench starts it, and what is seen of it from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** How often the memory of the runner is looked at. Its peak only grows: the last look before the end counts. */
const LOOK_MS = 50;

export interface FleetRun {
  /** From the start of the program to its end. */
  readonly wallMs: number;
  /** The peak of the runner's memory (VmHWM), MiB. */
  readonly peakMiB: number;
  /** What the runner itself kept processors busy, milliseconds; of all its threads. */
  readonly cpuMs: number;
  readonly hosts: readonly FleetHost[];
}

export interface FleetHost {
  readonly name: string;
  /** As `--json` calls it. */
  readonly status: string;
  /** From dialling to its end. */
  readonly durationMs: number;
  /** When it was done, from the start of the program. */
  readonly doneMs: number;
  readonly error?: string | undefined;
}

interface Line {
  readonly type: string;
  readonly host?: string;
  readonly summary?: {
    readonly status: string;
    readonly durationMs: number;
    readonly error?: { readonly message: string };
  };
}

/** @throws Error when it ends without a run */
export async function runFleet(argv: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<FleetRun> {
  const [command, ...args] = argv;
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let peakMiB = 0;
  let cpuMs = 0;
  const timer = setInterval(() => {
    const pid = child.pid as number;
    peakMiB = Math.max(peakMiB, peakOf(pid));
    cpuMs = Math.max(cpuMs, cpuOf(pid).ownMs);
  }, LOOK_MS);
  const hosts: FleetHost[] = [];
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-4_000);
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const { type, host, summary } = JSON.parse(text) as Line;
    if (type !== 'host-finished' || host === undefined || summary === undefined) return;
    const { status, durationMs, error } = summary;
    hosts.push({ name: host, status, durationMs, doneMs: performance.now() - startedMs, error: error?.message });
  });
  await once(child, 'close');
  clearInterval(timer);
  if (hosts.length === 0) throw new Error(`the run ended without a host:\n${errors}`);
  return { wallMs: performance.now() - startedMs, peakMiB, cpuMs, hosts };
}

/** The ticks of /proc, of which Linux has a hundred a second on all that Node.js runs on. */
const TICK_MS = 10;

/** How long a process, and its children that have ended, kept processors busy; 0 where it has ended. */
export function cpuOf(pid: number): { readonly ownMs: number; readonly childrenMs: number } {
  try {
    // The name before them may hold anything, but ends in the last bracket: proc_pid_stat(5), from field 14 on.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
    return { ownMs: (user + system) * TICK_MS, childrenMs: (childUser + childSystem) * TICK_MS };
  } catch {
    return { ownMs: 0, childrenMs: 0 };
  }
}

/** 0 where the process has ended. */
function peakOf(pid: number): number {
  try {
    const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib) / 1024;
  } catch {
    return 0;
  }
}
