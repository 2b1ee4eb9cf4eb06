import { describe, expect, it } from 'vitest';
import { goBack, rollWithConfig } from '../../src/deploy/going-back.ts';
import { roll } from '../../src/deploy/rolling.ts';
import { ProvisionError } from '../../src/errors.ts';
import type { ActualReleases, Journal } from '../../src/resources/releases/release.ts';
import type { FakeAnswer } from '../../src/transport/fake.ts';
import { deployHost } from './deploy-host.ts';
import { fakeShop, type ShopOptions } from './fake-shop.ts';

/** Of a redeploy that has failed, on a host where nothing is left to take back. */
const JOURNAL: Journal = {
  action: 'redeploy',
  from: 1,
  to: 2,
  by: 'alice@laptop',
  at: '2026-11-21T03:12:45.120Z',
};

function emptyProject(answer?: FakeAnswer) {
  const actual: ActualReleases = {
    releases: [],
    current: 1,
    ran: [1],
    images: new Map(),
    references: new Map(),
    held: undefined,
    journal: undefined,
  };
  const release = { project: 'shop', directory: '/opt/shop', services: {}, sources: [] };
  return {
    name: 'shop',
    places: [{ host: deployHost('web1', answer), release, actual }],
    balancers: [],
    allBalancers: [],
  };
}

describe('another configuration of the load balancers', () => {
  it.each<[string, ShopOptions, boolean]>([
    ['comes before the replicas, which may have places that are new to it', { replicas: 3 }, true],
    ['comes after them where it lacks the place of one that serves', { running: { web1: { 'app-4': 1 } } }, false],
  ])('%s', async (_, options, isFirst) => {
    const shop = fakeShop(options);
    let stepsBefore = -1;
    const bring = async () => {
      stepsBefore = shop.log.length;
    };
    await rollWithConfig(shop.sites, bring, shop.options.steps, false);
    expect(stepsBefore).toBe(isFirst ? 0 : shop.log.length);
    expect(shop.running()).toHaveLength(options.replicas ?? 2);
  });

  it('comes between a service that does not run yet and what follows', async () => {
    const shop = fakeShop({ running: { web1: {} }, replicas: 1 });
    let running: readonly string[] = [];
    const bring = async () => {
      running = shop.running();
    };
    await rollWithConfig(shop.sites, bring, shop.options.steps, false);
    expect(running).toEqual(['web1-app-1: release 2']);
  });
});

describe('what is told when it has been taken back', () => {
  it('of a version that died after it was healthy: where, the end of its log, and to mend it', async () => {
    const shop = fakeShop({ running: { web1: { 'app-1': 1 } }, replicas: 1, service: { limits: { steadyMs: 400 } } });
    shop.when('web1 app-2: stay healthy for 0.4 s', () => shop.end('web1-app-2'));
    const error = await roll(shop.sites, shop.options).catch((cause: ProvisionError) => cause);
    const audit = async () => {};
    const told = await goBack(emptyProject(), JOURNAL, error as ProvisionError, shop.options.steps, audit);
    expect(told).toMatchObject({
      message: expect.stringMatching(
        /^app-2 did not stay healthy: exited with 137, \S+ s after it was found healthy; release 1 runs again on all replicas$/,
      ),
      task: 'app-2',
      detail: expect.stringContaining('the reason'),
      hint: 'Mend the new version, and redeploy again.',
    });
  });

  it.each<[string, RegExp | undefined, string, number]>([
    ['goes down just now: it is waited for', undefined, 'stopping', 1],
    ['has gone down when it is looked at: it is waited for', /^command -v systemctl/, 'running', 1],
    ['goes down on the way back', /sha256sum/, 'running', 0],
  ])('of a host that %s, and the version is not blamed', async (_, restartsAt, state, waits) => {
    const shop = fakeShop();
    let waited = 0;
    const project = emptyProject((script) => {
      if (restartsAt?.test(script)) start('second');
      if (script.startsWith('command -v systemctl')) return { stdout: `${state}\n` };
      if (script.includes('docker info')) waited += 1;
      return {};
    });
    const start = (startOfHost: string) => Object.assign(project.places[0]?.host.connection ?? {}, { startOfHost });
    start('first');
    const error = new ProvisionError('handshake-failed', 'app-1 cannot be asked to get ready: no answer', {
      host: 'web1',
      task: 'app-1: get ready to stop',
    });
    const told = await goBack(project, JOURNAL, error, shop.options.steps, async () => {});
    expect(told).toMatchObject({
      code: 'handshake-failed',
      message:
        'web1 was restarted meanwhile: app-1 cannot be asked to get ready: no answer; release 1 runs again on all replicas',
      hint: 'The version is not to blame: run the same command again.',
    });
    expect(waited).toBe(waits);
  });
});
