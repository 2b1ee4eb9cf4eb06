/** A load of our own: clients that keep asking a site while something is done to it, and count what a visitor would have noticed. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

export interface LoadOptions {
  /** Where the site answers: `https://127.0.0.1:8443`. Several for several load balancers, which are asked in turn. */
  readonly urls: readonly string[];
  /** Asked in turn; default `/`, `/status` and `/redis-hits`. */
  readonly paths?: readonly string[];
  /** Half of them keep their connection, half open a new one for each request. Default 16. */
  readonly clients?: number;
  /** Between an answer and the client's next request; default 100: the load must leave the machine room for the work. */
  readonly pauseMs?: number;
  /** Goes on after the work until so many requests are answered, five minutes at most. Default 0. */
  readonly atLeast?: number;
  /** Goes on so long after the work in any case: what it broke may show late. Default 1000. */
  readonly afterMs?: number;
}

/** What the worker thread is started with. */
export interface LoadOrder extends Required<Omit<LoadOptions, 'afterMs'>> {
  readonly limitMs: number;
}

export interface LoadCounts {
  readonly total: number;
  /** Resets, broken answers, no whole answer within 10 s, any status but 200. */
  readonly failed: number;
  /** How often what failed: `https://127.0.0.1:8443/status: status 503`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of answers with 200; NaN where there was none. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The longest time in which no client got an answer with 200. */
  readonly longestGapMs: number;
}

export interface Load<T> extends LoadCounts {
  /** What the work gave. */
  readonly result: T;
}

/** From the worker: every client has asked once; or, at the end, the counts. */
export type LoadReport = 'started' | LoadCounts;
const EXTRA_LIMIT_MS = 300_000;

/**
 * Runs `work` while clients keep asking; they begin before it and end after it. They live in a thread of their own, so that
 * a busy test does not pass for a slow site.
 * @throws what `work` throws
 */
export async function withLoad<T>(options: LoadOptions, work: () => Promise<T>): Promise<Load<T>> {
  const {
    urls,
    paths = ['/', '/status', '/redis-hits'],
    clients = 16,
    pauseMs = 100,
    atLeast = 0,
    afterMs = 1000,
  } = options;
  const workerData: LoadOrder = { urls, paths, clients, pauseMs, atLeast, limitMs: EXTRA_LIMIT_MS };
  const worker = new Worker(new URL('./load-worker.ts', import.meta.url), { workerData });
  async function workUnderLoad(): Promise<T> {
    const result = await work();
    await sleep(afterMs);
    worker.postMessage('the work is done');
    return result;
  }
  try {
    await report(worker);
    const [counts, result] = await Promise.all([report(worker), workUnderLoad()]);
    if (counts === 'started') throw new Error('the load reported its start twice');
    return { ...counts, result };
  } finally {
    await worker.terminate();
  }
}

/** The next report. @throws what ended the worker */
async function report(worker: Worker): Promise<LoadReport> {
  const [message] = (await once(worker, 'message')) as [LoadReport];
  return message;
}
