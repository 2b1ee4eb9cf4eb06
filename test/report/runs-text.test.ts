import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/report/run-record.ts';
import { runLines } from '../../src/report/runs-text.ts';
import { lines } from './streams.ts';

const TEXT = { folder: '~/.local/state/provision/runs', columns: 80, paint: (_style: unknown, text: string) => text };

function run(fields: Partial<RunRecord>): RunRecord {
  return {
    version: 1,
    provision: '0.1.0',
    command: 'apply',
    commandLine: [],
    inventory: '/home/alice/prod.yml',
    by: 'alice@laptop',
    started: '2026-11-21T08:12:23.000Z',
    finished: '2026-11-21T08:12:37.000Z',
    exitCode: 0,
    hosts: { ok: 3 },
    ...fields,
  };
}

describe('the list of runs', () => {
  it('tells how long each worked, not how long somebody read its plan', () => {
    const [, line] = runLines([{ name: '2026-11-21T08-12-23Z-apply', run: run({ durationMs: 2_000 }) }], TEXT);
    expect(line).toContain('  2.0 s  ');
  });

  it('tells how each ended, by its worst host', () => {
    const { finished: _, exitCode: __, ...killed } = run({ hosts: {} });
    const runs = [
      {
        name: '2026-11-21T08-12-23Z-apply',
        run: run({ hosts: { changed: 300, failed: 1, unreachable: 2 }, exitCode: 1 }),
      },
      { name: '2026-11-21T08-00-00Z-plan', run: run({ command: 'plan', hosts: { changed: 1 } }) },
      { name: '2026-11-20T08-00-00Z-redeploy', run: killed },
      { name: '2026-11-20T07-00-00Z-apply', run: run({ hosts: { changed: 1 }, exitCode: 130, declined: true }) },
      { name: '2026-11-20T06-00-00Z-apply', run: run({ hosts: { changed: 1 }, exitCode: 130 }) },
    ];
    expect(runLines(runs, TEXT)).toEqual(
      lines(`
        run                            result        hosts  took  inventory
        2026-11-21T08-12-23Z-apply     failed          303  14 s  prod.yml
        2026-11-21T08-00-00Z-plan      differs           1  14 s  prod.yml
        2026-11-20T08-00-00Z-redeploy  not finished      0     -  prod.yml
        2026-11-20T07-00-00Z-apply     declined          1  14 s  prod.yml
        2026-11-20T06-00-00Z-apply     interrupted       1  14 s  prod.yml
      `),
    );
  });

  it('says where there are none', () => {
    expect(runLines([], TEXT)).toEqual(['no run has left a log in ~/.local/state/provision/runs yet']);
  });
});
