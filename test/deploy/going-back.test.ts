import { describe, expect, it } from 'vitest';
import { rollWithConfig } from '../../src/deploy/going-back.ts';
import { fakeShop, type ShopOptions } from './fake-shop.ts';

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
