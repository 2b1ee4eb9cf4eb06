import { describe, expect, it } from 'vitest';
import { roll } from '../../src/deploy/rolling.ts';
import { fakeShop, releaseOf, type Shop, type ShopOptions } from './fake-shop.ts';

/** One replica of release 1, which is to have another release in its place. */
const ALONE: ShopOptions = { running: { web1: { 'app-1': 1 } }, replicas: 1 };

/** What was started and stopped, in order. */
function deeds({ log }: Shop): readonly string[] {
  return log.filter((entry) => /^ {2}(start|stop) /.test(entry)).map((entry) => entry.trim());
}

/** What was done to replicas of the release that runs: taking away their requests, or themselves. */
function harm({ log }: Shop): readonly string[] {
  return log.filter((entry) => /^ {2}(no requests for|stop|ask|cut off) web\d-app-[12]/.test(entry));
}

describe('a rolling redeploy', () => {
  it('starts a new one, and only when it takes requests lets the old one go', async () => {
    const shop = fakeShop(ALONE);
    await roll(shop.sites, shop.options);
    expect(shop.log).toEqual([
      '  no requests for web1-app-2',
      'web1 app-2: start release 2',
      '  start web1-app-2 of release 2',
      'web1 app-2: become healthy',
      'web1 app-2: take requests',
      '  restart policy no for web1-app-2',
      '  requests for web1-app-2',
      '  restart policy unless-stopped for web1-app-2',
      'web1 app-1: drain',
      '  no requests for web1-app-1',
      'web1 app-1: get ready to stop',
      '  ask web1-app-1 for /prepare',
      '  ask web1-app-1 for /ready',
      'web1 app-1: end what is in flight',
      'web1 app-1: stop',
      '  stop web1-app-1',
      '  requests for web1-app-1',
      '  restart policy unless-stopped for web1-app-2',
    ]);
  });

  it.each<[string, ShopOptions, readonly string[], readonly string[]]>([
    [
      'goes replica by replica',
      {},
      ['start web1-app-3', 'stop web1-app-1', 'start web1-app-1', 'stop web1-app-2'],
      ['web1-app-1', 'web1-app-3'],
    ],
    [
      'goes host by host',
      { ...ALONE, running: { web1: { 'app-1': 1 }, web2: { 'app-2': 1 } } },
      ['start web1-app-2', 'stop web1-app-1', 'start web2-app-1', 'stop web2-app-2'],
      ['web1-app-2', 'web2-app-1'],
    ],
    [
      'goes to more replicas',
      { ...ALONE, replicas: 3 },
      ['start web1-app-2', 'start web1-app-3', 'start web1-app-4', 'stop web1-app-1'],
      ['web1-app-2', 'web1-app-3', 'web1-app-4'],
    ],
    [
      'goes to fewer replicas',
      { running: { web1: { 'app-1': 1, 'app-2': 1, 'app-3': 1 } } },
      ['stop web1-app-1', 'start web1-app-1', 'stop web1-app-2', 'start web1-app-2', 'stop web1-app-3'],
      ['web1-app-1', 'web1-app-2'],
    ],
    [
      'takes out one too many',
      { running: { web1: { 'app-1': 2, 'app-2': 2, 'app-3': 2 } } },
      ['stop web1-app-3'],
      ['web1-app-1', 'web1-app-2'],
    ],
    [
      'does nothing where nothing is to do',
      { running: { web1: { 'app-1': 2, 'app-3': 2 } } },
      [],
      ['web1-app-1', 'web1-app-3'],
    ],
    [
      'goes on half-way',
      { running: { web1: { 'app-2': 1, 'app-3': 2 } } },
      ['start web1-app-1', 'stop web1-app-2'],
      ['web1-app-1', 'web1-app-3'],
    ],
  ])('%s', async (_, options, expected, replicas) => {
    const shop = fakeShop(options);
    const before = shop.running().length;
    await roll(shop.sites, shop.options);
    expect(deeds(shop).map((deed) => deed.replace(' of release 2', ''))).toEqual(expected);
    expect(shop.running()).toEqual(replicas.map((replica) => `${replica}: release 2`));
    // Where there is less than the release wants, what there is.
    expect(shop.fewest).toBeGreaterThanOrEqual(Math.min(before, replicas.length));
    expect(Object.values(shop.restarts())).not.toContain('no');
    for (const replica of replicas) expect(shop.hasRequests(replica)).toBe(true);
  });

  it('asks also a replica in a place that the release no longer has', async () => {
    const shop = fakeShop({ running: { web1: { 'app-1': 2, 'app-2': 1, 'app-4': 1 } }, replicas: 2 });
    await roll(shop.sites, shop.options);
    expect(shop.running()).toHaveLength(2);
    expect(shop.log).toContain('  ask web1-app-4 for /prepare');
  });

  it('takes out first what serves nobody, and does not ask it', async () => {
    const shop = fakeShop();
    shop.ways.ill.add('web1-app-2');
    shop.when('  stop web1-app-2', () => shop.ways.ill.clear());
    await roll(shop.sites, shop.options);
    expect(deeds(shop)).toEqual([
      'start web1-app-3 of release 2',
      'stop web1-app-2',
      'start web1-app-2 of release 2',
      'stop web1-app-1',
    ]);
    expect(shop.log).not.toContain('  ask web1-app-2 for /prepare');
    expect(shop.log).toContain('  ask web1-app-1 for /prepare');
  });

  it('goes on with a new one that was left on its way', async () => {
    const shop = fakeShop({ ...ALONE, running: { web1: { 'app-1': 1, 'app-2': 2 } } });
    shop.end('web1-app-2');
    await roll(shop.sites, { ...shop.options, resumed: true });
    expect(deeds(shop)).toEqual(['start web1-app-2 of release 2', 'stop web1-app-1']);
    expect(shop.fewest).toBe(1);
  });

  it('waits until the application is ready, and until nothing is in flight', async () => {
    const shop = fakeShop(ALONE);
    shop.ways.notReady = 1;
    shop.ways.inFlight.set('web1-app-1', 1);
    await roll(shop.sites, shop.options);
    const from = shop.log.indexOf('web1 app-1: get ready to stop');
    expect(shop.log.slice(from, from + 7)).toEqual([
      'web1 app-1: get ready to stop',
      '  ask web1-app-1 for /prepare',
      '  ask web1-app-1 for /ready',
      '  ask web1-app-1 for /ready',
      'web1 app-1: end what is in flight',
      '  1 in flight at web1-app-1',
      'web1 app-1: stop',
    ]);
  });

  it('cuts off at the limit what is still in flight', async () => {
    const shop = fakeShop(ALONE);
    shop.ways.inFlight.set('web1-app-1', 1000);
    await roll(shop.sites, shop.options);
    const order = ['web1 app-1: end what is in flight', '  cut off web1-app-1', '  stop web1-app-1'];
    expect(shop.log.filter((entry) => order.includes(entry))).toEqual(order);
    expect(shop.log).toContain('  1000 in flight at web1-app-1');
  });

  it.each([
    ['while it gets ready', 'web1 app-1: get ready to stop'],
    ['while its requests end', 'web1 app-1: end what is in flight'],
  ])('drains anew what a reload has brought back %s', async (_, step) => {
    const drain = { prepare: '/prepare', path: '/ready', timeoutMs: 5000 };
    const shop = fakeShop({ ...ALONE, service: { drain } });
    shop.ways.notReady = 30;
    shop.when(step, () => shop.reload());
    await roll(shop.sites, shop.options);
    const told = '  (drained again: haproxy on lb1 had forgotten it: it was reloaded or restarted)';
    const order = [step, '  no requests for web1-app-1', told, '  stop web1-app-1'];
    const from = shop.log.indexOf(step);
    expect(shop.log.slice(from).filter((entry) => order.includes(entry))).toEqual(order);
  });

  it('does not wait for one that was started again since it was asked: it has lost what it prepared', async () => {
    const drain = { prepare: '/prepare', path: '/ready', timeoutMs: 60_000 };
    const shop = fakeShop({ ...ALONE, service: { drain } });
    shop.ways.notReady = Number.POSITIVE_INFINITY;
    shop.when('  ask web1-app-1 for /ready', () => shop.crash('web1-app-1'));
    const started = performance.now();
    await roll(shop.sites, shop.options);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(shop.running()).toEqual(['web1-app-2: release 2']);
    expect(shop.fewest).toBe(1);
  });

  it('waits for one that was started again before it was asked', async () => {
    const drain = { prepare: '/prepare', path: '/ready', timeoutMs: 60_000 };
    const shop = fakeShop({ ...ALONE, service: { drain } });
    // Longer than the first look at its container.
    shop.ways.notReady = 30;
    shop.when('web1 app-1: get ready to stop', () => shop.crash('web1-app-1'));
    await roll(shop.sites, shop.options);
    expect(shop.log.filter((entry) => entry === '  ask web1-app-1 for /ready')).toHaveLength(31);
  });

  it('does not ask an application that needs no handshake', async () => {
    const shop = fakeShop({ ...ALONE, service: { drain: undefined } });
    await roll(shop.sites, shop.options);
    expect(shop.log.filter((entry) => /ask|ready to stop/.test(entry))).toEqual([]);
    expect(shop.running()).toEqual(['web1-app-2: release 2']);
  });

  it('lets the last older one go when a new one has been healthy for a while', async () => {
    const shop = fakeShop({ service: { limits: { steadyMs: 300 } } });
    const started = performance.now();
    await roll(shop.sites, shop.options);
    expect(performance.now() - started).toBeGreaterThanOrEqual(300);
    const order = shop.log.filter((entry) => /(drain|stay healthy for 0.3 s)$/.test(entry));
    expect(order).toEqual([
      'web1 app-1: drain',
      expect.stringMatching(/^web1 app-[13]: stay healthy/),
      'web1 app-2: drain',
    ]);
  });
});

