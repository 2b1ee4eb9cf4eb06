/** Logs as they go on: containers that come and go, and hosts that are lost and found again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisionError } from '../errors.ts';
import { asProvisionError } from '../shell/redact.ts';
import type { LogSource } from './log-sources.ts';
import { hostOpener, type LogsOptions, type OpenHost, type PlannedHost, readLog, type ToldLine } from './open-logs.ts';

/** How often new containers are looked for, and a lost host is dialled again, milliseconds. */
const POLL_MS = 2_000;
/** How long a line that comes in waits for earlier ones of other logs, milliseconds. */
const HOLD_MS = 300;
/** At first, when the ends of all logs come in, the wait is longer. */
const FIRST_HOLD_MS = 1_000;
/** Where more lines than these wait to be told, the logs wait too. */
const MOST_HELD = 5_000;

/** Tells what is logged, on all hosts, until the user has enough. */
export async function followAll(hosts: readonly PlannedHost[], options: LogsOptions): Promise<void> {
  const held = holdLines(options.onLines);
  const openHost = hostOpener(options);
  await Promise.all(hosts.map((host) => followHost(host, () => openHost(host), options, held.add)));
  await held.end();
}

type Add = (line: ToldLine) => Promise<void>;

/** One host until the user has enough: its containers as they come and go, and over again where the connection was lost. */
async function followHost(
  { logHost: { name } }: PlannedHost,
  openHost: () => Promise<OpenHost>,
  options: LogsOptions,
  add: Add,
): Promise<void> {
  const { stop, onMissing } = options;
  // By log: the time of its last line, so that nothing comes twice and nothing is left out where it is opened again.
  const last = new Map<string, string>();
  const failures = tellOnce(options.onError);
  for (let isFirst = true; ; isFirst = false) {
    try {
      const open = await openHost();
      if (isFirst && open.missing !== undefined) onMissing([open.missing]);
      failures.forget();
      await followConnection(open, { ...options, onError: failures.tell }, add, last);
    } catch (error) {
      if (!stop.aborted) failures.tell(asProvisionError(error, name));
      const isLost = error instanceof ProvisionError && error.code === 'connection-lost';
      if (isFirst && !isLost) return;
    }
    if (stop.aborted) return;
    await sleep(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** A host that is down for an hour is dialled every other second: what is the same each time is told once. */
function tellOnce(onError: LogsOptions['onError']): { tell(error: ProvisionError): void; forget(): void } {
  const told = new Set<string>();
  return {
    tell(error) {
      const text = `${error.code} ${error.message}`;
      if (told.has(text)) return;
      told.add(text);
      onError(error);
    },
    forget: () => told.clear(),
  };
}

async function followConnection(
  open: OpenHost,
  options: LogsOptions,
  add: Add,
  last: Map<string, string>,
): Promise<void> {
  const { query, stop } = options;
  const onStop = () => void open.close();
  stop.addEventListener('abort', onStop, { once: true });
  const reading = new Set<string>();
  const ended = new Set<string>();

  async function read(source: LogSource, isNew: boolean): Promise<void> {
    reading.add(source.id);
    const after = last.get(source.id);
    // All of a container that has come since, and the rest of one that was followed before.
    const rest = isNew ? { tail: Infinity, sinceS: undefined } : {};
    const again = after === undefined ? rest : { tail: Infinity, sinceS: undefined, after };
    for await (const line of readLog(open.pool, source, { ...query, ...again }, options)) {
      last.set(source.id, line.at);
      await add(line);
    }
    reading.delete(source.id);
    ended.add(source.id);
  }

  try {
    let sources = open.sources;
    for (let isFirst = true; !stop.aborted; isFirst = false) {
      options.onSources(sources);
      for (const source of sources) {
        if (reading.has(source.id) || (ended.has(source.id) && !source.isRunning)) continue;
        void read(source, !isFirst);
      }
      await sleep(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
      if (!stop.aborted) sources = await open.look();
    }
  } finally {
    stop.removeEventListener('abort', onStop);
    await open.close();
  }
}

/** Lines wait a moment for earlier ones of other logs, and are then told in order. */
function holdLines(tell: LogsOptions['onLines']): { add: Add; end(): Promise<void> } {
  let held: { readonly line: ToldLine; readonly since: number }[] = [];
  let telling: Promise<void> = Promise.resolve();

  function flush(before: number): Promise<void> {
    const due = held.filter(({ since }) => since <= before).map(({ line }) => line);
    held = held.filter(({ since }) => since > before);
    const sorted = due.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    if (sorted.length > 0) telling = telling.then(() => tell(sorted));
    return telling;
  }

  const opened = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - opened >= FIRST_HOLD_MS) void flush(now - HOLD_MS);
  }, HOLD_MS / 2);
  return {
    async add(line) {
      held.push({ line, since: performance.now() });
      if (held.length > MOST_HELD) await flush(Infinity);
    },
    async end() {
      clearInterval(timer);
      await flush(Infinity);
    },
  };
}
