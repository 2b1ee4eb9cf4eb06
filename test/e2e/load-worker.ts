/** The clients of load.ts, in a thread of their own. */
import { get as getHttp, Agent as HttpAgent } from 'node:http';
import { get as getHttps, Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { LoadCounts, LoadOrder, LoadReport } from './load.ts';

const ANSWER_LIMIT_MS = 10_000;

const { urls, paths, clients, pauseMs, atLeast, limitMs } = workerData as LoadOrder;

const latenciesMs: number[] = [];
const failures: Record<string, number> = {};
let failed = 0;
let longestGapMs = 0;
let lastOkMs = performance.now();
/** Until when the clients go on: once the work is done, until there were enough requests. */
let deadlineMs = Number.POSITIVE_INFINITY;
let isWorkDone = false;

function goesOn(): boolean {
  return !isWorkDone || (latenciesMs.length + failed < atLeast && performance.now() < deadlineMs);
}

/** Asks until the end; each client begins at another path. */
async function client(index: number, onFirst: () => void): Promise<void> {
  const options = { keepAlive: index % 2 === 0, maxSockets: 1 };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  for (let i = index; goesOn(); i += 1) {
    const url = `${urls[i % urls.length]}${paths[Math.floor(i / urls.length) % paths.length]}`;
    const startedMs = performance.now();
    count(url, startedMs, await ask(url, agents));
    if (i === index) onFirst();
    await sleep(pauseMs);
  }
  agents.http.destroy();
  agents.https.destroy();
}

function count(url: string, startedMs: number, problem: string | undefined): void {
  const nowMs = performance.now();
  // Of a site that does not come back, the gap that never ended counts as well.
  longestGapMs = Math.max(longestGapMs, nowMs - lastOkMs);
  if (problem === undefined) {
    lastOkMs = nowMs;
    latenciesMs.push(nowMs - startedMs);
    return;
  }
  failed += 1;
  failures[`${url}: ${problem}`] = (failures[`${url}: ${problem}`] ?? 0) + 1;
}

/** Undefined where the whole answer came, with 200; else what was wrong. */
function ask(
  url: string,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const isHttps = url.startsWith('https:');
    const asked = (isHttps ? getHttps : getHttp)(
      url,
      { agent: isHttps ? agents.https : agents.http, rejectUnauthorized: false },
      (response) => {
        response.on('error', (error) => end(nameOf(error)));
        response.on('end', () => end(response.statusCode === 200 ? undefined : `status ${response.statusCode}`));
        response.resume();
      },
    );
    // The whole answer counts, not its first byte.
    const timer = setTimeout(() => {
      end(`no answer within ${ANSWER_LIMIT_MS / 1000} s`);
      asked.destroy();
    }, ANSWER_LIMIT_MS);
    asked.on('error', (error) => end(nameOf(error)));

    function end(problem: string | undefined): void {
      clearTimeout(timer);
      resolve(problem);
    }
  });
}

function nameOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

function counts(): LoadCounts {
  latenciesMs.sort((a, b) => a - b);
  const at = (part: number) => Number((latenciesMs[Math.floor(latenciesMs.length * part)] ?? Number.NaN).toFixed(1));
  return {
    total: latenciesMs.length + failed,
    failed,
    failures,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestGapMs: Math.round(longestGapMs),
  };
}

function tell(report: LoadReport): void {
  parentPort?.postMessage(report);
}

parentPort?.once('message', () => {
  isWorkDone = true;
  deadlineMs = performance.now() + limitMs;
});

let started = 0;
const running = Array.from({ length: clients }, (_, index) =>
  client(index, () => {
    started += 1;
    if (started === clients) tell('started');
  }),
);
await Promise.all(running);
tell(counts());
