import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { sh, z } from '../../src/index.ts';
import { joinStatus, watchStatus } from '../../src/operate/status.ts';
import { defineResource } from '../../src/resources/contract.ts';
import { file } from '../../src/resources/file.ts';
import { Secret } from '../../src/shell/secret.ts';
import type { FakeConnection } from '../../src/transport/fake.ts';
import { localConnection, NEVER, NO_FACTS, taskOf } from './machine.ts';
import { NOW, stateOf } from './states.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'status-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const OPTIONS = { forks: 5, facts: NO_FACTS, stop: NEVER };

describe('watchStatus', () => {
  it('looks at all in one exchange, and again over the same connection', async () => {
    const path = join(folder, 'a file');
    writeFileSync(path, 'as it was\n', { mode: 0o644 });
    const connections: FakeConnection[] = [];
    const task = taskOf('web1', async () => {
      const connection = localConnection();
      connections.push(connection);
      return connection;
    }, [file({ path, content: 'as it was\n' }), file({ path: join(folder, 'missing'), content: 'x\n' })]);
    const watch = watchStatus([task], OPTIONS);
    const [first] = await watch.look();
    expect(first).toMatchObject({
      host: 'web1',
      address: 'root@web1:22',
      status: 'problems',
      state: { drift: { changed: 1, rollouts: 0, unknown: 0, handlers: 0 }, services: [], failures: [] },
    });
    expect(first?.state?.system.uptimeS).toBeGreaterThan(0);
    writeFileSync(join(folder, 'missing'), 'x\n', { mode: 0o644 });
    const [second] = await watch.look();
    expect(second?.status).toBe('ok');
    expect(connections.map(({ exchanges }) => exchanges)).toEqual([2]);
    await watch.close();
    expect(connections[0]?.isClosed).toBe(true);
  });

  it('tells what stands in the way of an apply beside all the rest', async () => {
    const resources = [file({ path: folder, content: 'x' }), file({ path: join(folder, 'new'), content: 'x' })];
    const watch = watchStatus([taskOf('web1', async () => localConnection(), resources)], OPTIONS);
    const [status] = await watch.look();
    expect(status?.state?.drift.changed).toBe(1);
    expect(status?.problems.map(({ about }) => about)).toEqual(['failure', 'drift']);
    await watch.close();
  });

  it('tells a probe that failed beside all the rest, secrets masked', async () => {
    Secret.named('admin', 'open sesame');
    const broken = defineResource<{ name: string }, { name: string }, never>({
      kind: 'broken',
      schema: z.object({ name: z.string() }),
      name: ({ name }) => name,
      probe: () => sh`echo 'it is open sesame' >&2; exit 3`,
      parse: () => [],
      diff: () => [],
    });
    const resources = [file({ path: join(folder, 'new'), content: 'x' }), broken({ name: 'it' })];
    const watch = watchStatus([taskOf('web1', async () => localConnection(), resources)], OPTIONS);
    const [status] = await watch.look();
    expect(status?.state?.drift.changed).toBe(1);
    expect(status?.problems.map(({ about, text }) => `${about}: ${text}`)).toEqual([
      'failure: broken: the look at all resources of kind broken ended with status 3',
      'drift: 1 resource differs from the inventory: see provision plan',
    ]);
    expect(status?.state?.failures.map(({ detail }) => detail)).toEqual(['it is <secret>']);
    await watch.close();
  });

  it('logs in again after a look that failed', async () => {
    let logins = 0;
    const task = taskOf('web1', async () => {
      logins += 1;
      if (logins === 1) throw new ProvisionError('unreachable', 'no route');
      return localConnection();
    });
    const watch = watchStatus([task], OPTIONS);
    expect((await watch.look())[0]).toMatchObject({ status: 'unreachable', state: undefined });
    expect((await watch.look())[0]).toMatchObject({ status: 'ok' });
    await watch.close();
  });
});

describe('joinStatus', () => {
  it('brings what each balancer says to the replicas, on whatever host they are', () => {
    const replica = { host: 'app1', stack: 'shop', name: 'app-2' };
    const servers = [{ backend: 'app', server: 'app1-app-2', replica, state: 'DOWN L4CON', isUp: false }];
    const balancer = stateOf({ services: [], balancer: { isRunning: true, servers } });
    const names = ['app1', 'lb1', 'lb2'];
    const results = [stateOf(), balancer, balancer].map((value, i) => ({ host: names[i] ?? '', value, durationMs: 1 }));
    const [app1, lb1] = joinStatus(
      names.map((name) => ({ name, address: name })),
      results,
      NOW,
    );
    expect(
      app1?.state?.services[0]?.replicas.map(({ name, balancers }) => [name, balancers.map(({ host }) => host)]),
    ).toEqual([
      ['app-1', []],
      ['app-2', ['lb1', 'lb2']],
    ]);
    expect(app1?.problems.map(({ text }) => text)).toEqual([
      'shop/app: haproxy on lb1 sends app-2 no requests: DOWN L4CON',
      'shop/app: haproxy on lb2 sends app-2 no requests: DOWN L4CON',
    ]);
    expect([app1?.status, lb1?.status]).toEqual(['problems', 'ok']);
  });
});