describe('a service that cannot run twice on a host', () => {
  const TWO_HOSTS: ShopOptions = {
    running: { web1: { 'app-1': 1 }, web2: { 'app-1': 1 } },
    replicas: 1,
    hasSpare: false,
  };

  it('is drained, and then replaced in its place', async () => {
    const shop = fakeShop({ ...ALONE, hasSpare: false });
    await roll(shop.sites, shop.options);
    expect(shop.log).toEqual([
      'web1 app-1: drain',
      '  no requests for web1-app-1',
      'web1 app-1: get ready to stop',
      '  ask web1-app-1 for /prepare',
      '  ask web1-app-1 for /ready',
      'web1 app-1: end what is in flight',
      'web1 app-1: start release 2',
      '  start web1-app-1 of release 2',
      'web1 app-1: become healthy',
      'web1 app-1: take requests',
      '  restart policy no for web1-app-1',
      '  requests for web1-app-1',
      '  restart policy unless-stopped for web1-app-1',
    ]);
  });

  it('is replaced host by host, the next one when the new one has been healthy for a while', async () => {
    const shop = fakeShop({ ...TWO_HOSTS, service: { limits: { steadyMs: 300 } } });
    await roll(shop.sites, shop.options);
    expect(shop.log.filter((entry) => /: (drain|start|take|stay)/.test(entry))).toEqual([
      'web1 app-1: drain',
      'web1 app-1: start release 2',
      'web1 app-1: take requests',
      'web1 app-1: stay healthy for 0.3 s',
      'web2 app-1: drain',
      'web2 app-1: start release 2',
      'web2 app-1: take requests',
    ]);
    expect(shop.running()).toEqual(['web1-app-1: release 2', 'web2-app-1: release 2']);
    expect(shop.fewest).toBe(1);
  });

  it.each<[string, (shop: Shop) => void]>([
    ['does not get healthy', ({ ways }) => ways.ill.add(2)],
    ['dies soon', (shop) => shop.when('web1 app-1: stay healthy for 0.3 s', () => shop.end('web1-app-1'))],
  ])('stays as it is on the other hosts where a new one %s, and goes back', async (_, arrange) => {
    const shop = fakeShop({ ...TWO_HOSTS, service: { limits: { steadyMs: 300 } } });
    arrange(shop);
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({ code: 'not-healthy', host: 'web1' });
    expect(shop.running()).toContain('web2-app-1: release 1');
    expect(shop.log).not.toContain('  no requests for web2-app-1');
    expect(shop.hasRequests('web1-app-1')).toBe(false);
    const back = shop.sites.map((site) => ({ ...site, release: releaseOf(1, 1, false) }));
    await roll(back, { ...shop.options, goingBack: true });
    expect(shop.running()).toEqual(['web1-app-1: release 1', 'web2-app-1: release 1']);
    expect(shop.hasRequests('web1-app-1')).toBe(true);
    expect(shop.fewest).toBe(1);
  });
});

