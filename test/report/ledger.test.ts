import { describe, expect, it } from 'vitest';
import type { Event, HostPlan } from '../../src/engine/events.ts';
import { newLedger, plansDone, record } from '../../src/report/ledger.ts';
import { buildFailed, changed, ok, unknown } from './recorded.ts';

const host = 'web1';
const CREATE = { action: 'create', what: '' } as const;
const PLAN: HostPlan = {
  host,
  resources: [
    ok('users', 'user:a'),
    changed('users', 'user:b', CREATE),
    unknown('stack', 'database-role:app', 'no database'),
    changed('stack', 'image:app', CREATE),
    changed('stack', 'file:/never', CREATE),
  ],
  handlers: [],
};

function planned(plan: HostPlan): Event {
  return { type: 'host-planned', host, plan, durationMs: 1 };
}

function finished(id: string, fields: Partial<Extract<Event, { type: 'step-finished' }>>): Event {
  return { type: 'step-finished', host, role: 'stack', id, status: 'changed', changes: [], durationMs: 1, ...fields };
}

function done(events: readonly Event[]): readonly HostPlan[] {
  const ledger = newLedger();
  record(ledger, { type: 'run-started', mode: 'apply', hosts: ['web0', host] });
  for (const event of events) record(ledger, event);
  return plansDone(ledger);
}

describe('what an apply has done', () => {
  it('is what was changed and what was found in order; not what failed or was not reached', () => {
    const steps = [
      finished('user:b', { changes: [CREATE] }),
      finished('database-role:app', { status: 'ok' }),
      finished('image:app', { status: 'failed', error: buildFailed(host) }),
    ];
    expect(done([planned(PLAN), ...steps])).toEqual([
      {
        host,
        resources: [ok('users', 'user:a'), changed('users', 'user:b', CREATE), ok('stack', 'database-role:app')],
        handlers: [],
      },
    ]);
  });

  it('shows changes that were known only after apply', () => {
    const [plan] = done([planned(PLAN), finished('database-role:app', { changes: [CREATE] })]);
    expect(plan?.resources[1]).toEqual(changed('stack', 'database-role:app', CREATE));
  });

  it('counts handlers that ran, also those that the plan could not foresee', () => {
    const [plan] = done([planned(PLAN), finished('reload haproxy', { role: 'haproxy' })]);
    expect(plan?.handlers).toEqual([{ id: 'reload haproxy', role: 'haproxy', pending: false }]);
  });

  it('remembers over a lost connection what was changed before it', () => {
    const again = { ...PLAN, resources: [ok('users', 'user:a'), ok('users', 'user:b')] };
    const [plan] = done([planned(PLAN), finished('user:b', { changes: [CREATE] }), planned(again)]);
    expect(plan?.resources).toEqual([ok('users', 'user:a'), changed('users', 'user:b', CREATE)]);
  });

  it('forgets the run before', () => {
    const before: Event[] = [planned(PLAN), finished('user:b', { changes: [CREATE] })];
    expect(done([...before, { type: 'run-started', mode: 'apply', hosts: [host] }])).toEqual([]);
  });
});
