/** Docker's API over the connection that is there already: no login of its own, no port, no socket of this machine. */
import { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { ProvisionError } from '../../errors.ts';
import { sh } from '../../shell/sh.ts';
import type { Target } from '../contract.ts';

/** A client of the host's engine. Each request has a stream of its own, which ends with it. */
export function dockerOf(target: Target): Docker {
  const agent = new Agent();
  agent.createConnection = (_options, callback) => {
    target.stream(sh`docker system dial-stdio`).then(
      (stream) => callback?.(null, stream),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  };
  // All of it is given, so that nothing comes from a DOCKER_HOST of this machine. The host's name only fills a header.
  // The agent is known to dockerode, but not to its types.
  const options = { protocol: 'http' as const, host: 'docker', port: 80, agent };
  return new Docker(options);
}

/** The error to tell instead where there is no Docker on the host; undefined where it failed for another reason. */
function missingDocker(cause: unknown): ProvisionError | undefined {
  if (!(cause instanceof ProvisionError) || !/\bdocker: (command )?not found/.test(cause.detail ?? ''))
    return undefined;
  return new ProvisionError('apply-failed', 'there is no Docker on the host', {
    hint: 'Give the host the role `docker`, and name it before those that need it: `roles: [docker, stack]`.',
    cause,
  });
}

export interface Patience {
  readonly totalMs: number;
  /** Without any message from the engine. */
  readonly idleMs: number;
}

/**
 * Calls `onMessage` with each message of a streamed answer: one JSON text a line, as builds and pulls send them.
 *
 * @param request starts it; it is handed the signal that ends it
 * @param what what takes so long, for the error: `the build of shop/app`
 * @throws ProvisionError `command-timed-out`, `interrupted`
 */
export async function followStream(
  request: (signal: AbortSignal) => Promise<NodeJS.ReadableStream>,
  onMessage: (message: unknown) => void,
  { target, what, patience }: { target: Target; what: string; patience: Patience },
): Promise<void> {
  const limit = new AbortController();
  const total = setTimeout(() => limit.abort(`took longer than ${minutes(patience.totalMs)}`), patience.totalMs);
  const idle = setTimeout(() => limit.abort(`told nothing for ${minutes(patience.idleMs)}`), patience.idleMs);
  try {
    const answer = await request(AbortSignal.any([target.signal, limit.signal]));
    for await (const message of jsonLines(answer as Readable)) {
      idle.refresh();
      onMessage(message);
    }
  } catch (cause) {
    if (target.signal.aborted) throw new ProvisionError('interrupted', `${what} was interrupted`, { cause });
    if (!limit.signal.aborted) throw missingDocker(cause) ?? cause;
    throw new ProvisionError('command-timed-out', `${what} ${String(limit.signal.reason)}`, { cause });
  } finally {
    clearTimeout(total);
    clearTimeout(idle);
  }
}

async function* jsonLines(stream: Readable): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
  if (rest.trim() !== '') yield JSON.parse(rest);
}

function minutes(durationMs: number): string {
  return `${Math.round(durationMs / 60_000)} min`;
}

/** What the engine says went wrong, from the error of a request. */
export function engineError(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/socket hang up|ECONNRESET/.test(text)) return 'the Docker Engine of the host does not answer';
  // dockerode wraps it: `(HTTP code 404) unexpected - pull access denied `.
  return text.replace(/^\(HTTP code \d+\) [^-]+ - /, '').trim();
}

/** For people: `12.3 MiB`, `4 KiB`. */
export function formatSize(sizeBytes: number): string {
  const mebibytes = sizeBytes / 1024 ** 2;
  return mebibytes < 1 ? `${Math.ceil(sizeBytes / 1024)} KiB` : `${mebibytes.toFixed(1)} MiB`;
}
