/** The logs of one host, open to be read. */
import { evaluateBalancer, type PlacedResource } from '../engine/evaluate.ts';
import { ASSUMED_FACTS } from '../engine/facts.ts';
import type { FactsMemory } from '../engine/facts-memory.ts';
import type { PreparedHost } from '../engine/host-run.ts';
import type { ProvisionError } from '../errors.ts';
import { generatedSecret } from '../resources/generated-secret.ts';
import { asProvisionError, redact } from '../shell/redact.ts';
import { slots } from '../transport/slots.ts';
import { openConnection } from './each-host.ts';
import { type LogLine, readLogLine, splitLines } from './log-lines.ts';
import {
  containersProbe,
  type LogHost,
  type LogQuery,
  type LogSource,
  logScript,
  type MissingContainers,
  missingOf,
  servicesIn,
  sourcesOf,
} from './log-sources.ts';
import { lookAtHost } from './look.ts';
import { type StreamPool, streamPool } from './stream-pool.ts';

/** A line, and where it comes from. Known secrets stand in it as `<secret>`. */
export interface ToldLine extends LogLine {
  readonly host: string;
  /** `app-1`, `haproxy`, `provision`. */
  readonly name: string;
}

export interface LogsOptions {
  /** Services, replicas, or other logs; none means all containers. */
  readonly words: readonly string[];
  readonly query: LogQuery;
  /** How many hosts are opened at a time. */
  readonly forks: number;
  readonly facts: FactsMemory;
  /** Aborted when nobody wants more lines. */
  readonly stop: AbortSignal;
  /** Called for each host whose logs are open, or cannot be opened. */
  readonly onOpened: (host: string) => void;
  /** Called with the logs that were found, before their lines. */
  readonly onSources: (sources: readonly LogSource[]) => void;
  /** Called with hosts that have no containers of what is wanted. */
  readonly onMissing: (missing: readonly MissingContainers[]) => void;
  /** Called with the lines, in order; what it returns is waited for. */
  readonly onLines: (lines: readonly ToldLine[]) => Promise<void>;
  /** Called with what goes wrong while the rest goes on. */
  readonly onError: (error: ProvisionError) => void;
}

/** A host whose logs are open. */
export interface OpenHost {
  readonly pool: StreamPool;
  readonly sources: readonly LogSource[];
  readonly missing: MissingContainers | undefined;
  look(): Promise<readonly LogSource[]>;
  close(): Promise<void>;
}

/** A host before it is touched. */
export interface PlannedHost {
  readonly prepared: PreparedHost;
  readonly logHost: LogHost;
}

export function logHostOf({ task, placed, remembered = ASSUMED_FACTS }: PreparedHost): LogHost {
  return {
    name: task.name,
    services: servicesIn(placed),
    isBalancer: evaluateBalancer(task, remembered) !== undefined,
  };
}

/** Opens hosts, as many at a time as `forks` says. */
export function hostOpener(options: LogsOptions): (host: PlannedHost) => Promise<OpenHost> {
  const take = slots(options.forks);
  return async (host) => {
    const release = await take();
    try {
      return await openHost(host, options);
    } finally {
      release();
      options.onOpened(host.logHost.name);
    }
  };
}

/** Secrets that the host keeps are read first: none of them is to stand in a line. */
async function openHost({ prepared, logHost }: PlannedHost, { words, stop }: LogsOptions): Promise<OpenHost> {
  const connection = await openConnection(prepared.task, stop);
  const pool = streamPool(connection, () => openConnection(prepared.task, stop));
  const close = async () => {
    await Promise.all([pool.close(), connection.close()]);
  };
  try {
    const projects = [...new Set(logHost.services.map(({ project }) => project))];
    const probe = containersProbe(projects);
    const isSecret = ({ resource }: PlacedResource) => resource.kind.kind === generatedSecret.kind;
    const { answers } = await lookAtHost(prepared, connection, () => [probe], isSecret);
    const look = async () => sourcesOf(logHost, words, (await connection.run(probe)).stdout);
    const sources = sourcesOf(logHost, words, answers[0] ?? '');
    return { pool, sources, missing: missingOf(logHost, words, sources), look, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Reads a log to its end. What goes wrong with it is told, and ends it. */
export async function* readLog(pool: StreamPool, source: LogSource, query: LogQuery, options: LogsOptions) {
  const { host, name, format } = source;
  let at = query.after ?? '';
  try {
    const stream = await pool.stream(logScript(source, query));
    const end = () => void stream.destroy();
    options.stop.addEventListener('abort', end, { once: true });
    try {
      for await (const text of splitLines(stream)) {
        const line = readLogLine(format, text, at);
        if (isTooOld(line, query)) continue;
        at = line.at;
        yield { host, name, at, text: redact(line.text) } satisfies ToldLine;
      }
    } finally {
      options.stop.removeEventListener('abort', end);
      stream.destroy();
    }
  } catch (error) {
    if (!options.stop.aborted) options.onError(asProvisionError(error, host));
  }
}

/** Docker and the journal are asked for no more; with our own log, and where one is opened again, some may come twice. */
function isTooOld({ at }: LogLine, { after, sinceS }: LogQuery): boolean {
  if (after !== undefined && at <= after) return true;
  return sinceS !== undefined && at !== '' && Date.parse(`${at}Z`) < Date.now() - (sinceS + 1) * 1000;
}
