/**
 * A TCP proxy that makes a near host a far one: what goes through it is late by half a round trip in each direction. It also
 * counts the round trips that were waited for. Windows and losses of real networks are not imitated.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DelayProxy {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Connections since the last `reset`. */
  readonly connections: number;
  /**
   * How many round trips these connections waited for, one after the other: opening each counts as one, and each answer that came
   * before the next thing was said as a further one. Questions sent without waiting for each other share theirs.
   */
  readonly roundTrips: number;
  /** Counts from zero again, and connections that stand already no more: what is kept from run to run is none of the next one's. */
  reset(): void;
  stop(): Promise<void>;
}

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

export async function startProxy(target: ProxyTarget, roundTripMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let roundTrips = 0;
  let count = 1;

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    connections += 1;
    roundTrips += 1;
    void relay(client);
  });

  /**
   * Each side knows after how many round trips it has heard what it last heard, as with Lamport's clocks: what the server says is
   * one later than the latest of what it answers, and what the client says as late as the latest that it knows.
   */
  async function relay(client: Socket): Promise<void> {
    const known = { client: 0, server: 0 };
    const countedIn = count;
    const upstream = Promise.withResolvers<Socket>();
    keep(client, () => void upstream.promise.then((socket) => socket.destroy()));
    client.on('data', (chunk) => {
      const said = known.client;
      after(
        () => upstream.promise,
        (socket) => {
          known.server = Math.max(known.server, said + 1);
          socket.write(chunk);
        },
      );
    });
    client.on('end', () =>
      after(
        () => upstream.promise,
        (socket) => socket.end(),
      ),
    );

    // The client believes to be connected already. Far away it would only after a round trip, and its first word, or the knowledge
    // of the server that somebody is there, would take half of another one.
    if (roundTripMs > 0) await sleep(1.5 * roundTripMs);
    const socket = connect({ ...target, noDelay: true, allowHalfOpen: true });
    keep(socket, () => client.destroy());
    socket.on('data', (chunk) => {
      const said = known.server;
      after(
        () => Promise.resolve(client),
        () => {
          if (countedIn === count) roundTrips += Math.max(0, said - known.client);
          known.client = Math.max(known.client, said);
          client.write(chunk);
        },
      );
    });
    socket.on('end', () =>
      after(
        () => Promise.resolve(client),
        () => client.end(),
      ),
    );
    upstream.resolve(socket);
  }

  /** Timers of the same length end in the order in which they began, and so nothing overtakes. */
  function after(to: () => Promise<Socket>, work: (socket: Socket) => void): void {
    setTimeout(() => void to().then((socket) => socket.destroyed || work(socket)), roundTripMs / 2);
  }

  function keep(socket: Socket, onClose: () => void): void {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      // What it said last may still be on its way.
      setTimeout(onClose, roundTripMs / 2);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get roundTrips() {
      return roundTrips;
    },
    reset() {
      connections = 0;
      roundTrips = 0;
      count += 1;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
