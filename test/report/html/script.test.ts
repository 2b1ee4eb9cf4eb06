/** The page in a browser, where there is one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reportPage } from '../../../src/report/html/page.ts';
import { changed, unreachable } from '../recorded.ts';
import { sampleRun } from './sample.ts';

const LIMIT_MS = 60_000;
const hasBrowser = spawnSync('chromium', ['--version']).status === 0;

/** What the script makes of a run of two hosts, of which one has a single resource, and the other is not there. */
function shown(count: number): string {
  const { run } = sampleRun({ hosts: count, resources: 1 });
  const change = changed('packages', 'file:/etc/motd', {
    action: 'update',
    what: 'content',
    text: { before: 'a\n', after: 'b\n' },
  });
  const plan = { host: 'web1', resources: [change], handlers: [] };
  const events = [
    { type: 'run-started', mode: 'plan', hosts: ['web1', 'web2'].slice(0, count) },
    { type: 'host-planned', host: 'web1', plan, durationMs: 1 },
    ...(count > 1 ? unreachable('web2').events : []),
  ] as const;
  const folder = mkdtempSync(join(tmpdir(), 'provision-page-'));
  const file = join(folder, 'page.html');
  writeFileSync(
    file,
    reportPage(
      run,
      events.map((event, i) => ({ ...event, atMs: i * 100 })),
    ),
  );
  const args = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}/user`, '--dump-dom', file];
  const { stdout } = spawnSync('chromium', args, { encoding: 'utf8', timeout: LIMIT_MS });
  rmSync(folder, { recursive: true, force: true });
  return stdout;
}

it.skipIf(!hasBrowser)(
  'the matrix has room for the name of a role with one resource',
  () => {
    const page = shown(2);
    expect(page).toMatch(/<th class="first" colspan="3" scope="colgroup" title="packages">/);
    expect(page).toMatch(/<td class="why" colspan="3" title="[^"]+"><span class="why-text">/);
  },
  LIMIT_MS,
);

it.skipIf(!hasBrowser)(
  'a change that is opened is told once',
  () => {
    const [, entry = ''] = /<details class="change" open="">(.*?)<\/details>/s.exec(shown(1)) ?? [];
    expect(entry).toContain('<pre class="diff"');
    expect(entry.match(/content \+1 -1/g)).toHaveLength(1);
  },
  LIMIT_MS,
);
