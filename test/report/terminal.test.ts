import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { applyEvents, planEvents, runEvents, unreachable } from './recorded.ts';
import { testReporter } from './streams.ts';

const SHOW_CURSOR = '\u001b[?25h';

function started(hosts: readonly string[]): Event {
  return { type: 'run-started', mode: 'apply', hosts };
}

const CONNECTING: Event = { type: 'host-connecting', host: 'web1', address: 'root@203.0.113.10:22' };
const STEP: Event = {
  type: 'step-started',
  host: 'web1',
  role: 'packages',
  id: 'packages:curl,wget',
  step: 7,
  total: 31,
};

/** Waits until the stream has this text: the display needs a moment to load and to draw. */
async function until(stream: { text(): string }, text: string): Promise<void> {
  for (let waitedMs = 0; !stream.text().includes(text); waitedMs += 20) {
    if (waitedMs > 10_000) throw new Error(`never written: ${text}`);
    await sleep(20);
  }
}

describe('the terminal report', () => {
  it('shows what each host is at while the run goes on, and takes it away at the end', async () => {
    const { reporter, stdout, stderr } = testReporter({ mode: 'terminal' });
    const runs = [applyEvents('web1'), unreachable('web2')];
    const [start, ...events] = runEvents('apply', runs);
    reporter.handle(start as Event);
    reporter.handle(CONNECTING);
    await until(stderr, 'web1  connecting to root@203.0.113.10:22  0 s');
    expect(stderr.text()).toContain('web2  waiting');
    reporter.handle(STEP);
    await until(stderr, 'web1  [ 7/31] packages:curl,wget  0 s');
    await until(stderr, 'web1  [ 7/31] packages:curl,wget  1 s');
    expect(stdout.text()).toBe('');
    for (const event of events) reporter.handle(event);
    await reporter.finish();
    expect(stderr.text().lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(stderr.text().lastIndexOf('web1'));
    expect(stdout.text()).toMatch(/^web1\n\n {2}users\n {4}\+ user:prusa_admin {2}shell \/bin\/bash\n/);
    expect(stdout.text()).toContain('\nweb1: 2 created, 4 changed, 1 removed, 1 run, 2 handlers run; 3 ok\n');
    expect(stdout.text()).toMatch(/ {2}code {3}unreachable, see docs\/errors\.md#unreachable\n$/);
  });

  it('shows nothing of a run that is over at once', async () => {
    const { reporter, stdout, stderr } = testReporter({ mode: 'terminal' });
    for (const event of runEvents('plan', [planEvents('web1')])) reporter.handle(event);
    await reporter.finish();
    expect(stderr.text()).toBe('');
    expect(stdout.text()).toContain('web1: 2 to create');
  });

  it('does not say again what the plan before the apply has said', async () => {
    const { reporter, stdout } = testReporter({ mode: 'terminal' });
    const planning = runEvents('plan', [planEvents('web1')]);
    for (const event of [...planning, ...runEvents('apply', [applyEvents('web1')])]) reporter.handle(event);
    await reporter.finish();
    expect(stdout.text().match(/\+ user:prusa_admin/g)).toHaveLength(1);
    expect(stdout.text()).toMatch(/\nhost {2}status .*\nweb1 {2}changed .*\n$/);
  });

  it('falls back to lines where there are more hosts than rows', async () => {
    const { reporter, stderr } = testReporter({ mode: 'terminal', rows: 4 });
    const hosts = ['web1', 'web2', 'web3'];
    for (const event of runEvents('apply', hosts.map(unreachable))) reporter.handle(event);
    await reporter.finish();
    expect(stderr.text()).toContain('web3: unreachable after 15 s');
  });

  it('leaves the terminal to a message, and goes on', async () => {
    const { reporter, stderr } = testReporter({ mode: 'terminal' });
    reporter.handle(started(['web1']));
    reporter.handle(CONNECTING);
    await until(stderr, 'web1  connecting');
    const answer = await reporter.pause(async () => {
      stderr.write('Interrupted: what is under way is finished first.\n');
      expect(stderr.text().endsWith(`${SHOW_CURSOR}Interrupted: what is under way is finished first.\n`)).toBe(true);
      return 'yes';
    });
    expect(answer).toBe('yes');
    reporter.handle(STEP);
    await until(stderr, '[ 7/31] packages:curl,wget');
    await reporter.finish();
    expect(stderr.text().lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(stderr.text().lastIndexOf('web1'));
  });

  it('lets several messages at once take turns, and the end of the run after them', async () => {
    const { reporter, stdout, stderr } = testReporter({ mode: 'terminal' });
    reporter.handle(started(['web2']));
    const said: string[] = [];
    const pauses = ['first', 'second'].map((word) =>
      reporter.pause(async () => {
        said.push(`${word} begins`);
        await sleep(30);
        said.push(`${word} ends`);
        expect(stdout.text()).toBe('');
      }),
    );
    for (const event of runEvents('apply', [unreachable('web2')]).slice(1)) reporter.handle(event);
    await Promise.all(pauses);
    await reporter.finish();
    expect(said).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
    expect(stdout.text()).toContain('unreachable');
    expect(stderr.text()).not.toContain('web1');
  });

  it('hands on what a question throws, and shows the rows again', async () => {
    const { reporter, stderr } = testReporter({ mode: 'terminal' });
    reporter.handle(started(['web1']));
    await expect(reporter.pause(() => Promise.reject(new Error('broken off')))).rejects.toThrow('broken off');
    await until(stderr, 'web1  waiting');
    await reporter.finish();
  });

  it('ends where the run broke off', async () => {
    const { reporter, stderr } = testReporter({ mode: 'terminal' });
    reporter.handle(started(['web1']));
    await until(stderr, 'web1  waiting');
    await reporter.finish();
    expect(stderr.text()).toMatch(/\u001b\[\?25h$/);
  });
});
