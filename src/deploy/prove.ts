/** The proof of a deploy: clients of our own that keep asking the site while it runs, and what they saw. */
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisionError } from '../errors.ts';
import { addLatency, type Latencies, newLatencies, quantileMs } from './latencies.ts';

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

const REASONS: Readonly<Record<string, string>> = {
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
  ETIMEDOUT: 'no connection',
};

/**
 * Checks the address of a site that is to be asked.
 * @throws ProvisionError `usage` for what is no http(s) URL, or holds a password
 */
export function checkProofUrl(url: string): URL {
  const site = URL.parse(url);
  if (site !== null && /^https?:$/.test(site.protocol)) {
    if (site.username === '' && site.password === '') return site;
    throw new ProvisionError('usage', 'the address to prove holds a user name or a password', {
      hint: 'Leave them out: a site that answers 401 counts as answering.',
    });
  }
  // What we cannot read may still hold a password.
  const shown = url.includes('@') ? 'the address to prove' : JSON.stringify(url);
  throw new ProvisionError('usage', `${shown} is no http or https URL`, {
    hint: 'Write it with its scheme, such as https://www.example.com/.',
  });
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
      reasons: Array.from(reasons, ([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count),
      requests: all.reduce((sum, { requests }) => sum + requests, 0),
      failures: all.reduce((sum, { failures }) => sum + failures, 0),
      longestGapMs: Math.round(longestGapMs),
    };
  }

  return {
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

/** @returns why the site did not answer, or `status 404` and the like; undefined where it answered well */
export async function askOnce(url: string, timeoutMs: number): Promise<string | undefined> {
  const site = checkProofUrl(url);
  const agent = createAgent(site, false);
  try {
    return await failureOf(site, agent, timeoutMs);
  } finally {
    agent.destroy();
  }
}

/**
 * Asks once: why the request failed, or undefined where it was answered. Redirects are answers, and not followed.
 * Nothing is repeated, though a browser would ask again where a connection that it had kept is reset.
 */
function failureOf(site: URL, agent: http.Agent, timeoutMs: number): Promise<string | undefined> {
  const { get } = site.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    const settle = (reason: string | undefined) => {
      clearTimeout(deadline);
      resolve(reason);
    };
    const request = get(site, { agent, headers: { 'user-agent': 'provision' } }, (response) => {
      response.on('end', () => settle(statusFailure(response.statusCode ?? 0)));
      response.on('error', () => settle('answer cut off'));
      response.resume();
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const { code = error.message } = error;
      settle(REASONS[code] ?? code);
    });
    const deadline = setTimeout(() => {
      settle(`no answer within ${timeoutMs / 1000} s`);
      request.destroy();
    }, timeoutMs);
  });
}

/** A site may want a password: that it asks for one is an answer. */
function statusFailure(status: number): string | undefined {
  return status >= 400 && status !== 401 ? `status ${status}` : undefined;
}

/**
 * The agent of one client. Without `keepAlive` the client closes its connection after each answer, as a visitor who
 * leaves does: without `maxSockets`, node would ask the site to close it (`connection: close`).
 */
function createAgent(site: URL, keepAlive: boolean): http.Agent {
  if (site.protocol === 'http:') return new http.Agent({ keepAlive, maxSockets: 1 });
  // The proof is about outages, and certificates that we signed ourselves are common: they are not verified.
  // No TLS session is resumed, for a new visitor has none.
  return new https.Agent({ keepAlive, maxSockets: 1, maxCachedSessions: 0, rejectUnauthorized: false });
}

function newTally(): Tally {
  return { requests: 0, failures: 0, longestGapMs: 0, latencies: newLatencies() };
}

function phaseReport({ requests, failures, longestGapMs, latencies }: Tally): PhaseReport {
  const counts = { requests, failures, longestGapMs: Math.round(longestGapMs) };
  if (requests === failures) return counts;
  return { ...counts, p50Ms: quantileMs(latencies, 0.5), p99Ms: quantileMs(latencies, 0.99) };
}
