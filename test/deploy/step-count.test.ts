import { expect, it } from 'vitest';
import { expectWayBack, takeBack } from '../../src/deploy/going-back.ts';
import { roll } from '../../src/deploy/rolling.ts';
import { stepsOfSites } from '../../src/deploy/step-count.ts';
import { newSteps } from '../../src/deploy/steps.ts';
import type { Event } from '../../src/engine/events.ts';
import { deployHost } from './deploy-host.ts';
import { fakeShop, type Shop, type ShopOptions } from './fake-shop.ts';

it.each<[string, ShopOptions]>([
  ['all replicas', {}],
  ['one replica', { running: { web1: { 'app-1': 1 } }, replicas: 1 }],
  ['two hosts', { running: { web1: { 'app-1': 1 }, web2: { 'app-2': 1 } }, replicas: 1 }],
  ['more replicas', { running: { web1: { 'app-1': 1 } }, replicas: 3 }],
  ['nothing', { release: 1 }],
  ['those of a redeploy that was broken off', { running: { web1: { 'app-1': 2, 'app-2': 1, 'app-3': 2 } } }],
])('as many steps are taken as were counted before: %s', async (_, options) => {
  const shop = fakeShop(options);
  const counted = new Map([...(await stepsOfSites(shop.sites))].map(([host, count]) => [host.name, count]));
  await roll(shop.sites, shop.options);
  // That a new one proves itself shows only on the way.
  const taken = shop.log.filter((entry) => entry.startsWith('web') && !entry.includes('stay healthy'));
  for (const [host, count] of counted) expect(taken.filter((entry) => entry.startsWith(host))).toHaveLength(count);
});

/** As a redeploy to release 2 left it that has failed. */
const FAILED: ShopOptions = { running: { web1: { 'app-1': 2, 'app-2': 1, 'app-3': 2 } }, release: 1 };

it.each<[string, ShopOptions, (shop: Shop) => void]>([
  ['all that were replaced', FAILED, () => {}],
  [
    'one that never served',
    { running: { web1: { 'app-1': 1, 'app-2': 1, 'app-3': 2 } }, release: 1 },
    (shop) => shop.end('web1-app-3'),
  ],
  ['an old one that has ended meanwhile', FAILED, (shop) => shop.end('web1-app-2')],
])('the way back is counted: %s', async (_, options, arrange) => {
  const shop = fakeShop(options);
  arrange(shop);
  const told: Event[] = [];
  const never = new AbortController().signal;
  const steps = newSteps({ role: 'redeploy', emit: (event) => told.push(event), stop: never, abort: never });
  const [host] = shop.sites.map((site) => site.host);
  const project = { name: 'shop', places: [], balancers: [], allBalancers: [] };
  // What was counted for the way there.
  if (host) steps.expect(host, 1);
  await expectWayBack(project, shop.sites, 1, steps);
  await takeBack(project, shop.sites, 1, steps);
  const totals = told.flatMap((event) => (event.type === 'step-started' ? [event.total] : []));
  expect(totals.length).toBeGreaterThan(2);
  expect(totals).toEqual(totals.map(() => totals.length));
});

it('no total is told of a way back on which a host is lost', async () => {
  const shop = fakeShop(FAILED);
  const told: Event[] = [];
  const never = new AbortController().signal;
  const steps = newSteps({ role: 'redeploy', emit: (event) => told.push(event), stop: never, abort: never });
  for (const { host } of shop.sites) {
    steps.expect(host, 9);
    await expectWayBack({ name: 'shop', places: [], balancers: [], allBalancers: [] }, shop.sites, 1, steps, true);
    await steps.run(host, 'app-1: drain', async () => undefined);
  }
  expect(told).toContainEqual(expect.objectContaining({ type: 'step-started', step: 1 }));
  expect(told).not.toContainEqual(expect.objectContaining({ total: 9 }));
});

it('the counter of a host goes by what is known of it', async () => {
  const told: Event[] = [];
  const never = new AbortController().signal;
  const steps = newSteps({
    role: 'redeploy',
    emit: (event) => told.push(event),
    stop: never,
    abort: never,
  });
  const host = deployHost('web1');
  const run = (id: string) => steps.run(host, id, async () => undefined);
  await run('image');
  steps.expect(host, 2);
  for (const id of ['start', 'stop']) await run(id);
  steps.expectOneMore(host);
  await run('one more');
  await run('what nobody has told of');
  const counters = told.flatMap((event) => (event.type === 'step-started' ? [`${event.step}/${event.total}`] : []));
  expect(counters).toEqual(['1/undefined', '2/3', '3/3', '4/4', '5/undefined']);
});
