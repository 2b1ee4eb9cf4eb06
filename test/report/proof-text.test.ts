import { describe, expect, it } from 'vitest';
import type { ProofReport } from '../../src/deploy/prove.ts';
import { createPaint } from '../../src/report/colour.ts';
import { proofLines } from '../../src/report/proof-text.ts';
import { textWidth } from '../../src/report/width.ts';
import { lines, PLAIN_TEXT } from './streams.ts';

const IDLE = { requests: 0, failures: 0, longestGapMs: 0 };

const CLEAN: ProofReport = {
  url: 'https://www.example.com/',
  durationMs: 48_200,
  phases: {
    before: { requests: 310, failures: 0, longestGapMs: 14, p50Ms: 4.07, p99Ms: 9.96 },
    during: { requests: 11_235, failures: 0, longestGapMs: 61, p50Ms: 4.42, p99Ms: 118 },
    after: { requests: 800, failures: 0, longestGapMs: 9, p50Ms: 4, p99Ms: 0.32 },
  },
  reasons: [],
  requests: 12_345,
  failures: 0,
  longestGapMs: 61,
};

const FAILED: ProofReport = {
  ...CLEAN,
  phases: {
    ...CLEAN.phases,
    during: { requests: 11_235, failures: 13, longestGapMs: 2_140, p50Ms: 4.42, p99Ms: 999.6 },
    after: IDLE,
  },
  reasons: [
    { reason: 'connection reset', count: 12 },
    { reason: 'status 503', count: 1 },
  ],
  failures: 13,
  longestGapMs: 2_140,
};

describe('the text of a proof', () => {
  it('has a row for each phase, and says that nothing failed', () => {
    expect(proofLines(CLEAN, PLAIN_TEXT)).toEqual(
      lines(`
        phase   requests  failures  longest gap     p50     p99
        before       310         0        14 ms  4.1 ms   10 ms
        during    11,235         0        61 ms  4.4 ms  118 ms
        after        800         0         9 ms    4 ms  0.3 ms
        no request failed: 12,345 in 48 s, longest gap 61 ms
      `),
    );
  });

  it('says how many failed, and why', () => {
    expect(proofLines(FAILED, PLAIN_TEXT)).toEqual(
      lines(`
        phase   requests  failures  longest gap     p50    p99
        before       310         0        14 ms  4.1 ms  10 ms
        during    11,235        13        2.1 s  4.4 ms  1.0 s
        after          0         0            -       -      -
          12  connection reset
           1  status 503
        13 of 12,345 requests failed in 48 s, longest gap 2.1 s
      `),
    );
  });

  it('does not call it proved where nothing was asked', () => {
    const phases = { before: IDLE, during: { ...IDLE, longestGapMs: 5_000 }, after: IDLE };
    const text = proofLines({ ...CLEAN, phases, requests: 0, longestGapMs: 5_000 }, PLAIN_TEXT);
    expect(text[2]).toMatch(/^during +0 +0 +5\.0 s +- +-$/);
    expect(text.at(-1)).toBe('nothing is proved: no request was made');
  });

  it('speaks of a single request as one', () => {
    const reasons = [{ reason: 'status 502', count: 1 }];
    const text = proofLines({ ...CLEAN, reasons, requests: 1, failures: 1 }, PLAIN_TEXT);
    expect(text.at(-1)).toBe('1 of 1 request failed in 48 s, longest gap 61 ms');
  });

  it('paints failures and the verdict', () => {
    const colour = { ...PLAIN_TEXT, paint: createPaint(true) };
    expect(proofLines(CLEAN, colour).at(-1)).toBe(
      '\u001b[32mno request failed: 12,345 in 48 s, longest gap 61 ms\u001b[39m',
    );
    expect(proofLines(CLEAN, colour)[2]).not.toContain('\u001b');
    expect(proofLines(FAILED, colour)[2]).toContain('\u001b[31m      13\u001b[39m');
    expect(proofLines(FAILED, colour).at(-1)).toMatch(/^\u001b\[31m/);
  });

  it('stays within 80 columns after an hour of the worst', () => {
    const worst = { requests: 9_999_999, failures: 9_999_999, longestGapMs: 3_599_000, p50Ms: 719_000, p99Ms: 719_000 };
    const report = {
      ...CLEAN,
      durationMs: 3_599_000,
      phases: { before: worst, during: worst, after: worst },
      reasons: [{ reason: `\u001b[2J${'certificate '.repeat(20)}`, count: 9_999_999 }],
      requests: 29_999_997,
      failures: 29_999_997,
      longestGapMs: 3_599_000,
    };
    const text = proofLines(report, PLAIN_TEXT);
    expect(Math.max(...text.map(textWidth))).toBeLessThanOrEqual(80);
    expect(text[4]).toMatch(/^ {2}9,999,999 {2}\\x1b\[2Jcertificate .*…$/);
  });

  it('fits texts to a narrow terminal', () => {
    const text = proofLines(FAILED, { ...PLAIN_TEXT, columns: 30 });
    expect(text.slice(-2)).toEqual(['13 of 12,345 requests failed', 'in 48 s, longest gap 2.1 s']);
  });
});
