import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { platform, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sh } from '../../src/shell/sh.ts';
import { connect } from '../../src/transport/connect.ts';
import { takeTurn } from '../../src/transport/handshakes.ts';
import { openSshLink } from '../../src/transport/link-ssh.ts';
import type { HostAddress } from '../../src/transport/types.ts';
import { addressOf } from './address.ts';
import { makeKey, type Sshd, startSshd } from './sshd.ts';

/** As many turns as there are at this address, taken and not given back. */
async function takeAll(address: HostAddress): Promise<(() => void)[]> {
  const taken: (() => void)[] = [];
  for (;;) {
    const turn = takeTurn(address);
    const got = await Promise.race([turn, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))]);
    if (got === undefined) {
      void turn.then((giveBack) => giveBack());
      return taken;
    }
    taken.push(got);
  }
}

describe('turns', () => {
  const base = addressOf({ hostname: '127.0.0.1', port: 2201 });
  const jump = addressOf({ hostname: 'bastion' });
  let taken: (() => void)[] = [];

  beforeEach(async () => {
    taken = await takeAll(base);
  });
  afterEach(() => {
    for (const giveBack of taken) giveBack();
  });

  it('are fewer than the unfinished logins from which on sshd drops some', () => expect(taken.length).toBe(8));

  it.each([
    ['another address of this machine', { hostname: '127.1.2.3' }, 0],
    ['this machine by its name', { hostname: 'localhost' }, 0],
    ['another port', { port: 2202 }, 8],
    ['another host', { hostname: '198.51.100.7' }, 8],
    ['a name that begins like an address of this machine', { hostname: '127.example.com' }, 8],
    ['the same address behind a jump host', { jumps: [jump] }, 8],
  ])('at %s', async (_, change, count) => {
    const others = await takeAll({ ...base, ...change });
    for (const giveBack of others) giveBack();
    expect(others.length).toBe(count);
  });
});

/** Linux answers at all of 127.0.0.0/8. */
describe.skipIf(platform() !== 'linux')('a fleet', { timeout: 60_000 }, () => {
  const addresses = Array.from({ length: 40 }, (_, i) => `127.0.1.${i + 1}`);

  describe('behind a server that says nothing', () => {
    let server: Server;
    let open = 0;
    let most = 0;

    beforeEach(async () => {
      server = createServer((socket) => {
        most = Math.max(most, ++open);
        socket.on('error', () => {});
        socket.on('close', () => open--);
        socket.resume();
      });
      await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    });
    afterEach(() => void server.close());

    it('begins only so many logins at once', async () => {
      const { port } = server.address() as { port: number };
      const links = addresses
        .slice(0, 20)
        .map((hostname) => openSshLink(addressOf({ hostname, port, connectTimeoutMs: 200 })));
      const results = await Promise.allSettled(links);
      expect(results.map(({ status }) => status)).toEqual(Array(20).fill('rejected'));
      // The end of one may be seen after the beginning of the next.
      expect(most).toBeLessThanOrEqual(10);
    });
  });

  describe('behind an sshd as it is by default', () => {
    let folder: string;
    let sshd: Sshd;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
      sshd = await startSshd(folder, [makeKey(folder, 'key', 'ed25519')], '0.0.0.0');
    });
    afterAll(() => {
      sshd.stop();
      rmSync(folder, { recursive: true });
    });

    it('comes through whole, all at once', async () => {
      const ends = await Promise.allSettled(
        addresses.map(async (hostname) => {
          const connection = await connect(
            addressOf({
              hostname,
              port: sshd.port,
              user: userInfo().username,
              keyFiles: [{ path: join(folder, 'key'), required: true }],
              hostKeys: { mode: 'strict', knownHostsFiles: [], pinned: [sshd.hostKeys.ed25519] },
              become: { method: 'none' },
            }),
          );
          const { stdout } = await connection.run(sh`echo in`);
          await connection.close();
          return stdout;
        }),
      );
      expect(ends).toEqual(addresses.map(() => ({ status: 'fulfilled', value: 'in\n' })));
    });
  });
});
