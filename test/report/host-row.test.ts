import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { createPaint } from '../../src/report/colour.ts';
import { hostColumns, nextRow, rowText, stepCounter, waitingRow } from '../../src/report/host-row.ts';
import { textWidth } from '../../src/report/width.ts';
import { buildFailed, LONG_NAME, richPlan, summary } from './recorded.ts';

const host = 'web1';
const CONNECTING: Event = { type: 'host-connecting', host, address: 'root@203.0.113.10:22' };
const CONNECTED: Event = { type: 'host-connected', host, durationMs: 100 };
const PLANNED: Event = { type: 'host-planned', host, plan: richPlan(host), durationMs: 200 };
const STARTED: Event = { type: 'step-started', host, role: 'packages', id: 'packages:curl,wget', step: 7, total: 31 };
const PROGRESS: Event = {
  type: 'step-progress',
  host,
  id: 'packages:curl,wget',
  text: 'Unpacking\tlibcurl4\u001b[1A\n',
};
const FINISHED: Event = {
  type: 'host-finished',
  host,
  summary: summary(host, { status: 'changed', ok: 25, changed: 31, durationMs: 45_000 }),
};
const FAILED: Event = {
  type: 'host-finished',
  host,
  summary: summary(host, { status: 'failed', error: buildFailed(host) }),
};

/** The row 12.7 seconds after these events. */
function textAfter(events: readonly Event[], columns = 76): string {
  const row = events.reduce((before, event) => nextRow(before, event, 1_000), waitingRow(host));
  return rowText(row, { nowMs: 13_700, hostColumns: 4, columns, paint: createPaint(false) });
}

describe('the row of a host', () => {
  it.each([
    { events: [], text: 'web1  waiting' },
    { events: [CONNECTING], text: 'web1  connecting to root@203.0.113.10:22  12 s' },
    { events: [CONNECTING, CONNECTED], text: 'web1  comparing with what shall be  12 s' },
    { events: [CONNECTING, CONNECTED, PLANNED], text: 'web1  planned' },
    { events: [STARTED], text: 'web1  [ 7/31] packages:curl,wget  12 s' },
    { events: [STARTED, PROGRESS], text: 'web1  [ 7/31] packages:curl,wget  12 s  Unpacking libcurl4\\x1b[1A' },
    { events: [STARTED, PROGRESS, STARTED], text: 'web1  [ 7/31] packages:curl,wget  12 s' },
    { events: [STARTED, FINISHED], text: 'web1  changed  31 changed, 25 ok  45 s' },
    { events: [STARTED, FAILED], text: 'web1  failed  the image palindrome-app does not build  0.3 s' },
  ])('$text', ({ events, text }) => {
    expect(textAfter(events)).toBe(text);
  });

  it.each([
    { columns: 56, text: 'web1  [ 7/31] packages:curl,wget  12 s  Unpacking libcu…' },
    { columns: 48, text: 'web1  [ 7/31] packages:curl,wget  12 s' },
    { columns: 30, text: 'web1  [ 7/31] p…url,wget  12 s' },
  ])('in $columns columns: $text', ({ columns, text }) => {
    expect(textAfter([STARTED, PROGRESS], columns)).toBe(text);
  });

  it.each([[STARTED, PROGRESS], [FINISHED], [FAILED]].map((events) => ({ events })))(
    'never takes more columns than it has ($events.0.type)',
    ({ events }) => {
      const row = events.reduce((before, event) => nextRow(before, event, 0), waitingRow(LONG_NAME));
      const options = { nowMs: 0, hostColumns: hostColumns([LONG_NAME]), columns: 76, paint: createPaint(false) };
      expect(textWidth(rowText(row, options))).toBeLessThanOrEqual(76);
    },
  );

  it('ticks in whole seconds', () => {
    const row = nextRow(waitingRow(host), STARTED, 0);
    const at = (nowMs: number) => rowText(row, { nowMs, hostColumns: 4, columns: 76, paint: createPaint(false) });
    expect([at(900), at(1_999), at(61_500)].map((text) => text.replace(/.*wget {2}/, ''))).toEqual([
      '0 s',
      '1 s',
      '1 min 1 s',
    ]);
  });
});

it('counts steps in a fixed width', () => {
  expect([stepCounter(7, 31), stepCounter(31, 31), stepCounter(1, 9)]).toEqual(['[ 7/31]', '[31/31]', '[1/9]']);
  expect(stepCounter(2)).toBe('[2]');
});

it('gives names no more than 24 columns', () => {
  expect([hostColumns(['web1', 'web10']), hostColumns([LONG_NAME]), hostColumns([])]).toEqual([5, 24, 0]);
});
