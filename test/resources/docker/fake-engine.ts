/** A host whose Docker Engine plays a part: it answers builds and pulls with the messages it is given. */
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { scriptText } from '../../../src/shell/sh.ts';
import { type LocalTarget, localTarget } from '../local-target.ts';

export interface Answer {
  readonly status?: number;
  /** Sent one a line. */
  readonly messages: readonly object[];
  /** The engine never ends its answer. */
  readonly hangs?: boolean;
}

export interface FakeEngine {
  readonly target: LocalTarget;
  readonly requests: readonly Request[];
  close(): void;
}

export interface Request {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Of the header X-Registry-Auth. */
  readonly credentials: unknown;
  /** Unpacked. */
  readonly body: Buffer;
}

export interface HostState {
  /** Images of which the host says that it lacks them. */
  readonly missing?: readonly string[];
  /** Root's ~/.docker/config.json. */
  readonly config?: string;
  /** The image that was built before is still there. */
  readonly keepsBuilt?: boolean;
}

const PIECE_BYTES = 7;
let count = 0;

/** @param answers one for each request, in their order; the last one is repeated */
export async function fakeEngine(
  answers: readonly Answer[],
  { missing = [], config = '', keepsBuilt = false }: HostState = {},
): Promise<FakeEngine> {
  const requests: Request[] = [];
  const socketPath = join(tmpdir(), `engine-${process.pid}-${count++}.sock`);
  const server = createServer(async (request, response) => {
    const answer = answers[requests.length] ?? answers.at(-1);
    requests.push(await read(request));
    response.writeHead(answer?.status ?? 200, { 'Content-Type': 'application/json' });
    const text = Buffer.from(answer?.messages.map((message) => `${JSON.stringify(message)}\r\n`).join('') ?? '');
    // In pieces that part lines and characters, as networks do.
    for (let at = 0; at < text.length; at += PIECE_BYTES) response.write(text.subarray(at, at + PIECE_BYTES));
    if (!answer?.hangs) response.end();
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const target: LocalTarget = {
    ...localTarget(),
    run: async (script) => {
      const isRestore = scriptText(script).includes('docker tag');
      return {
        code: isRestore && !keepsBuilt ? 1 : 0,
        stdout: missing.map((image) => `${image}\n`).join(''),
        stderr: '',
      };
    },
    stream: async (script) => (scriptText(script).startsWith('cat ') ? readOnly(config) : connect(socketPath)),
  };
  return {
    target,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function readOnly(content: string): Duplex {
  const writable = new Writable({ write: (_chunk, _encoding, done) => done() });
  return Duplex.from({ readable: Readable.from([Buffer.from(content)]), writable });
}

async function read(request: IncomingMessage): Promise<Request> {
  const url = new URL(request.url ?? '', 'http://docker');
  const body = await buffer(request);
  const auth = request.headers['x-registry-auth'];
  return {
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    credentials: typeof auth === 'string' ? JSON.parse(Buffer.from(auth, 'base64url').toString()) : undefined,
    body: body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body,
  };
}

export interface Step {
  readonly digest: string;
  readonly name: string;
  readonly done?: boolean;
  readonly error?: string;
}

/** A message of BuildKit: StatusResponse in protobuf, with numbers that a reader must pass over. */
export function trace(steps: readonly Step[], logs: readonly { step: string; text: string }[] = []): object {
  const vertexes = steps.map(({ digest, name, done, error = '' }) => [
    field(1, digest),
    field(2, 'an input'),
    field(3, name),
    number(4, 1),
    field(5, number(1, 1_795_221_572)),
    done ? field(6, number(1, 1_795_221_573)) : Buffer.alloc(0),
    field(7, error),
  ]);
  const outputs = logs.map(({ step, text }) => [field(1, step), number(3, 2), field(4, text)]);
  const message = Buffer.concat([
    ...vertexes.map((parts) => field(1, Buffer.concat(parts))),
    ...outputs.map((parts) => field(3, Buffer.concat(parts))),
  ]);
  return { id: 'moby.buildkit.trace', aux: message.toString('base64') };
}

function field(tag: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(tag * 8 + 2), varint(bytes.length), bytes]);
}

function number(tag: number, value: number): Buffer {
  return Buffer.concat([varint(tag * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
