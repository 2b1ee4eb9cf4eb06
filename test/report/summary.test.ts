import { describe, expect, it } from 'vitest';
import { type FinishedStep, type Ledger, newLedger } from '../../src/report/ledger.ts';
import { slowestLines, summaryLines, tableLines } from '../../src/report/summary.ts';
import { textWidth } from '../../src/report/width.ts';
import { buildFailed, LONG_NAME, summary } from './recorded.ts';
import { lines, PLAIN_TEXT } from './streams.ts';

function ledgerOf(fields: Partial<Ledger>): Ledger {
  return { ...newLedger(), ...fields };
}

function step(id: string, durationMs: number, host = 'web1'): FinishedStep {
  return { type: 'step-finished', host, role: 'stack', id, status: 'changed', changes: [], durationMs };
}

const FAILED = summary('web2', {
  status: 'failed',
  ok: 4,
  failed: 1,
  skipped: 9,
  exchanges: 12,
  error: buildFailed('web2'),
});

describe('the table', () => {
  it('has a row for a single host, and no more columns than tell something', () => {
    const ledger = ledgerOf({ mode: 'apply', summaries: [summary('web1', { ok: 56 })] });
    expect(tableLines(ledger, PLAIN_TEXT)).toEqual(
      lines(`
        host  status  ok  changed  failed   time  exchanges
        web1  ok      56        0       0  0.3 s          1
      `),
    );
  });

  it('has columns for what was not reached or is not known, where there is any', () => {
    const unreachable = summary('web3', { status: 'unreachable', exchanges: 0, durationMs: 15_000 });
    const changedOne = summary('web10', { status: 'changed', ok: 40, changed: 16, unknown: 1, durationMs: 125_000 });
    const ledger = ledgerOf({ mode: 'apply', summaries: [changedOne, FAILED, unreachable], durationMs: 126_000 });
    expect(tableLines(ledger, PLAIN_TEXT)).toEqual(
      lines(`
        host   status       ok  changed  unknown  failed  skipped       time  exchanges
        web10  changed      40       16        1       0        0  2 min 5 s          1
        web2   failed        4        0        0       1        9      0.3 s         12
        web3   unreachable   0        0        0       0        0       15 s          0
        3 hosts in 2 min 6 s
      `),
    );
  });

  it('speaks of a plan as what would be', () => {
    const ledger = ledgerOf({ summaries: [summary('web1', { status: 'changed', ok: 3, changed: 1 })] });
    expect(tableLines(ledger, PLAIN_TEXT)).toEqual(
      lines(`
        host  status   ok  to change  failed   time  exchanges
        web1  differs   3          1       0  0.3 s          1
      `),
    );
  });

  it('shows the times of exchanges when asked to', () => {
    const summaries = [summary('web1'), summary('web2', { status: 'unreachable', exchanges: 0 })];
    const [connectMs, planMs] = [new Map([['web1', 104]]), new Map([['web1', 212]])];
    const ledger = ledgerOf({ mode: 'apply', summaries, connectMs, planMs });
    expect(tableLines(ledger, { ...PLAIN_TEXT, verbose: true }).slice(0, 3)).toEqual(
      lines(`
        host  status       ok  changed  failed  login   plan   time  exchanges
        web1  ok            0        0       0  0.1 s  0.2 s  0.3 s          1
        web2  unreachable   0        0       0      -      -  0.3 s          0
      `),
    );
  });

  it('gives a long name a line of its own', () => {
    const ledger = ledgerOf({ mode: 'apply', summaries: [summary('web1'), summary(LONG_NAME, { skipped: 1 })] });
    const table = tableLines(ledger, PLAIN_TEXT);
    expect(table).toEqual(
      lines(`
        host  status  ok  changed  failed  skipped   time  exchanges
        web1  ok       0        0       0        0  0.3 s          1
        ${LONG_NAME}
              ok       0        0       0        1  0.3 s          1
        2 hosts in <0.1 s
      `),
    );
    expect(Math.max(...table.map(textWidth))).toBeLessThanOrEqual(80);
    expect(tableLines(ledger, { ...PLAIN_TEXT, columns: 130 })[2]).toMatch(new RegExp(`^${LONG_NAME}  ok `));
  });
});

describe('the slowest steps', () => {
  it('are five, slowest first, and all above a second', () => {
    const times = [400, 45_000, 1_200, 999, 1_000, 12_000, 3_000, 2_000];
    const steps = times.map((durationMs) => step(`image:${durationMs}`, durationMs));
    expect(slowestLines(steps, PLAIN_TEXT)).toEqual(
      lines(`
        slowest steps
           45 s  web1: image:45000
           12 s  web1: image:12000
          3.0 s  web1: image:3000
          2.0 s  web1: image:2000
          1.2 s  web1: image:1200
      `),
    );
  });

  it('are left out where all were quick', () => {
    expect(slowestLines([step('file:/a', 999)], PLAIN_TEXT)).toEqual([]);
  });

  it('keep to the width', () => {
    const text = slowestLines([step(`file:/${'x'.repeat(60)}/end.conf`, 2_000, LONG_NAME)], PLAIN_TEXT);
    expect(text[0]).toBe('slowest step');
    expect(textWidth(text[1] ?? '')).toBeLessThanOrEqual(80);
    expect(text[1]).toMatch(/^ {2}2\.0 s {2}a-host.*….*end\.conf$/);
  });
});

describe('the summary', () => {
  it('ends with the failures', () => {
    const ledger = ledgerOf({ mode: 'apply', summaries: [FAILED, summary('web1')], steps: [step('image:app', 2_000)] });
    const text = summaryLines(ledger, PLAIN_TEXT);
    const at = (start: string) => text.findIndex((line) => line.startsWith(start));
    expect([at('slowest'), at('host  '), at('error: ')]).toEqual([1, 4, 9]);
    expect(text.slice(-4).join('\n')).toContain('ERROR: No matching distribution for flsk');
  });

  it('says nothing of the plan of a single host that its counts have not said', () => {
    expect(summaryLines(ledgerOf({ summaries: [summary('web1')] }), PLAIN_TEXT)).toEqual([]);
  });
});
