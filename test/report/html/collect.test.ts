import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/engine/events.ts';
import { collect } from '../../../src/report/html/collect.ts';
import type { PageData } from '../../../src/report/html/page-data.ts';
import type { TimedEvent } from '../../../src/report/run-record.ts';
import { applyEvents, changed, LONG_NAME, ok, planEvents, runEvents, summary, unreachable } from '../recorded.ts';
import { sampleRun } from './sample.ts';

/** One event each 100 milliseconds. */
function timed(events: readonly Event[], startMs = 0): TimedEvent[] {
  return events.map((event, i) => ({ ...event, atMs: startMs + i * 100 }));
}

/** What the page shows of each resource of a host: `+ user:prusa_admin`. */
function cellsOf({ hosts, sets, resources }: PageData, name: string): string[] {
  const host = hosts.find((one) => one.name === name) ?? expect.fail(`no host ${name}`);
  return (sets[host.set] ?? []).map((index, i) => `${host.cells[i]} ${resources[index]?.id}`);
}

describe('the data of a page', () => {
  it('tells of each resource how it ended', () => {
    const data = collect(timed(runEvents('apply', [applyEvents('web1', { failing: 'database-role:app' })])));
    expect(cellsOf(data, 'web1')).toEqual([
      '+ user:prusa_admin',
      '~ user:deploy',
      '- user:intern',
      '= sudoers:deploy',
      '~ packages:curl,wget,vim,nano,jq',
      '~ file:/etc/motd',
      '= packages:docker.io',
      '+ image:palindrome-app',
      '> command:migrate',
      'x database-role:app',
      '. file:/etc/haproxy/haproxy.cfg',
      '. restart docker',
      '. reload haproxy',
    ]);
  });

  it('tells handlers that ran, and what was found in order when its turn came', () => {
    const cells = cellsOf(collect(timed(runEvents('apply', [applyEvents('web1')]))), 'web1');
    expect(cells.filter((cell) => /database-role|haproxy|docker$/.test(cell))).toEqual([
      '= database-role:app',
      '~ file:/etc/haproxy/haproxy.cfg',
      '* restart docker',
      '* reload haproxy',
    ]);
  });

  it('shows a plan as what would be', () => {
    const cells = cellsOf(collect(timed(runEvents('plan', [planEvents('web1')]))), 'web1');
    expect(cells).toContain('? database-role:app');
    expect(cells).toContain('* reload haproxy');
    expect(cells.filter((cell) => cell.startsWith('.'))).toEqual([]);
  });

  it('keeps what was changed before a lost connection, and what is left to the rolling redeploy', () => {
    const change = { action: 'update', what: 'mode', from: '0600', to: '0644' } as const;
    const plan = (...resources: ReturnType<typeof ok>[]): Event => ({
      type: 'host-planned',
      host: 'web1',
      plan: { host: 'web1', resources, handlers: [] },
      durationMs: 1,
    });
    const rollout = changed('stack', 'compose-service:app', { action: 'update', what: 'image', rollout: true });
    const data = collect(
      timed([
        { type: 'run-started', mode: 'apply', hosts: ['web1'] },
        plan(changed('users', 'file:/a', change), rollout),
        {
          type: 'step-finished',
          host: 'web1',
          role: 'users',
          id: 'file:/a',
          status: 'changed',
          changes: [change],
          durationMs: 1,
        },
        { type: 'host-connecting', host: 'web1', address: 'again' },
        plan(ok('users', 'file:/a'), rollout),
        { type: 'host-finished', host: 'web1', summary: summary('web1', { status: 'changed' }) },
      ]),
    );
    expect(cellsOf(data, 'web1')).toEqual(['~ file:/a', 'r compose-service:app']);
  });

  it('puts the hosts that failed first, and equal errors together', () => {
    const failing = ['web2', 'web3'].map((host) => applyEvents(host, { failing: 'command:migrate' }));
    const data = collect(timed(runEvents('apply', [applyEvents('web1'), unreachable('web4'), ...failing])));
    expect(data.hosts.map(({ name }) => name)).toEqual(['web2', 'web3', 'web4', 'web1']);
    expect(data.errors.map(({ code, hosts }) => [code, hosts])).toEqual([
      ['unreachable', ['web4']],
      ['build-failed', ['web2', 'web3']],
    ]);
    expect(data.errors[1]?.detail).toEqual([
      'Step 3/7 : RUN pip install -r requirements.txt',
      'ERROR: No matching distribution for flsk',
    ]);
  });

  it('holds what repeats once', () => {
    const { diffs, changes, sets, hosts } = collect(
      sampleRun({ hosts: 40, failEach: 0, drift: 1, resources: 30 }).events,
    );
    expect(hosts).toHaveLength(40);
    expect(sets).toHaveLength(1);
    expect(changes.length).toBeLessThan(31);
    expect(diffs.length).toBeLessThan(31);
    expect(diffs[0]).toContain('+  maxconn 400');
  });

  it('writes control characters out', () => {
    const resource = changed('users', 'file:/a\u001b[2J', {
      action: 'update',
      what: 'x',
      from: '\u202e',
      to: 'b\u0007',
    });
    const plan = { host: 'web1', resources: [resource], handlers: [] };
    const text = JSON.stringify(collect(timed(runEvents('plan', [planEvents('web1', plan)]))));
    expect(text).not.toMatch(/\\u001b|\\u0007|[\u001b\u0007\u202e]/);
    expect(text).toContain('\\\\x1b[2J');
  });

  it('cuts what is longer than anybody reads, and says so', () => {
    const text = { before: '', after: 'line\n'.repeat(5_000) };
    const plan = {
      host: 'web1',
      resources: [changed('a', 'file:/a', { action: 'update', what: 'content', text })],
      handlers: [],
    };
    const { diffs } = collect(timed(runEvents('plan', [planEvents('web1', plan)])));
    expect(diffs[0]).toHaveLength(401);
    expect(diffs[0]?.at(-1)).toBe('… 4601 more lines, in the log');
  });
});

