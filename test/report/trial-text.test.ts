import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createTrialReporter } from '../../src/report/trial-reporter.ts';
import { stepLines, trialsLines } from '../../src/report/trial-text.ts';
import type { TrialEvent } from '../../src/trial/results.ts';
import { createSink, PLAIN_TEXT } from './streams.ts';
import { STEPS, trialResult } from './trials.ts';

const TRIAL = { scenario: 'motd', image: 'debian:12.5' };
const EVENTS: readonly TrialEvent[] = [
  { type: 'trial-started', trial: TRIAL },
  ...STEPS.flatMap((result): TrialEvent[] => [
    { type: 'step-started', name: result.name },
    { type: 'step-progress', text: 'half\u001b[2J way' },
    { type: 'step-finished', trial: TRIAL, result },
  ]),
  { type: 'trial-finished', result: trialResult() },
];

function reporter(options: { json?: boolean; isLive?: boolean } = {}) {
  const [stdout, stderr] = [createSink(), createSink({ isTTY: options.isLive ?? false })];
  const made = createTrialReporter({
    stdout,
    stderr,
    paint: PLAIN_TEXT.paint,
    text: PLAIN_TEXT,
    isLive: false,
    json: false,
    ...options,
  });
  return { ...made, stdout, stderr };
}

describe('a step', () => {
  it('is a line, with what went wrong below it', () => {
    expect(STEPS.flatMap((step) => stepLines(step, PLAIN_TEXT))).toEqual([
      '  passed      3.1 s  host                                  root@172.17.0.3:22',
      '  passed      0.3 s  apply again                           0 changed',
      '  failed     <0.1 s  assert: cat "/etc/motd" <\\x07',
      '',
      '    error: it printed "<b>" & more',
      '      why    expected:',
      '               ]]>',
      '             it printed:',
      '               red\\x00',
      '      do     Correct the role.',
      '      code   test-failed, see docs/errors.md#test-failed',
      '',
      '  skipped            drift',
    ]);
  });

  it.each([60, 80, 120])('fits %i columns, unless its name does not', (columns) => {
    const detail = 'x'.repeat(200);
    const [line = ''] = stepLines(
      { name: 'plan', status: 'passed', durationMs: 0, detail },
      { ...PLAIN_TEXT, columns },
    );
    expect(line.length).toBe(columns);
  });
});

describe('the end', () => {
  it('tells how many passed, which did not, and what is kept', () => {
    const kept = [{ name: 'host', container: 'provision-test-motd-host-ab12cd', login: 'ssh -p 1 root@127.0.0.1' }];
    const passed = trialResult({ scenario: 'other', steps: STEPS.slice(0, 2), kept });
    expect(trialsLines([trialResult(), passed], PLAIN_TEXT)).toEqual([
      '',
      'kept, of other on debian:12.5, until its next test:',
      '  host',
      '    log in  ssh -p 1 root@127.0.0.1',
      '    remove  docker rm --force --volumes provision-test-motd-host-ab12cd',
      '',
      '1 of 2 tests passed; 6 steps, 6.9 s',
      '  motd on debian:12.5: assert: cat "/etc/motd" <\\x07',
    ]);
  });
});

describe('the reporter', () => {
  it('writes each step as it ends', async () => {
    const { handle, finish, stdout, stderr } = reporter();
    for (const event of EVENTS) handle(event);
    await finish();
    expect(stdout.text().split('\n').slice(0, 4)).toEqual([
      '',
      'motd on debian:12.5',
      ...STEPS.slice(0, 2).flatMap((step) => stepLines(step, PLAIN_TEXT)),
    ]);
    expect(stderr.text()).toBe('');
  });

  it('tells every ten seconds what is waited for', async () => {
    vi.useFakeTimers();
    const { handle, finish, stderr } = reporter();
    for (const event of EVENTS.slice(0, 3)) handle(event);
    await vi.advanceTimersByTimeAsync(21_000);
    vi.useRealTimers();
    await finish();
    expect(stderr.text()).toBe(
      'motd on debian:12.5: host: half way: 10 s\nmotd on debian:12.5: host: half way: 20 s\n'.replaceAll(
        'half',
        'half\\x1b[2J',
      ),
    );
  });

  it('draws it on a terminal, and takes it away', async () => {
    const { handle, finish, stderr, stdout } = reporter({ isLive: true });
    for (const event of EVENTS.slice(0, 3)) handle(event);
    await sleep(900);
    expect(stderr.text()).toContain('motd on debian:12.5: host: half\\x1b[2J way: 0.');
    for (const event of EVENTS.slice(3, 4)) handle(event);
    await finish();
    expect(stdout.text()).toContain('3.1 s  host');
  });

  it('writes lines for programs', async () => {
    const { handle, finish, stdout } = reporter({ json: true });
    for (const event of EVENTS) handle(event);
    await finish();
    const lines = stdout
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(STEPS.length + 1);
    expect(lines[0]).toEqual({ version: 1, type: 'test-step', ...TRIAL, ...STEPS[0] });
    expect(lines[2]).toMatchObject({ name: STEPS[2]?.name, error: { code: 'test-failed' } });
    const counts = { status: 'failed', passed: 2, failed: 1, skipped: 1, durationMs: 3452, kept: [] };
    expect(lines.at(-1)).toEqual({ version: 1, type: 'test', ...TRIAL, ...counts });
  });
});
