import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Event, HostSummary } from '../../src/engine/events.ts';
import { ProvisionError } from '../../src/errors.ts';
import { errorBlocks } from '../../src/report/error-text.ts';
import { type HostRow, nextRow, waitingRow } from '../../src/report/host-row.ts';
import { newLedger } from '../../src/report/ledger.ts';
import { areMany, crowdLines, failuresFirst, progressText, totals } from '../../src/report/many-hosts.ts';
import { planLines } from '../../src/report/plan-text.ts';
import { tableLines } from '../../src/report/summary.ts';
import { textWidth } from '../../src/report/width.ts';
import { changed, ok, planEvents, runEvents, summary, unreachable } from './recorded.ts';
import { lines, PLAIN_TEXT, testReporter } from './streams.ts';

afterEach(() => void vi.useRealTimers());

const paint = PLAIN_TEXT.paint;
const error = new ProvisionError('unreachable', 'nothing answers', { host: 'web7' });

/** A thousand hosts: each hundredth failed, each tenth changed. */
const SUMMARIES: readonly HostSummary[] = Array.from({ length: 1_000 }, (_, i) => {
  const status = i % 100 === 7 ? 'failed' : i % 10 === 0 ? 'changed' : 'ok';
  return summary(`web${i}`, { status, ok: 20, ...(status === 'failed' ? { failed: 1 } : {}) });
});

function row(host: string, event?: Partial<Event>, nowMs = 0): HostRow {
  return event === undefined ? waitingRow(host) : nextRow(waitingRow(host), { host, ...event } as Event, nowMs);
}

describe('many hosts', () => {
  it('are more than fifty', () => {
    expect([50, 51].map(areMany)).toEqual([false, true]);
  });

  it('are told as totals, the worst first', () => {
    const statuses = SUMMARIES.map(({ status }) => status);
    expect(totals(statuses, 'apply', paint)).toBe('10 failed, 100 changed, 890 ok');
    expect(totals(statuses, 'plan', paint)).toBe('10 failed, 100 differ, 890 ok');
    expect(totals(['changed', 'ok'], 'plan', paint)).toBe('1 differs, 1 ok');
  });

  it('are in order, but those that failed first', () => {
    const names = failuresFirst([
      summary('a'),
      summary('b', { status: 'unreachable' }),
      summary('c', { status: 'failed' }),
      summary('d', { status: 'changed' }),
    ]);
    expect(names.map(({ host }) => host)).toEqual(['c', 'b', 'a', 'd']);
  });
});

describe('the progress of many hosts', () => {
  const rows = [
    row('web1', {
      type: 'host-finished',
      summary: summary('web1', { status: 'unreachable', durationMs: 5_000, error }),
    }),
    row('web2', { type: 'host-finished', summary: summary('web2', { status: 'changed', changed: 3 }) }),
    row('web3', { type: 'step-started', role: 'a', id: 'file:/etc/motd', step: 1, total: 9 }, 70_000),
    row('web4', { type: 'host-connecting', address: 'root@203.0.113.4:22' }, 60_000),
    row('web5'),
  ];
  const options = { mode: 'apply', hostCount: 1_000, durationMs: 72_900, paint } as const;

  it('is one line', () => {
    expect(progressText(rows, options)).toBe(
      '2 of 1,000 hosts done in 1 min 12 s, 2 at work: 1 unreachable, 1 changed',
    );
    expect(progressText([row('web1')], { ...options, durationMs: 400 })).toBe(
      '0 of 1,000 hosts done in 1 s, 0 at work',
    );
  });

  it('on a terminal has the failed ones below it, then those at work, the longest first', () => {
    const display = { ...options, nowMs: 72_000, columns: 76, lines: 10 };
    expect(crowdLines(rows, display)).toEqual(
      lines(`
        2 of 1,000 hosts done in 1 min 12 s, 2 at work: 1 unreachable, 1 changed
        web1  unreachable  nothing answers  5.0 s
        web4  connecting to root@203.0.113.4:22  12 s
        web3  [1/9] file:/etc/motd  2 s
      `),
    );
  });

  it('never takes more lines than there are, and leaves those at work their half', () => {
    const failed = Array.from({ length: 30 }, (_, i) =>
      row(`bad${i}`, { type: 'host-finished', summary: summary(`bad${i}`, { status: 'failed' }) }),
    );
    const atWork = Array.from({ length: 30 }, (_, i) => row(`web${i}`, { type: 'host-connecting', address: 'x' }));
    const shown = (some: readonly HostRow[]) =>
      crowdLines(some, { ...options, nowMs: 0, columns: 76, lines: 11 })
        .slice(1)
        .map((line) => line.slice(0, 3));
    expect(shown([...failed, ...atWork])).toEqual([...Array(5).fill('bad'), ...Array(5).fill('web')]);
    expect(shown(failed)).toEqual(Array(10).fill('bad'));
    expect(shown(atWork)).toEqual(Array(10).fill('web'));
  });
});

