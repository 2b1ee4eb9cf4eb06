/** The same work on many hosts, so many at a time. One host's failure ends that host alone. */
import type { HostTask } from '../engine/host-run.ts';
import { newPlaces, type Place } from '../engine/places.ts';
import { ProvisionError } from '../errors.ts';
import { asProvisionError } from '../shell/redact.ts';
import type { Connection } from '../transport/types.ts';

/** What came of one host: a value, or the failure that there was instead. */
export type HostResult<T> = { readonly host: string; readonly durationMs: number } & (
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: ProvisionError }
);

export interface EachHostOptions<T> {
  /** How many hosts at a time, not counting those whose login takes long. */
  readonly forks: number;
  /** Aborted when the user breaks it off: connections are closed, and hosts that are not done count as interrupted. */
  readonly stop: AbortSignal;
  /** Called for each host as it is done. */
  readonly onDone?: (result: HostResult<T>) => void;
}

/**
 * Does the work on all hosts. Never throws for what happens on a host.
 * @param work is given a way to connect by which a host that does not answer keeps no other from its turn
 * @returns the results in the order of the hosts
 */
export async function eachHost<Host extends Pick<HostTask, 'name'>, T>(
  hosts: readonly Host[],
  { forks, stop, onDone }: EachHostOptions<T>,
  work: (host: Host, patiently: Place['lend']) => Promise<T>,
): Promise<readonly HostResult<T>[]> {
  const enter = newPlaces(forks);

  async function one(host: Host, place: Place): Promise<HostResult<T>> {
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    try {
      if (stop.aborted) throw interrupted(host.name);
      return { host: host.name, value: await work(host, place.lend), durationMs: elapsed() };
    } catch (reason) {
      const error = stop.aborted ? interrupted(host.name) : asProvisionError(reason, host.name);
      return { host: host.name, error, durationMs: elapsed() };
    }
  }

  const begun: Promise<HostResult<T>>[] = [];
  for (const host of hosts) {
    const place = await enter();
    const working = one(host, place).then((result) => {
      place.leave();
      onDone?.(result);
      return result;
    });
    begun.push(working);
  }
  return Promise.all(begun);
}

/**
 * Connects, works, and closes the connection, whatever happens; at once where the user breaks it off.
 * @param beforeCut what is still to be done over the connection then; it never rejects
 */
export async function withConnection<T>(
  { connect }: Pick<HostTask, 'connect'>,
  stop: AbortSignal,
  work: (connection: Connection) => Promise<T>,
  beforeCut: (connection: Connection) => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  const connection = await openConnection({ connect }, stop);
  const cut = () => void beforeCut(connection).then(() => connection.close());
  stop.addEventListener('abort', cut, { once: true });
  try {
    return await work(connection);
  } finally {
    stop.removeEventListener('abort', cut);
    await connection.close();
  }
}

/** A login that the user breaks off is left to its own time limit, and closed when it is there. */
export async function openConnection({ connect }: Pick<HostTask, 'connect'>, stop: AbortSignal): Promise<Connection> {
  if (stop.aborted) throw interrupted(undefined);
  const connecting = connect();
  const stopped = Promise.withResolvers<never>();
  const onStop = () => stopped.reject(interrupted(undefined));
  stop.addEventListener('abort', onStop, { once: true });
  try {
    return await Promise.race([connecting, stopped.promise]);
  } catch (error) {
    if (stop.aborted) void connecting.then((late) => late.close()).catch(() => undefined);
    throw error;
  } finally {
    stop.removeEventListener('abort', onStop);
  }
}

function interrupted(host: string | undefined): ProvisionError {
  return new ProvisionError('interrupted', 'it was broken off', { host, hint: 'Run the same command again.' });
}
