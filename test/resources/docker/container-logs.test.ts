import { expect, it } from 'vitest';
import type { Target } from '../../../src/resources/contract.ts';
import { lastLogLines } from '../../../src/resources/docker/container-logs.ts';

const NOTES = Array.from({ length: 30 }, (_, i) => `2026-11-22  4:47:${10 + i} 0 [Note] InnoDB: step ${i}`);
const FAILURE = [
  '2026-11-22  4:47:09 0 [ERROR] InnoDB: Upgrade after a crash is not supported.',
  '2026-11-22  4:47:09 0 [ERROR] Aborting',
];
const PROBED =
  "2026-11-22  4:47:50 4 [Warning] Aborted connection 4 to db: 'unconnected' user: 'unauthenticated' host: '172.18.0.1' (This connection closed normally without authentication)";

async function shown(lines: readonly string[], count?: number): Promise<string | undefined> {
  const target = { run: async () => ({ code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' }) };
  return lastLogLines('shop-db-1', target as unknown as Target, count);
}

it('shows what a database complains of, not what it tells of every start', async () => {
  const log = ['2026-11-22 04:47:08+00:00 [Note] [Entrypoint]: Starting', ...FAILURE, ...NOTES, PROBED];
  expect(await shown(log)).toBe(`the last lines of shop-db-1's log:\n${FAILURE.join('\n')}`);
});

it('shows that as well where there is nothing else', async () => {
  expect(await shown(NOTES, 2)).toBe(`the last lines of shop-db-1's log:\n${NOTES.slice(-2).join('\n')}`);
});

it('shows the end of all other logs as it is', async () => {
  expect(await shown(['a', '  b', '[Note] of an application', 'd'], 3)).toBe(
    "the last lines of shop-db-1's log:\n  b\n[Note] of an application\nd",
  );
  expect(await shown([''])).toBeUndefined();
});
