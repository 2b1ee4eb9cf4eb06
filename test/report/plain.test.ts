import { afterEach, describe, expect, it, vi } from 'vitest';
import { applyEvents, ok, planEvents, runEvents, summary, unreachable } from './recorded.ts';
import { lines, testReporter } from './streams.ts';

afterEach(() => void vi.useRealTimers());

function report(events: ReturnType<typeof runEvents>, options = {}) {
  const { reporter, stdout, stderr } = testReporter({ mode: 'plain', ...options });
  for (const event of events) reporter.handle(event);
  return { stdout: stdout.text().split('\n').slice(0, -1), stderr: stderr.text().split('\n').slice(0, -1) };
}

describe('plain lines', () => {
  it('tell of each step of an apply as it ends', () => {
    const { stderr, stdout } = report(
      runEvents('apply', [applyEvents('web1', { stepMs: 300, failing: 'command:migrate' })]),
    );
    expect(stderr).toEqual([
      ...lines(`
        web1: connected in 0.1 s
        web1: planned in 0.2 s: 2 to create, 4 to change, 1 to remove, 1 to run, 2 handlers to run, 1 known after apply; 2 ok
        web1: [ 1/11]  0.3 s  + user:prusa_admin  shell /bin/bash
        web1: [ 2/11]  0.3 s  ~ user:deploy  shell /bin/sh -> /bin/bash, + group docker
        web1: [ 3/11]  0.3 s  - user:intern
        web1: [ 4/11]  0.3 s  ~ packages:curl,wget,vim,nano,jq  + curl 8.14.1-2, + wget 1.25.0-2, + jq 1.7.1-6
        web1: [ 5/11]  0.3 s  ~ file:/etc/motd  mode 0600 -> 0644
        web1: [ 6/11]  0.3 s  + image:palindrome-app
        web1: [ 7/11]  0.3 s  x command:migrate  the image palindrome-app does not build
        web1: failed after 2.2 s: the image palindrome-app does not build
      `),
      '',
    ]);
    expect(stdout.slice(0, 4)).toEqual(
      lines(`
        host  status  ok  changed  failed  skipped   time  exchanges
        web1  failed   2        6       1        4  2.2 s          7

        error: the image palindrome-app does not build
      `),
    );
  });

  it('mark handlers and what was found in order', () => {
    const { stderr } = report(runEvents('apply', [applyEvents('web1')]));
    expect(stderr.slice(9)).toEqual([
      'web1: [ 8/11]  1.3 s  = database-role:app',
      'web1: [ 9/11]  1.3 s  ~ file:/etc/haproxy/haproxy.cfg  content +2 -1',
      'web1: [10/11]  1.3 s  * restart docker',
      'web1: [11/11]  1.3 s  * reload haproxy',
      'web1: changed after 15 s',
      '',
    ]);
  });

  it('put the plan on standard output, and nothing else', () => {
    const { stdout, stderr } = report(runEvents('plan', [planEvents('web1')]));
    expect(stdout[0]).toBe('web1');
    expect(stdout.slice(-2)).toEqual([
      'web1: 2 to create, 4 to change, 1 to remove, 1 to run, 2 handlers to run,',
      '  1 known after apply; 2 ok',
    ]);
    expect(stderr).toHaveLength(3);
  });

  it('show the plans in the order of the hosts, whichever answered first', () => {
    const plan = (host: string, id: string) => planEvents(host, { host, resources: [ok('users', id)], handlers: [] });
    const [web1, web2] = [plan('web1', 'user:a'), plan('web2', 'user:b')];
    const [start, ...rest] = runEvents('plan', [web1, web2]);
    if (start === undefined) throw new Error('no events');
    const end = rest.slice(-1);
    const { stdout } = report([start, ...web2.events, ...web1.events, ...end]);
    expect(stdout.slice(0, 3)).toEqual(['web1: nothing to change; 1 ok', '', 'web2: nothing to change; 1 ok']);
  });

  it('align what hosts of different names say', () => {
    const { stderr } = report(runEvents('apply', [unreachable('web1'), unreachable('web-long')]));
    expect(stderr.slice(0, 2)).toEqual([
      'web1:     unreachable after 15 s: nothing answers at 203.0.113.10 port 22',
      'web-long: unreachable after 15 s: nothing answers at 203.0.113.10 port 22',
    ]);
  });

  it('show diffs below the step when asked to', () => {
    const { stderr } = report(runEvents('apply', [applyEvents('web1')]), { diff: true });
    expect(stderr).toContain('web1:     +  maxconn 400');
  });

  it('tell of each start and all progress when verbose', () => {
    const { stderr } = report(runEvents('apply', [applyEvents('web1')]), { verbose: true });
    expect(stderr.slice(0, 1)).toEqual(['web1: connecting to root@203.0.113.10:22']);
    expect(stderr.slice(3, 6)).toEqual([
      'web1: [ 1/11] user:prusa_admin ...',
      'web1: [ 1/11] Setting up user:prusa_admin (1.0-2)',
      'web1: [ 1/11]  1.3 s  + user:prusa_admin  shell /bin/bash',
    ]);
  });

  it('hold colour only where the stream wants it', () => {
    const events = runEvents('apply', [applyEvents('web1')]);
    const { stdout, stderr } = report(events, { colour: { stdout: false, stderr: true } });
    expect(stdout.join('\n')).not.toContain('\u001b');
    expect(stderr.join('\n')).toContain('\u001b[32m+\u001b[39m user:prusa_admin');
    expect(report(events).stderr.join('\n')).not.toContain('\u001b');
  });

  it('tell of a long wait every ten seconds, until it ends', () => {
    vi.useFakeTimers();
    const { reporter, stderr } = testReporter({ mode: 'plain' });
    const said = () => stderr.text().split('\n').slice(0, -1);
    const host = 'web1';
    reporter.handle({ type: 'run-started', mode: 'apply', hosts: [host] });
    reporter.handle({ type: 'host-connecting', host, address: 'root@web1:22' });
    vi.advanceTimersByTime(9_900);
    expect(said()).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(said()).toEqual(['web1: connecting to root@web1:22: 10 s so far']);
    reporter.handle({ type: 'step-started', host, role: 'stack', id: 'image:app', step: 1, total: 2 });
    reporter.handle({ type: 'step-progress', host, id: 'image:app', text: 'Step 3/7 : RUN pip install' });
    vi.advanceTimersByTime(20_000);
    expect(said().slice(1)).toEqual([
      'web1: [1/2] image:app: 10 s so far: Step 3/7 : RUN pip install',
      'web1: [1/2] image:app: 20 s so far: Step 3/7 : RUN pip install',
    ]);
    reporter.handle({ type: 'host-finished', host, summary: summary(host) });
    vi.advanceTimersByTime(60_000);
    expect(said()).toHaveLength(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leave no timer behind where the run broke off', async () => {
    vi.useFakeTimers();
    const { reporter } = testReporter({ mode: 'plain' });
    reporter.handle({ type: 'run-started', mode: 'apply', hosts: ['web1'] });
    reporter.handle({ type: 'host-connecting', host: 'web1', address: 'root@web1:22' });
    expect(vi.getTimerCount()).toBe(1);
    await reporter.finish();
    expect(vi.getTimerCount()).toBe(0);
  });
});
