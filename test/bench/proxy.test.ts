import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DelayProxy, startProxy } from '../../bench/proxy.ts';

const ROUND_TRIP_MS = 60;

let server: Server;
let proxy: DelayProxy;
const clients: Socket[] = [];

/** Answers each line with itself; says hello to begin with where it is told to. */
async function start(roundTripMs: number, hello = ''): Promise<void> {
  server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    if (hello !== '') socket.write(hello);
    socket.on('data', (chunk) => socket.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await startProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, roundTripMs);
}

async function dial(): Promise<Socket> {
  const client = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true });
  clients.push(client);
  client.on('error', () => {});
  await once(client, 'connect');
  return client;
}

async function heard(client: Socket, length: number): Promise<string> {
  let text = '';
  while (text.length < length) text += String(await once(client, 'data'));
  return text;
}

async function ask(client: Socket, line: string): Promise<string> {
  client.write(line);
  return heard(client, line.length);
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.stop();
  await new Promise((resolve) => server.close(resolve));
});

describe('a proxy without delay', () => {
  beforeEach(() => start(0));

  it('counts the opening and each answer that is waited for', async () => {
    const client = await dial();
    for (const line of ['a', 'b', 'c']) expect(await ask(client, line)).toBe(line);
    expect(proxy).toMatchObject({ connections: 1, roundTrips: 4 });
  });

  it('counts those of all connections, and from zero again only those of new ones', async () => {
    await ask(await dial(), 'a');
    const second = await dial();
    await ask(second, 'b');
    expect(proxy).toMatchObject({ connections: 2, roundTrips: 4 });
    proxy.reset();
    await ask(second, 'c');
    expect(proxy).toMatchObject({ connections: 0, roundTrips: 0 });
    await ask(await dial(), 'd');
    expect(proxy).toMatchObject({ connections: 1, roundTrips: 2 });
  });

  it('passes on that one side has ended', async () => {
    const client = await dial();
    await ask(client, 'a');
    client.end();
    await once(client, 'close');
  });
});

describe('a proxy with delay', () => {
  it('delays the opening and each answer by a round trip', async () => {
    await start(ROUND_TRIP_MS);
    const startedMs = performance.now();
    const client = await dial();
    await ask(client, 'a');
    await ask(client, 'b');
    expect(performance.now() - startedMs).toBeGreaterThan(3 * ROUND_TRIP_MS - 5);
    expect(proxy.roundTrips).toBe(3);
  });

  it('counts once what is asked without waiting for each other', async () => {
    await start(ROUND_TRIP_MS);
    const client = await dial();
    client.write('a');
    setTimeout(() => client.write('b'), ROUND_TRIP_MS / 3);
    expect(await heard(client, 2)).toBe('ab');
    expect(proxy.roundTrips).toBe(2);
  });

  it('does not take for an answer what the server says by itself', async () => {
    await start(ROUND_TRIP_MS, 'hello');
    const client = await dial();
    client.write('a');
    expect(await heard(client, 6)).toBe('helloa');
    expect(proxy.roundTrips).toBe(2);
  });
});