describe('a new replica that is no good ends it, and no old one has lost a request', () => {
  it.each<[string, (shop: Shop) => void, object]>([
    [
      'because it does not answer as it should',
      ({ ways }) => ways.ill.add(2),
      {
        code: 'not-healthy',
        message: 'app-3 did not become healthy within 0 s: 503',
        detail: expect.stringContaining('the reason'),
      },
    ],
    [
      'because it dies at once',
      (shop) => shop.when('  start web1-app-3 of release 2', () => shop.end('web1-app-3')),
      { code: 'not-healthy', message: 'app-3 did not become healthy within 0 s: exited with 137' },
    ],
    [
      'because the load balancer does not reach it',
      ({ ways }) => Object.assign(ways, { check: 'L4TOUT' }),
      {
        code: 'balancer-failed',
        message: 'the load balancers do not find app-3 healthy: lb1: DRAIN L4TOUT',
        hint: expect.stringContaining('network'),
      },
    ],
  ])('%s', async (_, arrange, error) => {
    const shop = fakeShop();
    arrange(shop);
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({ host: 'web1', ...error });
    expect(harm(shop)).toEqual([]);
    expect(shop.fewest).toBe(2);
    expect(shop.hasRequests('web1-app-3')).toBe(false);
  });

  it('because the load balancer does not know it, for which nobody waits', async () => {
    const shop = fakeShop({ service: { limits: { balancerMs: 600_000 } } });
    shop.ways.check = 'unknown';
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({
      code: 'balancer-failed',
      message: 'the load balancers do not find app-3 healthy: lb1: unknown',
      hint: expect.stringContaining('provision apply'),
    });
    expect(harm(shop)).toEqual([]);
  });

  it('because it dies while it is watched', async () => {
    const shop = fakeShop({ ...ALONE, service: { limits: { steadyMs: 400 } } });
    shop.when('web1 app-2: stay healthy for 0.4 s', () => shop.end('web1-app-2'));
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({
      code: 'not-healthy',
      message: expect.stringMatching(
        /^app-2 did not stay healthy: exited with 137, [\d.]+ s after it was found healthy$/,
      ),
      task: 'app-2',
      detail: expect.stringContaining('the reason'),
    });
    expect(shop.log).not.toContain('  no requests for web1-app-1');
    expect(shop.hasRequests('web1-app-2')).toBe(false);
    expect(shop.fewest).toBe(1);
  });

  it('because it dies after it was begun by a redeploy that was broken off', async () => {
    const shop = fakeShop({ running: { web1: { 'app-2': 1, 'app-3': 2 } } });
    shop.when('  start web1-app-1 of release 2', () => shop.end('web1-app-3'));
    await expect(roll(shop.sites, { ...shop.options, resumed: true })).rejects.toMatchObject({
      code: 'not-healthy',
      message: expect.stringContaining('app-3 did not stay healthy: exited with 137'),
      // It was noticed in a step of another one.
      task: 'app-3',
    });
    expect(shop.log).not.toContain('  no requests for web1-app-2');
  });

  it.each<[string, (shop: Shop) => void, RegExp]>([
    ['was started again', (shop) => shop.crash('web1-app-2'), /: it ended, and was started again, /],
    ['does not answer any more', ({ ways }) => ways.ill.add(2), /: 503, /],
  ])('because it was healthy, and then %s', async (_, arrange, told) => {
    const shop = fakeShop({ ...ALONE, service: { limits: { steadyMs: 400 } } });
    shop.when('web1 app-2: stay healthy for 0.4 s', () => arrange(shop));
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({ message: expect.stringMatching(told) });
  });

  it('but is not blamed where its host was started again', async () => {
    const shop = fakeShop(ALONE);
    const startOfHost = (start: string) => Object.assign(shop.sites[0]?.host.connection ?? {}, { startOfHost: start });
    startOfHost('first');
    shop.when('  ask web1-app-1 for /prepare', () => {
      startOfHost('second');
      shop.end('web1-app-2');
      shop.ways.notReady = 1000;
    });
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({
      code: 'not-healthy',
      host: 'web1',
      task: 'app-2',
      message: expect.stringMatching(/^web1 was restarted meanwhile: app-2 did not stay healthy: exited with 137/),
      detail: undefined,
      hint: 'The version is not to blame: run the same command again.',
    });
  });

  it('because one on another host dies', async () => {
    const shop = fakeShop({ ...ALONE, running: { web1: { 'app-1': 1 }, web2: { 'app-1': 1 } } });
    shop.when('  start web2-app-2 of release 2', () => shop.end('web1-app-2'));
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({ code: 'not-healthy', host: 'web1' });
    expect(shop.log).not.toContain('  no requests for web2-app-1');
    expect(shop.hasRequests('web2-app-1')).toBe(true);
  });
});

