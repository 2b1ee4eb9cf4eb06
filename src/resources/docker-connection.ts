/** Docker's API over the connection that is there already: no login, no port, and no socket of this machine. */
import { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { sh } from '../shell/sh.ts';
import type { Target } from './contract.ts';

/** A client for the host's engine. Each request has a stream of its own, which ends with it. */
export function dockerOf(target: Target): Docker {
  const agent = new Agent();
  agent.createConnection = (_options, callback) => {
    target.stream(sh`docker system dial-stdio`).then(
      (stream) => callback?.(null, stream),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  };
  // All is given, so that nothing is taken from a DOCKER_HOST of this machine. The host's name only fills a header.
  return new Docker({ protocol: 'http', host: 'docker', port: 80, agent });
}

/** The messages of a streamed answer, one JSON text a line, as builds and pulls send them. */
export async function* jsonLines(stream: Readable): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
  if (rest.trim() !== '') yield JSON.parse(rest);
}
