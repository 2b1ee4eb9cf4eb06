import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTogether } from '../../src/transport/tcp.ts';

describe('a stream whose writes go out together', () => {
  let server: Server;
  let near: Socket;
  let far: Socket;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    near = connect((server.address() as { port: number }).port, '127.0.0.1');
    [far] = (await once(server, 'connection')) as [Socket];
    writeTogether(near);
  });

  afterEach(() => {
    near.destroy();
    far.destroy();
    server.close();
  });

  it('sends what is written at one time in one piece, in its order', async () => {
    const writes: number[] = [];
    const handle = (near as unknown as { _writev(chunks: readonly unknown[], done: () => void): void })._writev;
    (near as unknown as { _writev: typeof handle })._writev = function (this: Socket, chunks, done) {
      writes.push(chunks.length);
      handle.call(this, chunks, done);
    };
    for (const text of ['length ', 'text ', 'seal']) near.write(text);
    expect(String((await once(far, 'data'))[0])).toBe('length text seal');
    for (const text of ['next ', 'message']) near.write(text);
    expect(String((await once(far, 'data'))[0])).toBe('next message');
    expect(writes).toEqual([3, 2]);
  });

  it('sends all that was written before its end', async () => {
    let received = '';
    far.on('data', (data) => {
      received += String(data);
    });
    near.write('bye ');
    near.end('bye');
    await once(far, 'end');
    expect(received).toBe('bye bye');
  });

  it('tells when there is too much of it', async () => {
    while (near.write(Buffer.alloc(64 * 1024 - 1))) await nextTurn();
    far.resume();
    await once(near, 'drain');
  });

  it('may be any stream', async () => {
    const chunks: string[] = [];
    const stream = new Duplex({
      read() {},
      write(chunk, _, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    writeTogether(stream);
    stream.write('a');
    stream.write('b');
    await nextTurn();
    expect(chunks).toEqual(['a', 'b']);
  });
});