describe('an old replica that is being taken out goes on serving', () => {
  it.each<[string, (shop: Shop) => void, string]>([
    ['where it cannot be asked to get ready', ({ ways }) => Object.assign(ways, { prepare: 500 }), 'handshake-failed'],
    ['where it does not get ready', ({ ways }) => Object.assign(ways, { notReady: 1000 }), 'handshake-failed'],
    [
      'where the new one dies in the meantime',
      (shop) => shop.when('web1 app-1: end what is in flight', () => shop.end('web1-app-3')),
      'not-healthy',
    ],
  ])('%s', async (_, arrange, code) => {
    const shop = fakeShop();
    arrange(shop);
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({ code, host: 'web1' });
    expect(shop.log).toContain('  no requests for web1-app-1');
    expect(shop.hasRequests('web1-app-1')).toBe(true);
    expect(shop.running()).toEqual(expect.arrayContaining(['web1-app-1: release 1', 'web1-app-2: release 1']));
  });
});

describe('those that are watched', () => {
  /** How often the host was looked at while the application was asked whether it is ready. */
  async function looksDuringHandshake(shop: Shop): Promise<number> {
    const { ways } = shop;
    let before = 0;
    let after = 0;
    ways.notReady = 3;
    shop.when('web1 app-1: get ready to stop', () => {
      before = shop.looks;
    });
    shop.when('web1 app-1: end what is in flight', () => {
      after = shop.looks;
    });
    await roll(shop.sites, shop.options);
    return after - before;
  }

  it('are asked along with a handshake, which no look delays', async () => {
    expect(await looksDuringHandshake(fakeShop())).toBe(0);
  });

  it('are looked at where an answer is not as it should be, and only late', async () => {
    const drain = { prepare: '/prepare', path: '/ready', timeoutMs: 5000 };
    const shop = fakeShop({ service: { drain } });
    shop.when('  ask web1-app-1 for /ready', () => {
      shop.ways.ill.add('web1-app-3');
      setTimeout(() => shop.ways.ill.clear(), 100);
    });
    expect(await looksDuringHandshake(shop)).toBeGreaterThan(0);
    expect(shop.running()).toEqual(['web1-app-1: release 2', 'web1-app-3: release 2']);
  });
});

