import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { eachHost, withConnection } from '../../src/operate/each-host.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import { NEVER } from './machine.ts';

const HOSTS = ['web1', 'web2', 'web3', 'web4'].map((name) => ({ name }));

describe('eachHost', () => {
  it('does so many at a time, and keeps the order of the hosts', async () => {
    let running = 0;
    let most = 0;
    const done: string[] = [];
    const results = await eachHost(
      HOSTS,
      { forks: 2, stop: NEVER, onDone: ({ host }) => void done.push(host) },
      async ({ name }) => {
        most = Math.max(most, ++running);
        await sleep(name === 'web1' ? 40 : 5);
        running -= 1;
        return name.toUpperCase();
      },
    );
    expect(most).toBe(2);
    expect(results.map(({ host, value }) => `${host} ${value}`)).toEqual([
      'web1 WEB1',
      'web2 WEB2',
      'web3 WEB3',
      'web4 WEB4',
    ]);
    expect(done.at(-1)).toBe('web1');
  });

  it('does not keep others waiting for a host that does not answer', async () => {
    const done: string[] = [];
    const onDone = ({ host }: { host: string }) => void done.push(host);
    await eachHost(HOSTS.slice(0, 3), { forks: 1, stop: NEVER, onDone }, ({ name }, patiently) =>
      patiently(sleep(name === 'web1' ? 2_500 : 5)),
    );
    expect(done).toEqual(['web2', 'web3', 'web1']);
  });

  it('ends one host with its failure, and no other', async () => {
    const results = await eachHost(HOSTS.slice(0, 2), { forks: 5, stop: NEVER }, async ({ name }) => {
      if (name === 'web1') throw new ProvisionError('unreachable', 'no route');
      return 1;
    });
    expect(results.map(({ value, error }) => [value, error?.code, error?.host])).toEqual([
      [undefined, 'unreachable', 'web1'],
      [1, undefined, undefined],
    ]);
  });

  it('begins with no further host when it is broken off', async () => {
    const stop = new AbortController();
    const begun: string[] = [];
    const results = await eachHost(HOSTS, { forks: 1, stop: stop.signal }, async ({ name }) => {
      begun.push(name);
      stop.abort();
      return name;
    });
    expect(begun).toEqual(['web1']);
    expect(results.map(({ error }) => error?.code)).toEqual([undefined, 'interrupted', 'interrupted', 'interrupted']);
  });
});

describe('withConnection', () => {
  it('closes the connection after a failure', async () => {
    const connection = fakeConnection();
    const failing = withConnection({ connect: async () => connection }, NEVER, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(connection.isClosed).toBe(true);
  });

  it('waits no longer for a login that is broken off, and closes it when it comes', async () => {
    const stop = new AbortController();
    const connection = fakeConnection();
    const login = Promise.withResolvers<typeof connection>();
    const working = withConnection({ connect: () => login.promise }, stop.signal, async () => 1);
    stop.abort();
    await expect(working).rejects.toMatchObject({ code: 'interrupted' });
    login.resolve(connection);
    await sleep(0);
    expect(connection.isClosed).toBe(true);
  });

  it('does what is left to do before it cuts the connection', async () => {
    const stop = new AbortController();
    const connection = fakeConnection();
    const order: string[] = [];
    const working = withConnection(
      { connect: async () => connection },
      stop.signal,
      () => sleep(30).then(() => order.push(`worked, ${connection.isClosed ? 'closed' : 'open'}`)),
      async () => void order.push(`told, ${connection.isClosed ? 'closed' : 'open'}`),
    );
    await sleep(5);
    stop.abort();
    await working;
    expect(order).toEqual(['told, open', 'worked, closed']);
  });
});
