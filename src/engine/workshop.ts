/** What is the same for all hosts of a run is made on one of them; the others fetch it from there. */
import { ProvisionError } from '../errors.ts';
import type { Source, Target } from '../resources/contract.ts';

/** One host's wish for a thing that others may wish for as well. */
export interface Order {
  /** Names the thing: what has the same name is the same. */
  readonly thing: string;
  /** The host that wishes for it, and how others reach what it has made. */
  readonly source: Source;
  make(): Promise<void>;
  fetch(from: Source): Promise<void>;
}

export interface Workshop {
  /**
   * Makes the thing, or fetches it from the host that has made it, waiting for that one. Where that fails, it makes it all the same.
   * @throws ProvisionError whatever `make` throws; `interrupted`
   */
  bring(order: Order, target: Pick<Target, 'progress' | 'signal'>): Promise<void>;
  /** Waits until nobody fetches from that host any more: its connection must stay until then. */
  leave(source: string): Promise<void>;
}

interface Making {
  readonly by: string;
  /** Undefined where it could not be made. */
  readonly made: Promise<Source | undefined>;
}

export function newWorkshop(): Workshop {
  const makings = new Map<string, Making>();
  /** By the host that they are to. */
  const visits = new Map<string, Set<Promise<unknown>>>();

  async function make({ thing, source, make: work }: Order): Promise<void> {
    const made = Promise.withResolvers<Source | undefined>();
    makings.set(thing, { by: source.host, made: made.promise });
    try {
      await work();
      made.resolve(source);
    } catch (error) {
      made.resolve(undefined);
      throw error;
    }
  }

  /** @returns whether it is there now */
  async function fetch({ made }: Making, order: Order, signal: AbortSignal): Promise<boolean> {
    try {
      const from = await unlessAborted(made, signal);
      if (from === undefined) return false;
      await order.fetch(from);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }

  return {
    async bring(order, { progress, signal }) {
      const making = makings.get(order.thing);
      if (making === undefined) return make(order);
      // What it made is gone again: nobody else has it.
      if (making.by === order.source.host) return order.make();
      progress(`waiting for ${making.by}, which makes it`);
      const visitors = visits.get(making.by) ?? new Set();
      visits.set(making.by, visitors);
      const visit = fetch(making, order, signal);
      visitors.add(visit);
      const isThere = await visit.finally(() => visitors.delete(visit));
      if (!isThere) await order.make();
    },
    async leave(host) {
      await Promise.allSettled(visits.get(host) ?? []);
    },
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(new ProvisionError('interrupted', 'interrupted while waiting for another host'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