describe('an interrupt', () => {
  it('is heard when the replica in hand is whole', async () => {
    const shop = fakeShop();
    shop.when('web1 app-3: become healthy', () => shop.interrupt());
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({
      code: 'interrupted',
      message: 'interrupted on the way to release 2',
      hint: expect.stringContaining('provision rollback'),
    });
    expect(deeds(shop)).toEqual(['start web1-app-3 of release 2', 'stop web1-app-1']);
    expect(shop.running().filter((replica) => shop.hasRequests(replica.slice(0, replica.indexOf(':'))))).toEqual([
      'web1-app-2: release 1',
      'web1-app-3: release 2',
    ]);
  });
});

describe('the way back', () => {
  const HALF_WAY: ShopOptions = { running: { web1: { 'app-1': 2, 'app-2': 1, 'app-3': 2 } }, release: 1 };
  const back = ({ options }: Shop) => ({ ...options, goingBack: true });

  it('brings the release of before back in the same way', async () => {
    const shop = fakeShop(HALF_WAY);
    await roll(shop.sites, back(shop));
    expect(deeds(shop)).toEqual(['stop web1-app-1', 'start web1-app-1 of release 1', 'stop web1-app-3']);
    expect(shop.running()).toEqual(['web1-app-1: release 1', 'web1-app-2: release 1']);
    expect(shop.fewest).toBe(2);
    expect(Object.values(shop.restarts())).not.toContain('no');
  });

  it('removes a new one that never came up, and touches nothing else', async () => {
    const shop = fakeShop({ running: { web1: { 'app-1': 1, 'app-2': 1, 'app-3': 2 } }, release: 1 });
    shop.end('web1-app-3');
    await roll(shop.sites, back(shop));
    expect(shop.log).toEqual([
      'web1 app-3: drain',
      '  no requests for web1-app-3',
      'web1 app-3: end what is in flight',
      'web1 app-3: stop',
      '  stop web1-app-3',
      '  requests for web1-app-3',
    ]);
  });

  it.each<[string, (shop: Shop) => void]>([
    ['by a new one that does not get ready', ({ ways }) => Object.assign(ways, { notReady: 1000 })],
    ['by a new one that cannot be asked', ({ ways }) => Object.assign(ways, { prepare: 500 })],
    ['by an interrupt', (shop) => shop.interrupt()],
  ])('is not ended %s', async (_, arrange) => {
    const shop = fakeShop(HALF_WAY);
    arrange(shop);
    await roll(shop.sites, back(shop));
    expect(shop.running()).toEqual(['web1-app-1: release 1', 'web1-app-2: release 1']);
    expect(shop.fewest).toBe(2);
  });

  it('does not wait until what ran before has proven itself', async () => {
    const running = { web1: { 'app-1': 2 } };
    const shop = fakeShop({ ...ALONE, running, release: 1, service: { limits: { steadyMs: 600_000 } } });
    await roll(shop.sites, back(shop));
    expect(deeds(shop)).toEqual(['start web1-app-2 of release 1', 'stop web1-app-1']);
  });

  it('takes no request away from one that is asked in vain until it is stopped', async () => {
    const shop = fakeShop(HALF_WAY);
    shop.ways.prepare = 500;
    await roll(shop.sites, back(shop));
    const from = shop.log.indexOf('web1 app-1: get ready to stop');
    expect(shop.log.slice(from, from + 6)).toEqual([
      'web1 app-1: get ready to stop',
      '  ask web1-app-1 for /prepare',
      '  requests for web1-app-1',
      '  no requests for web1-app-1',
      'web1 app-1: end what is in flight',
      'web1 app-1: stop',
    ]);
  });
});

