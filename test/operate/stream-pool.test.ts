import type { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { streamPool } from '../../src/operate/stream-pool.ts';
import { sh } from '../../src/shell/sh.ts';
import { fakeConnection } from '../../src/transport/fake.ts';

describe('streamPool', () => {
  it('opens further connections for more streams, and takes up places that are free again', async () => {
    const opened = [fakeConnection()];
    const streams: PassThrough[] = [];
    const pool = streamPool(opened[0] as (typeof opened)[0], async () => {
      const connection = fakeConnection();
      opened.push(connection);
      return connection;
    });
    for (let i = 0; i < 15; i += 1) streams.push((await pool.stream(sh`true`)) as PassThrough);
    expect(opened.length).toBe(3);
    streams[0]?.destroy();
    await new Promise(setImmediate);
    for (let i = 0; i < 7; i += 1) await pool.stream(sh`true`);
    expect(opened.length).toBe(3);
    await pool.close();
    // The first one is not its own.
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([false, true, true]);
  });
});
