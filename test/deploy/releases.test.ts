import { expect, it } from 'vitest';
import { readRelease, writeJournal } from '../../src/deploy/releases.ts';
import type { Release } from '../../src/resources/releases/release.ts';
import { deployHost } from './deploy-host.ts';

const release = { project: 'shop', directory: '/opt/shop', services: {}, sources: [] } satisfies Release;

it('what cannot be written down tells on which host, and what to do', async () => {
  const host = deployHost('web1', () => ({ code: 1, stderr: 'cat: write error: No space left on device\n' }));
  const journal = { action: 'redeploy', from: 1, to: 2, by: 'alice@laptop', at: '2026-01-01T00:00:00Z' } as const;
  await expect(writeJournal({ host, release }, journal)).rejects.toMatchObject({
    code: 'disk-full',
    host: 'web1',
    hint: expect.stringContaining('df -h'),
  });
});

it.each([
  ['cat: 7: No such file or directory\n', 'release-not-found', 'release 7 is not there, or not its images'],
  [
    'Cannot connect to the Docker daemon at unix:///run/docker.sock.\n',
    'probe-failed',
    'the Docker Engine does not answer',
  ],
])('a release that cannot be read tells why: %j', async (stderr, code, message) => {
  const host = deployHost('web1', () => ({ code: 1, stderr }));
  await expect(readRelease({ host, release }, 7)).rejects.toMatchObject({ code, message, host: 'web1' });
});
