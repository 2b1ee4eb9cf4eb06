import { describe, expect, it } from 'vitest';
import { goalLines } from '../../bench/goals.ts';
import { manyOf } from '../../bench/many.ts';
import { CASES, type Case, chooseCases, goalsOf, type Measured, nameOf, type Sample } from '../../bench/matrix.ts';
import { plot } from '../../bench/plot.ts';
import { csvLines, resultLines } from '../../bench/results.ts';
import { ansibleChanges, changesOf } from '../../bench/site.ts';

const NEAR: Case = { action: 'no-op', hosts: 1, roundTripMs: 0, resources: 'workload' };

function measured(one: Case, timesMs: Partial<Record<Sample['program'], readonly number[]>>, roundTrips?: number) {
  const samples = Object.entries(timesMs).flatMap(([program, times]) =>
    times.map((durationMs) => ({ program: program as Sample['program'], durationMs, roundTrips })),
  );
  return { ...one, samples } satisfies Measured;
}

const NEAR_MEASURED = measured(NEAR, { ssh: [100], provision: [240, 200, 290], 'ansible-playbook': [9_000] });
const FAR_MEASURED = measured({ ...NEAR, roundTripMs: 100 }, { provision: [1_400] }, 8);

describe('the cases', () => {
  it('are each one thing', () => expect(new Set(CASES.map(nameOf)).size).toBe(CASES.length));

  it.each([
    [[], false, CASES.filter(({ isLong }) => !isLong).length],
    [[], true, CASES.length],
    [['first run'], false, 1],
    [['50 hosts', 'first run'], false, 4],
    [['nothing'], true, 0],
  ])('chosen by %j, full: %s', (only, isFull, count) => {
    expect(chooseCases(only, isFull).length).toBe(count);
  });
});

describe('the goals', () => {
  it('are told of what was measured alone', () => {
    expect(goalsOf([])).toEqual([]);
    expect(goalLines(goalsOf([NEAR_MEASURED, FAR_MEASURED]))).toEqual([
      '| | measured | goal | |',
      '|---|---|---|---|',
      '| no-op, 1 host, 0 ms, workload: time | 0.24 s | ≤ 0.30 s | met |',
      '| no-op, 1 host, 0 ms, workload: Ansible ÷ provision | 37.5 × | ≥ 25.0 × | met |',
      '| no-op, 1 host, 0 ms, workload: provision ÷ ssh | 2.4 × | ≤ 2.5 × | met |',
      '| no-op, 1 host, 100 ms, workload: time | 1.40 s | ≤ 1.30 s | missed |',
      '| no-op, 1 host, 100 ms, workload: round trips | 8 | ≤ 9 | met |',
    ]);
  });

  it('are all about cases that can be measured', () => {
    const all = CASES.map((one) => measured(one, { ssh: [1], provision: [1], 'ansible-playbook': [1] }, 1));
    expect(goalsOf(all)).toHaveLength(8);
  });
});

describe('the results', () => {
  it('are a table', () => {
    expect(resultLines([NEAR_MEASURED, FAR_MEASURED]).slice(2)).toEqual([
      '| no-op, 1 host, 0 ms, workload | 0.10 | 0.24 | 9.00 (1 run) | 37.5 | 2.4 | – |',
      '| no-op, 1 host, 100 ms, workload | – | 1.40 | – | – | – | 8 |',
    ]);
  });

  it('are lines of CSV', () => {
    expect(csvLines([FAR_MEASURED])).toEqual([
      'action,hosts,round_trip_ms,resources,program,ms,round_trips',
      'no-op,1,100,workload,provision,1400.0,8',
    ]);
  });

  it('are a picture, with a title and a dot for each program', () => {
    const svg = plot([NEAR_MEASURED, FAR_MEASURED]);
    expect(svg).toMatch(/^<svg [^>]*role="img"[^>]*>\s*<title id="title">/);
    expect(svg).toContain('prefers-color-scheme: dark');
    const dots = [...svg.matchAll(/<circle class="(\w+)" cx="([\d.]+)" cy="[\d.]+" r="6"><title>([^<]+)</g)];
    expect(dots.map(([, name, , title]) => [name, title])).toEqual([
      ['floor', 'ssh HOST sh &lt;probe.sh: 0.10 s'],
      ['own', 'provision: 0.24 s'],
      ['peer', 'ansible-playbook, pipelining: 9.00 s'],
      ['own', 'provision: 1.40 s'],
    ]);
    const [floor, own, peer] = dots.map(([, , x]) => Number(x)) as [number, number, number];
    expect(floor).toBeLessThan(own);
    expect(own).toBeLessThan(peer);
  });
});

describe('what was changed', () => {
  const finished = (...summaries: object[]) => `{"type":"x"}\n${JSON.stringify({ type: 'run-finished', summaries })}\n`;

  it.each([
    [finished({ status: 'ok', changed: 0 }), 0],
    [finished({ status: 'changed', changed: 1 }, { status: 'ok', changed: 0 }), 1],
    [finished({ status: 'failed', changed: 1 }), undefined],
  ])('by provision: %s', (stdout, changes) => expect(changesOf(stdout)).toBe(changes));

  it.each([
    ['h1 : ok=17   changed=0    unreachable=0    failed=0    skipped=0', 0],
    ['h1 : ok=17   changed=1    unreachable=0    failed=0 \nh2 : ok=17   changed=2    unreachable=0    failed=0 ', 3],
    ['h1 : ok=17   changed=0    unreachable=1    failed=0 ', undefined],
    ['', undefined],
  ])('by Ansible: %j', (stdout, changes) => expect(ansibleChanges(stdout)).toBe(changes));
});

it.each([20, 100, 1_000])('%i resources are as many', (total) => {
  const { files, directories, links, users } = manyOf(total);
  expect(files + directories + links + users + 2).toBe(total);
  expect(links).toBeLessThanOrEqual(files);
});