describe('the table of many hosts', () => {
  const ledger = { ...newLedger(), mode: 'apply' as const, summaries: SUMMARIES, durationMs: 302_000 };

  it('has rows for those that failed, and the totals', () => {
    const table = tableLines(ledger, PLAIN_TEXT);
    expect(table).toHaveLength(12);
    expect(table.slice(0, 2)).toEqual(
      lines(`
        host    status  ok  changed  failed   time  exchanges
        web7    failed  20        0       1  0.3 s          1
      `),
    );
    expect(table.at(-1)).toBe('1,000 hosts in 5 min 2 s: 10 failed, 100 changed, 890 ok');
  });

  it('cuts a long list of failures, and says so', () => {
    const summaries = SUMMARIES.map((one) => ({ ...one, status: 'unreachable' as const }));
    const table = tableLines({ ...ledger, summaries }, PLAIN_TEXT);
    expect(table).toHaveLength(23);
    expect(table.slice(-2)).toEqual([
      '… 980 more, shown with --verbose',
      '1,000 hosts in 5 min 2 s: 1,000 unreachable',
    ]);
  });

  it('is one line where none failed', () => {
    const summaries = SUMMARIES.map(({ host }) => summary(host));
    expect(tableLines({ ...ledger, summaries }, PLAIN_TEXT)).toEqual(['1,000 hosts in 5 min 2 s: 1,000 ok']);
  });

  it('names all of them with --verbose, those that failed first', () => {
    const table = tableLines(ledger, { ...PLAIN_TEXT, verbose: true });
    expect(table).toHaveLength(1_002);
    expect(table[10]).toMatch(/^web907 +failed/);
    expect(table[11]).toMatch(/^web0 +changed/);
  });
});

describe('the plans of many hosts', () => {
  const plans = Array.from({ length: 200 }, (_, i) => {
    const change = { action: 'update' as const, what: 'mode', from: '0600', to: i < 100 ? '0644' : `06${i}` };
    return {
      host: `web${i}`,
      resources: [i < 150 ? changed('a', 'file:/a', change) : ok('a', `file:/${i}`)],
      handlers: [],
    };
  });

  it('are the most common ones, and how many are left', () => {
    const text = planLines(plans, PLAIN_TEXT);
    expect(text[0]).toBe('web0, web1, web2, … (100 hosts)');
    expect(text.slice(-3)).toEqual([
      '… 41 more hosts, each in its own way: shown with --verbose',
      '',
      'web150, web151, web152, … (50 hosts): nothing to change',
    ]);
    expect(text.length).toBeLessThan(80);
  });

  it('are all there with --verbose', () => {
    const text = planLines(plans, { ...PLAIN_TEXT, verbose: true }).join('\n');
    expect(text).toContain('06149');
    expect(text).not.toContain('more hosts');
  });
});

describe('the failures of many hosts', () => {
  const errors = Array.from(
    { length: 30 },
    (_, i) => new ProvisionError('unreachable', `nothing answers at ${i % 20}`, { host: `web${i}` }),
  );

  it('are those of most hosts, and how many there are', () => {
    const text = errorBlocks(errors, PLAIN_TEXT, 5);
    expect(text[0]).toBe('5 of 20 different failures; all are shown with --verbose');
    expect(text.filter((line) => line.startsWith('error: '))).toHaveLength(5);
    expect(text[2]).toBe('error: nothing answers at 0');
    expect(text[3]).toBe('  where  web0, web20');
  });

  it('are all there where nothing is left out', () => {
    expect(errorBlocks(errors, PLAIN_TEXT, 20)[0]).toBe('error: nothing answers at 0');
  });
});

describe('reports of a thousand hosts', () => {
  const plan = (host: string) => planEvents(host, { host, resources: [ok('users', 'user:a')], handlers: [] });
  const events = (count = 1_000) =>
    runEvents(
      'apply',
      Array.from({ length: count }, (_, i) => (i === 500 ? unreachable(`web${i}`) : plan(`web${i}`))),
    );

  it('in plain lines name the one that failed, and tell every ten seconds how far it is', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const { reporter, stdout, stderr } = testReporter({ mode: 'plain' });
    const all = events();
    for (const event of all.slice(0, 2_600)) reporter.handle(event);
    vi.advanceTimersByTime(10_000);
    for (const event of all.slice(2_600)) reporter.handle(event);
    vi.advanceTimersByTime(60_000);
    const told = stderr.text().split('\n').filter(Boolean);
    expect(told).toEqual([
      expect.stringMatching(/^web500: +unreachable after 15 s: nothing answers/),
      '650 of 1,000 hosts done in 10 s, 1 at work: 1 unreachable, 649 changed',
    ]);
    expect(stdout.text().split('\n').length).toBeLessThan(20);
    expect(stdout.text()).toContain('1,000 hosts in 14 s: 1 unreachable, 999 changed');
  });

  it('name each host with --verbose', () => {
    const { reporter, stderr } = testReporter({ mode: 'plain', verbose: true });
    for (const event of events(60)) reporter.handle(event);
    expect(
      stderr
        .text()
        .split('\n')
        .filter((line) => line.includes('connecting to')),
    ).toHaveLength(60);
  });

  it('on a terminal never outgrow it', async () => {
    const { reporter, stdout, stderr } = testReporter({ mode: 'terminal', rows: 10 });
    const all = events();
    for (const event of all.slice(0, 2_600)) reporter.handle(event);
    for (let waitedMs = 0; !stderr.text().includes('of 1,000 hosts done') && waitedMs < 10_000; waitedMs += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const drawn = stderr.text();
    expect(drawn).toContain('650 of 1,000 hosts done in 1 s');
    expect(drawn).toMatch(/web500 +unreachable +nothing answers/);
    expect(Math.max(...drawn.split('\n').map(textWidth))).toBeLessThanOrEqual(80);
    for (const event of all.slice(2_600)) reporter.handle(event);
    await reporter.finish();
    expect(stdout.text()).toContain('1,000 hosts in 14 s: 1 unreachable, 999 changed');
  });
});