describe('the time line', () => {
  it('has the login, the plan and each step where they were', () => {
    const { hosts, resources, durationMs } = collect(
      timed([
        { type: 'run-started', mode: 'apply', hosts: ['web1'] },
        { type: 'host-connecting', host: 'web1', address: 'root@203.0.113.10:22' },
        { type: 'host-connected', host: 'web1', durationMs: 100 },
        { type: 'host-waiting', host: 'web1', text: 'alice works here' },
        { type: 'host-planned', host: 'web1', plan: { host: 'web1', resources: [], handlers: [] }, durationMs: 1 },
        { type: 'step-started', host: 'web1', role: 'users', id: 'user:a', step: 1, total: 1 },
        {
          type: 'step-finished',
          host: 'web1',
          role: 'users',
          id: 'user:a',
          status: 'changed',
          changes: [],
          durationMs: 100,
        },
        { type: 'host-finished', host: 'web1', summary: summary('web1') },
      ]),
    );
    expect(durationMs).toBe(700);
    expect(hosts[0]?.spans).toEqual([
      ['q', 0, 100],
      ['l', 100, 100],
      ['p', 200, 100],
      ['w', 300, 100, 'alice works here'],
      ['s', 500, 100, 0],
    ]);
    expect(resources[0]).toEqual({ role: 'users', id: 'user:a' });
  });

  it('joins steps too short to be seen', () => {
    const steps = [1, 2, 3].flatMap((i): TimedEvent[] => [
      { type: 'step-started', host: 'web1', role: 'a', id: `file:/${i}`, step: i, total: 4, atMs: i * 10 },
      {
        type: 'step-finished',
        host: 'web1',
        role: 'a',
        id: `file:/${i}`,
        status: 'changed',
        changes: [],
        durationMs: 10,
        atMs: i * 10 + 10,
      },
    ]);
    const { hosts } = collect([
      { type: 'run-started', mode: 'apply', hosts: ['web1'], atMs: 10 },
      ...steps,
      { type: 'run-finished', summaries: [], durationMs: 60_000, atMs: 60_000 },
    ]);
    expect(hosts[0]?.spans).toEqual([['m', 0, 30, 3]]);
  });

  it('does not count how long a question took', () => {
    const planning = timed(runEvents('plan', [planEvents('web1')]));
    const applying = timed(runEvents('apply', [applyEvents('web1')]), 600_000);
    const spanMs = (events: readonly TimedEvent[]) => (events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0);
    const data = collect([...planning, ...applying]);
    expect(data.durationMs).toBe(spanMs(planning) + spanMs(applying));
    expect(data.mode).toBe('apply');
  });

  it('ends where a run was killed', () => {
    const { hosts } = collect(timed(runEvents('apply', [applyEvents(LONG_NAME)]).slice(0, 6)));
    expect(hosts[0]).toMatchObject({ name: LONG_NAME, status: 'unfinished' });
    expect(hosts[0]?.spans.at(-1)?.[0]).toBe('s');
  });
});
