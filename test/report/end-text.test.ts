import { expect, it } from 'vitest';
import type { HostSummary } from '../../src/engine/events.ts';
import { endLines } from '../../src/report/end-text.ts';
import { newLedger, record } from '../../src/report/ledger.ts';
import { changed, ok } from './recorded.ts';
import { PLAIN_TEXT } from './streams.ts';

const host = 'web1';
const SUMMARY: HostSummary = {
  host,
  status: 'ok',
  ok: 2,
  changed: 0,
  unknown: 0,
  failed: 0,
  skipped: 0,
  exchanges: 1,
  durationMs: 1,
};

it.each([
  ['apply', ok('stack', 'release:shop')],
  ['plan', ok('stack', 'release:shop')],
  ['apply', changed('stack', 'release:shop')],
  ['plan', changed('stack', 'release:shop')],
] as const)('the end of %s tells what is to be known of %o once', (mode, resource) => {
  const ledger = newLedger();
  const held = { ...resource, reason: 'release 2 is held' };
  record(ledger, { type: 'run-started', mode, hosts: [host] });
  const plan = { host, resources: [ok('stack', 'file:/x'), held], handlers: [] };
  record(ledger, { type: 'host-planned', host, plan, durationMs: 1 });
  record(ledger, { type: 'run-finished', summaries: [SUMMARY], durationMs: 1 });
  const text = endLines(ledger, PLAIN_TEXT, { withDeeds: true }).join('\n');
  expect(text.match(/release 2 is held/g)).toHaveLength(1);
  expect(text).not.toContain('file:/x');
});
