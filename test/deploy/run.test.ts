import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deployHosts } from '../../src/deploy/run.ts';
import type { HostTask } from '../../src/engine/host-run.ts';
import { ProvisionError } from '../../src/errors.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { resolveHosts } from '../../src/inventory/resolve.ts';
import { HostLocked } from '../../src/transport/exchange-errors.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import { NEVER, NO_FACTS } from '../operate/machine.ts';

const SHOP = `
all:
  hosts:
    lb1:
      roles: [certs, haproxy]
      certs: { domain: shop.example.com, provider: self-signed }
      haproxy: { routes: [{ path: /, service: app }], backends: { app: { hosts: application } } }
  children:
    application:
      vars: { roles: [stack], stack: { name: shop, listen: 10.0.0.1, services: { app: { image: "shop:1", port: 80 } } } }
      hosts: { app1: {} }
`;

async function unreachable(): Promise<never> {
  throw new ProvisionError('unreachable', 'no route to it', { hint: 'Is it up?' });
}

async function tasks(connect: HostTask['connect']): Promise<readonly HostTask[]> {
  const folder = mkdtempSync(join(tmpdir(), 'run-'));
  const file = join(folder, 'hosts.yml');
  writeFileSync(file, SHOP);
  const hosts = await resolveHosts(await loadInventory(file, { env: {} }));
  rmSync(folder, { recursive: true });
  const paths = { localPath: (path: string) => path, inventoryPath: (path: string) => path };
  return hosts.map((host) => ({ ...host, ...paths, address: host.name, hostname: host.name, connect }));
}

const OPTIONS = {
  action: 'redeploy',
  facts: NO_FACTS,
  by: 'alice@laptop',
  holder: 'alice@laptop, provision redeploy',
  lockWaitMs: 0,
  stop: NEVER,
  abort: NEVER,
  emit: () => undefined,
} as const;

it('says of a host that cannot be reached that no replica was touched, and what is left to do', async () => {
  const { summaries } = await deployHosts({ chosen: await tasks(unreachable) }, OPTIONS);
  expect(summaries.map(({ status, failed }) => [status, failed])).toEqual([
    ['unreachable', 0],
    ['unreachable', 0],
  ]);
  expect(Object.fromEntries(summaries.map(({ host, error }) => [host, error?.hint]))).toEqual({
    lb1: 'Is it up? No replica was touched. A load balancer takes part whatever --limit says; where it is gone for good, take it out of the inventory.',
    app1: "Is it up? No replica was touched. For the others alone, add --limit 'all:!app1'.",
  });
});

it('counts a host that somebody else holds among those that failed, as an apply does', async () => {
  const locked = async () =>
    fakeConnection(() => {
      throw new HostLocked('app1', 'token 4711\nbob@desk, provision apply\n');
    });
  const { summaries } = await deployHosts({ chosen: await tasks(locked) }, OPTIONS);
  expect(summaries).toMatchObject([
    { host: 'lb1', status: 'failed', failed: 1 },
    { host: 'app1', status: 'failed', failed: 1 },
  ]);
});

it('that is interrupted while it waits for a host has touched nothing, and no host has failed', async () => {
  const stop = new AbortController();
  const locked = async () =>
    fakeConnection(() => {
      stop.abort();
      throw new HostLocked('app1', 'token 4711\nbob@desk, provision apply\n');
    });
  const options = { ...OPTIONS, lockWaitMs: 60_000, stop: stop.signal };
  const { summaries } = await deployHosts({ chosen: await tasks(locked) }, options);
  expect(summaries.map(({ status, failed }) => [status, failed])).toEqual([
    ['interrupted', 0],
    ['interrupted', 0],
  ]);
  expect(summaries.flatMap(({ error }) => error ?? [])).toMatchObject([
    {
      message: 'interrupted while it waited: the host is locked by bob@desk, provision apply',
      hint: 'Nothing was touched. Run it again.',
    },
  ]);
});