describe('a service that no load balancer sends requests to', () => {
  const IN_PLACE = { rolling: false, drain: undefined };

  it.each<[string, ShopOptions, readonly string[]]>([
    ['is replaced where it is', {}, ['start web1-app-1 of release 2', 'start web1-app-2 of release 2']],
    [
      'is left alone where it is right',
      { running: { web1: { 'app-1': 2, 'app-2': 1 } } },
      ['start web1-app-2 of release 2'],
    ],
    ['loses what is too many', { running: { web1: { 'app-1': 2, 'app-2': 2, 'app-3': 2 } } }, ['stop web1-app-3']],
  ])('%s', async (_, options, expected) => {
    const shop = fakeShop({ ...options, service: IN_PLACE });
    await roll(shop.sites, shop.options);
    expect(deeds(shop)).toEqual(expected);
    expect(shop.running()).toEqual(['web1-app-1: release 2', 'web1-app-2: release 2']);
    expect(shop.log.filter((entry) => entry.includes('requests'))).toEqual([]);
  });

  it('is not replaced any further where the first one fails', async () => {
    const shop = fakeShop({ service: IN_PLACE });
    shop.ways.ill.add(2);
    await expect(roll(shop.sites, shop.options)).rejects.toMatchObject({ code: 'not-healthy', task: 'app-1: replace' });
    expect(shop.running()).toContain('web1-app-2: release 1');
  });
});
