/** What has become of a host, counted while it is worked on. */
import type { ProvisionError } from '../errors.ts';
import type { HostSummary } from './events.ts';

/** What was done so far, over all connections of the run. */
export interface Tally {
  connected: boolean;
  exchanges: number;
  total: number;
  unknown: number;
  rollouts: number;
  interrupted: boolean;
  readonly ok: Set<string>;
  readonly changed: Set<string>;
  readonly handled: Set<string>;
}

export function newTally(): Tally {
  return {
    connected: false,
    exchanges: 0,
    total: 0,
    unknown: 0,
    rollouts: 0,
    interrupted: false,
    ok: new Set(),
    changed: new Set(),
    handled: new Set(),
  };
}

/** Counts what has become of a resource or a handler. */
export function record(tally: Tally) {
  return (what: 'ok' | 'changed' | 'handled', id: string): void => {
    // What was changed before a lost connection is found converged after it: it counts as changed all the same.
    if (what === 'ok' && tally.changed.has(id)) return;
    tally.ok.delete(id);
    tally[what].add(id);
  };
}

export function summarise(
  host: string,
  tally: Tally,
  error: ProvisionError | undefined,
  durationMs: number,
): HostSummary {
  const failed = error && tally.connected && !tally.interrupted ? 1 : 0;
  const [ok, changed, unknown] = [tally.ok.size, tally.changed.size, tally.unknown];
  const skipped = Math.max(0, tally.total - ok - changed - unknown - tally.rollouts - failed);
  return {
    host,
    status: statusOf(tally, error),
    ok,
    changed,
    unknown,
    failed,
    skipped,
    ...(tally.rollouts > 0 && { rollouts: tally.rollouts }),
    exchanges: tally.exchanges,
    durationMs,
    error,
  };
}

function statusOf(tally: Tally, error: ProvisionError | undefined): HostSummary['status'] {
  if (tally.interrupted) return 'interrupted';
  if (error) return error.exitCode === 4 ? 'unreachable' : 'failed';
  return tally.changed.size + tally.unknown + tally.handled.size > 0 ? 'changed' : 'ok';
}
