import { expect, it } from 'vitest';
import { writeJournal } from '../../src/deploy/releases.ts';
import type { Release } from '../../src/resources/release.ts';
import { deployHost } from './deploy-host.ts';

it('what cannot be written down tells on which host, and what to do', async () => {
  const host = deployHost('web1', () => ({ code: 1, stderr: 'cat: write error: No space left on device\n' }));
  const release = { project: 'shop', directory: '/opt/shop', services: {}, sources: [] } satisfies Release;
  const journal = { action: 'redeploy', from: 1, to: 2, by: 'alice@laptop', at: '2026-01-01T00:00:00Z' } as const;
  await expect(writeJournal({ host, release }, journal)).rejects.toMatchObject({
    code: 'disk-full',
    host: 'web1',
    hint: expect.stringContaining('df -h'),
  });
});
