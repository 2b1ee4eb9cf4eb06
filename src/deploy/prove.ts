/** The proof of a deploy: clients of our own that keep asking the site while it runs, and what they saw. */
import type http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisionError } from '../errors.ts';
import { addLatency, type Latencies, newLatencies, quantileMs } from './latencies.ts';
import { checkProofUrl, createAgent, failureOf } from './site-request.ts';

const PHASES = ['before', 'during', 'after'] as const;

export type ProofPhase = (typeof PHASES)[number];

export interface ProofOptions {
  readonly url: string;
  /** Half of them keep their connection, half open a new one for each request. */
  readonly clients?: number;
  /** The pause of a client between an answer and its next request. */
  readonly intervalMs?: number;
  /** The limit of a whole request, from its connection to the end of its answer. */
  readonly timeoutMs?: number;
}

export interface Proof {
  /**
   * Waits for the first request to end, and looks whether the site has answered at all before the deploy.
   * @throws ProvisionError `proof-impossible` where each request so far has failed
   */
  requireAnswer(): Promise<void>;
  /** The phases, in this order; the first is `before`. A request counts for the phase in which it began. */
  enter(phase: Exclude<ProofPhase, 'before'>): void;
  /** Asks no more, waits for the answers that are on their way (at most `timeoutMs`), and closes every connection. */
  stop(): Promise<ProofReport>;
}

export interface PhaseReport {
  readonly requests: number;
  readonly failures: number;
  /** The longest time without a good answer, as far as it lies in this phase. */
  readonly longestGapMs: number;
  /** Of the good answers, up to the end of their bodies, within 1.5 %; none where no answer was good. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export interface ProofReport {
  readonly url: string;
  /** From the start to `stop()`. */
  readonly durationMs: number;
  readonly phases: Readonly<Record<ProofPhase, PhaseReport>>;
  /** Why requests failed, the most frequent reason first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly requests: number;
  readonly failures: number;
  /** The longest time without a good answer: one that reaches over the end of a phase counts as a whole here. */
  readonly longestGapMs: number;
}

interface Tally {
  requests: number;
  failures: number;
  longestGapMs: number;
  readonly latencies: Latencies;
}

/**
 * Keeps asking the site until `stop()`.
 * @throws ProvisionError `usage`, see `checkProofUrl`
 */
export function startProof({ url, clients = 8, intervalMs = 50, timeoutMs = 10_000 }: ProofOptions): Proof {
  const site = checkProofUrl(url);
  const startedAt = performance.now();
  const tallies = { before: newTally(), during: newTally(), after: newTally() };
  const reasons = new Map<string, number>();
  const stopping = new AbortController();
  const firstEnd = Promise.withResolvers<void>();
  let phase: ProofPhase = 'before';
  let enteredAt = startedAt;
  let lastGoodAt = startedAt;
  let longestGapMs = 0;
  let stopped: Promise<ProofReport> | undefined;

  /** Looks at the time since the last good answer: at the next one, and where a phase or the proof ends. */
  function measureGap(now: number): void {
    const tally = tallies[phase];
    tally.longestGapMs = Math.max(tally.longestGapMs, now - Math.max(lastGoodAt, enteredAt));
    longestGapMs = Math.max(longestGapMs, now - lastGoodAt);
  }

  function seeGood(tally: Tally, latencyMs: number, now: number): void {
    addLatency(tally.latencies, latencyMs);
    // Once nobody asks any more, the time between answers says nothing.
    if (stopping.signal.aborted) return;
    measureGap(now);
    lastGoodAt = now;
  }

  async function ask(agent: http.Agent): Promise<void> {
    const tally = tallies[phase];
    const askedAt = performance.now();
    const reason = await failureOf(site, agent, timeoutMs);
    const now = performance.now();
    tally.requests++;
    firstEnd.resolve();
    if (reason === undefined) return seeGood(tally, now - askedAt, now);
    tally.failures++;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  /** Settles early when the proof is stopped. */
  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
  }

  async function client(index: number): Promise<void> {
    const agent = createAgent(site, index % 2 === 0);
    // Clients that ask in step would leave gaps of their own.
    await pause((index * intervalMs) / clients);
    while (!stopping.signal.aborted) {
      await ask(agent);
      await pause(intervalMs);
    }
    agent.destroy();
  }

  const running = Array.from({ length: clients }, (_, index) => client(index));

  async function finish(): Promise<ProofReport> {
    const stoppedAt = performance.now();
    measureGap(stoppedAt);
    stopping.abort();
    await Promise.all(running);
    const all = PHASES.map((name) => tallies[name]);
    return {
      url: site.href,
      durationMs: Math.round(stoppedAt - startedAt),
      phases: {
        before: phaseReport(tallies.before),
        during: phaseReport(tallies.during),
        after: phaseReport(tallies.after),
      },
      reasons: reasonsByCount(reasons),
      requests: all.reduce((sum, { requests }) => sum + requests, 0),
      failures: all.reduce((sum, { failures }) => sum + failures, 0),
      longestGapMs: Math.round(longestGapMs),
    };
  }

  return {
    requireAnswer: async () => {
      await firstEnd.promise;
      const { requests, failures } = tallies.before;
      if (requests === failures) throw unanswered(site, reasons);
    },
    enter: (next) => {
      const now = performance.now();
      measureGap(now);
      phase = next;
      enteredAt = now;
    },
    stop: () => {
      stopped ??= finish();
      return stopped;
    },
  };
}

function reasonsByCount(reasons: ReadonlyMap<string, number>): ProofReport['reasons'] {
  return Array.from(reasons, ([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count);
}

function unanswered({ href }: URL, reasons: ReadonlyMap<string, number>): ProvisionError {
  const told = reasonsByCount(reasons).map(
    ({ reason, count }) => `${count} ${count === 1 ? 'request' : 'requests'}: ${reason}`,
  );
  return new ProvisionError('proof-impossible', `${href} answered no request well before the deploy`, {
    detail: told.join('\n'),
    hint: 'Nothing was touched. Say where visitors find the site: --prove=https://shop.example.com/. Where it is down, go on without --prove.',
  });
}

function newTally(): Tally {
  return { requests: 0, failures: 0, longestGapMs: 0, latencies: newLatencies() };
}

function phaseReport({ requests, failures, longestGapMs, latencies }: Tally): PhaseReport {
  const counts = { requests, failures, longestGapMs: Math.round(longestGapMs) };
  if (requests === failures) return counts;
  return { ...counts, p50Ms: quantileMs(latencies, 0.5), p99Ms: quantileMs(latencies, 0.99) };
}
