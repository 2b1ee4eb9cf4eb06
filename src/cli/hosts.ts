/** What commands need that look at hosts or run something there, without a plan: the hosts, and Ctrl-C, which ends at once. */
import type { FactsMemory } from '../engine/facts-memory.ts';
import type { HostTask } from '../engine/host-run.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { createPaint } from '../report/colour.ts';
import { startWaiting, type Waiting } from '../report/waiting.ts';
import type { Options } from './arguments/options.ts';
import { keyringOf } from './keyring.ts';
import { colourOf } from './print.ts';
import { factsMemory, isLive, readTasks, traceOf } from './session.ts';

export interface HostsSession {
  readonly tasks: readonly HostTask[];
  readonly facts: FactsMemory;
  /** Aborted by Ctrl-C. */
  readonly stop: AbortSignal;
}

/** @returns what `work` does, or that it was interrupted @throws ProvisionError whatever is wrong with the inventory */
export async function withHosts(
  options: Options,
  work: (session: HostsSession) => Promise<ExitCode>,
): Promise<ExitCode> {
  const tasks = await readTasks(options, keyringOf(options), traceOf(options));
  return untilInterrupted((stop) => work({ tasks, facts: factsMemory(), stop }));
}

/** The first Ctrl-C ends what goes on, and closes what is open; the second one ends us at once. */
export async function untilInterrupted(work: (stop: AbortSignal) => Promise<ExitCode>): Promise<ExitCode> {
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const release = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  // Not `once`: the display's own listener ends the process where it finds itself alone.
  function onSignal(signal: NodeJS.Signals): void {
    if (stop.signal.aborted) {
      release();
      process.kill(process.pid, signal);
    }
    stop.abort();
  }
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const code = await work(stop.signal);
    return stop.signal.aborted ? EXIT.interrupted : code;
  } finally {
    release();
  }
}

/** Aborted when nobody reads standard output any more: after `provision logs --follow | head` there is nothing left to do. */
export function untilReaderGone(): AbortSignal {
  const gone = new AbortController();
  process.stdout.once('error', () => gone.abort());
  return gone.signal;
}

/** Tells on standard error which hosts are waited for. */
export function waitFor(what: string, hosts: readonly string[], options: Options): Waiting {
  const { stderr } = process;
  return startWaiting({
    what,
    hosts,
    output: stderr,
    isLive: isLive(options),
    paint: createPaint(colourOf(stderr, options)),
  });
}
