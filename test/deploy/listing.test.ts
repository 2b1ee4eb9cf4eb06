import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { listReleases } from '../../src/deploy/listing.ts';
import { ProvisionError } from '../../src/errors.ts';
import { release } from '../../src/resources/release.ts';
import { NEVER, NO_FACTS, taskOf } from '../operate/machine.ts';

it('looks at so many hosts at a time, and tells of the first that cannot be reached', async () => {
  let open = 0;
  let most = 0;
  const shop = release({ project: 'shop', directory: '/opt/shop', services: {} });
  const tasks = Array.from({ length: 7 }, (_, i) =>
    taskOf(`web${i}`, async () => {
      most = Math.max(most, ++open);
      await sleep(2);
      open -= 1;
      throw new ProvisionError('unreachable', 'no route');
    }, [shop]),
  );
  const found = await listReleases(tasks, { facts: NO_FACTS, stop: NEVER, emit: () => undefined, forks: 3 });
  expect(most).toBe(3);
  expect(found).toEqual({ listings: [], error: expect.objectContaining({ code: 'unreachable', host: 'web0' }) });
});
