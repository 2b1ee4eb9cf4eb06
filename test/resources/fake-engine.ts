/** A Docker Engine that plays a part: it answers builds and pulls with the messages it is given. */
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { type LocalTarget, localTarget } from './local-target.ts';

export interface FakeEngine {
  /** A host whose `docker system dial-stdio` reaches this engine. */
  readonly target: LocalTarget;
  readonly requests: { readonly path: string; readonly query: Record<string, string>; readonly body: Buffer }[];
  close(): void;
}

export interface Answer {
  readonly status?: number;
  /** Sent one a line. */
  readonly messages: readonly object[];
  /** Leave the answer open: the engine hangs. */
  readonly hang?: boolean;
}

let count = 0;

export async function fakeEngine(answer: Answer): Promise<FakeEngine> {
  const requests: FakeEngine['requests'] = [];
  const socketPath = join(tmpdir(), `fake-engine-${process.pid}-${count++}.sock`);
  const server = createServer(async (request, response) => {
    requests.push(await read(request));
    response.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json' });
    const text = answer.messages.map((message) => `${JSON.stringify(message)}\r\n`).join('');
    // In pieces that part characters, as networks do.
    for (const byte of [text.slice(0, 0), text]) response.write(Buffer.from(byte));
    if (!answer.hang) response.end();
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const target = localTarget();
  return {
    target: { ...target, stream: async () => connect(socketPath) },
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function read(request: IncomingMessage): Promise<FakeEngine['requests'][number]> {
  const url = new URL(request.url ?? '', 'http://docker');
  const body = await buffer(request);
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  return { path: url.pathname, query: Object.fromEntries(url.searchParams), body: isGzip ? gunzipSync(body) : body };
}
