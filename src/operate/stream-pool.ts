/** More streams to a host than one connection can have. */
import type { Duplex } from 'node:stream';
import type { Script } from '../shell/sh.ts';
import type { Connection } from '../transport/types.ts';

/** So many streams one connection has at a time: see `Connection`. */
const STREAMS = 7;

export interface StreamPool {
  stream(command: Script): Promise<Duplex>;
  /** Closes the connections that were opened besides the first one. */
  close(): Promise<void>;
}

/** Streams over a connection, and over further ones where it is full: they all run at the same time, however many they are. */
export function streamPool(first: Connection, connect: () => Promise<Connection>): StreamPool {
  const lanes = [{ connection: Promise.resolve(first), open: 0 }];

  return {
    async stream(command) {
      let lane = lanes.find(({ open }) => open < STREAMS);
      if (lane === undefined) {
        lane = { connection: connect(), open: 0 };
        lanes.push(lane);
      }
      const own = lane;
      own.open += 1;
      try {
        const stream = await (await own.connection).stream(command);
        stream.once('close', () => {
          own.open -= 1;
        });
        return stream;
      } catch (error) {
        own.open -= 1;
        throw error;
      }
    },
    async close() {
      await Promise.all(
        lanes.slice(1).map(({ connection }) => connection.then((one) => one.close()).catch(() => undefined)),
      );
    },
  };
}
