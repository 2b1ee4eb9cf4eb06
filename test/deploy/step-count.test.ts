import { expect, it } from 'vitest';
import { roll } from '../../src/deploy/rolling.ts';
import { stepsOfSites } from '../../src/deploy/step-count.ts';
import { newSteps } from '../../src/deploy/steps.ts';
import type { Event } from '../../src/engine/events.ts';
import { deployHost } from './deploy-host.ts';
import { fakeShop, type ShopOptions } from './fake-shop.ts';

it.each<[string, ShopOptions]>([
  ['all replicas', {}],
  ['one replica', { running: { web1: { 'app-1': 1 } }, replicas: 1 }],
  ['two hosts', { running: { web1: { 'app-1': 1 }, web2: { 'app-2': 1 } }, replicas: 1 }],
  ['more replicas', { running: { web1: { 'app-1': 1 } }, replicas: 3 }],
  ['nothing', { release: 1 }],
])('as many steps are taken as were counted before: %s', async (_, options) => {
  const shop = fakeShop(options);
  const counted = new Map([...(await stepsOfSites(shop.sites))].map(([host, count]) => [host.name, count]));
  await roll(shop.sites, shop.options);
  // That a new one proves itself shows only on the way.
  const taken = shop.log.filter((entry) => entry.startsWith('web') && !entry.includes('stay healthy'));
  for (const [host, count] of counted) expect(taken.filter((entry) => entry.startsWith(host))).toHaveLength(count);
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
  const counters = told.flatMap((event) => (event.type === 'step-started' ? [`${event.step}/${event.total}`] : []));
  expect(counters).toEqual(['1/undefined', '2/3', '3/3', '4/4']);
});
