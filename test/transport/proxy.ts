/** A TCP proxy that loses connections as networks do, and counts round trips. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TestProxy {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** How often the client has waited for an answer: changes of direction, from the server's data to the client's. */
  readonly roundTrips: number;
  /** Drops as many of the next connections before a byte was sent. */
  dropNext(count: number): void;
  /** Cuts all connections. */
  cut(): void;
  /** Lets nothing pass any more, without a word to either side. */
  freeze(): void;
  stop(): void;
}

export async function startProxy(target: number): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let roundTrips = 0;
  let drops = 0;
  let isFrozen = false;

  const server = createServer({ noDelay: true }, (client) => {
    connections++;
    sockets.add(client);
    client.on('error', () => {});
    if (drops > 0) {
      drops--;
      client.destroy();
      return;
    }
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    sockets.add(upstream);
    let lastFrom: 'client' | 'server' | undefined;
    upstream.on('error', () => {});
    client.on('data', (chunk) => {
      if (lastFrom === 'server') roundTrips++;
      lastFrom = 'client';
      if (!isFrozen) upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      lastFrom = 'server';
      if (!isFrozen) client.write(chunk);
    });
    client.on('close', () => isFrozen || upstream.destroy());
    upstream.on('close', () => isFrozen || client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get roundTrips() {
      return roundTrips;
    },
    dropNext(count) {
      drops = count;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    freeze() {
      isFrozen = true;
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
