import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostSummary } from '../../src/engine/events.ts';
import type { PreparedHost } from '../../src/engine/host-run.ts';
import { peerTurns } from '../../src/engine/peer-turns.ts';
import { ProvisionError } from '../../src/errors.ts';
import { type Sandbox, sandbox, thing } from './sandbox.ts';

/** A host whose role names these peers, and has something that comes after them, or not. */
function prepared(name: string, peers: readonly string[], afterPeers = peers.length > 0): PreparedHost {
  const definition = { name: 'front', peers: () => [{ pattern: 'others', parameter: [] }] };
  const task = { name, roles: [{ definition, params: {} }], peers: () => peers.map((peer) => ({ name: peer })) };
  return { task, placed: [{ role: 'front', resource: { afterPeers } }] } as unknown as PreparedHost;
}

function summary(host: string, status: HostSummary['status'] = 'changed'): HostSummary {
  return { host, status } as HostSummary;
}

describe('hosts that come after their peers', () => {
  it('are begun last, so that those have a place to work', () => {
    const { order } = peerTurns([prepared('lb1', ['app1']), prepared('app1', []), prepared('app2', [])]);
    expect(order.map(({ task }) => task.name)).toEqual(['app1', 'app2', 'lb1']);
  });

  it('wait for them, and tell for whom', async () => {
    const turns = peerTurns([
      prepared('lb1', ['app1', 'app2', 'elsewhere']),
      prepared('app1', []),
      prepared('app2', []),
    ]);
    turns.finished(summary('app1'));
    const told: string[] = [];
    let isOver = false;
    const waiting = turns
      .wait('lb1', (names) => told.push(...names))
      .then((error) => {
        isOver = true;
        return error;
      });
    await sleep(5);
    expect([isOver, told]).toEqual([false, ['app2']]);
    turns.finished(summary('app2', 'failed'));
    expect(await waiting).toBeUndefined();
  });

  it('wait for none that is the same machine as another one, and waits for that', async () => {
    const turns = peerTurns([prepared('lb1', ['app1']), prepared('app1', [])]);
    const waiting = turns.wait('lb1', () => undefined);
    turns.comesLater('app1');
    expect(await waiting).toBeUndefined();
  });

  it('do not wait for each other, nor for hosts that are not in the run', async () => {
    const turns = peerTurns([prepared('one', ['one', 'two']), prepared('two', ['one', 'two'])]);
    const tell = () => expect.unreachable();
    expect(await turns.wait('one', tell)).toBeUndefined();
    expect(await peerTurns([prepared('lb1', ['app1'])]).wait('lb1', tell)).toBeUndefined();
  });

  it('are left as they are where none of them is what it shall be', async () => {
    const turns = peerTurns([prepared('lb1', ['app1']), prepared('app1', [])]);
    turns.finished(summary('app1', 'unreachable'));
    expect(await turns.wait('lb1', () => undefined)).toMatchObject({ message: 'none of app1 is what it shall be' });
  });
});

describe('a resource that comes after the peers', () => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox();
  });
  afterEach(() => host.remove());
  const role = { one: [thing({ name: 'a' }), thing({ name: 'b' }, { afterPeers: true }), thing({ name: 'c' })] };

  it('is changed when they are done, those before it are not held up', async () => {
    const seen: (string | undefined)[] = [];
    const { steps, events } = await host.run(role, {
      async awaitPeers(tell) {
        tell(['app1', 'app2']);
        seen.push(host.read('a'), host.read('b'));
        return undefined;
      },
    });
    expect(seen).toEqual(['x', undefined]);
    expect(steps).toEqual(['thing:a changed', 'thing:b changed', 'thing:c changed']);
    expect(events).toContainEqual({ type: 'host-waiting', host: 'web1', text: 'app1, app2 come first' });
  });

  it('waits for nobody where there is nothing to change', async () => {
    await host.run(role);
    host.write('a', 'by hand');
    await host.run(role, { awaitPeers: () => expect.unreachable() });
  });

  it('is left as it is where they are not what they shall be, or the run is interrupted meanwhile', async () => {
    const refusal = new ProvisionError('apply-failed', 'none of app1 is what it shall be');
    const failed = await host.run(role, { awaitPeers: async () => refusal });
    expect(failed.summary).toMatchObject({ status: 'failed', error: { task: 'thing:b', message: refusal.message } });
    const stop = new AbortController();
    const broken = await host.run(role, {
      stop: stop.signal,
      async awaitPeers() {
        stop.abort();
        return undefined;
      },
    });
    expect([broken.summary.status, host.read('b')]).toEqual(['interrupted', undefined]);
  });
});
