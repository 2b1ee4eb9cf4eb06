/** What happened so far in a run: kept from the events for what is shown at its end. */
import {
  type Event,
  type HostPlan,
  type HostSummary,
  isDeploy,
  type PlannedResource,
  type RunMode,
} from '../engine/events.ts';

export type FinishedStep = Extract<Event, { type: 'step-finished' }>;

export interface Ledger {
  /** Between its start and its end. */
  running: boolean;
  mode: RunMode;
  hosts: readonly string[];
  readonly plans: Map<string, HostPlan>;
  readonly connectMs: Map<string, number>;
  readonly planMs: Map<string, number>;
  readonly steps: FinishedStep[];
  summaries: readonly HostSummary[];
  durationMs: number;
}

export function newLedger(): Ledger {
  return {
    running: false,
    mode: 'plan',
    hosts: [],
    plans: new Map(),
    connectMs: new Map(),
    planMs: new Map(),
    steps: [],
    summaries: [],
    durationMs: 0,
  };
}

/** Writes an event down. */
export function record(ledger: Ledger, event: Event): void {
  switch (event.type) {
    case 'run-started':
      Object.assign(ledger, newLedger(), { running: true, mode: event.mode, hosts: event.hosts });
      return;
    case 'host-connected':
      ledger.connectMs.set(event.host, event.durationMs);
      return;
    case 'host-planned':
      ledger.plans.set(event.host, event.plan);
      ledger.planMs.set(event.host, event.durationMs);
      return;
    case 'step-finished':
      ledger.steps.push(event);
      return;
    case 'run-finished':
      ledger.running = false;
      ledger.summaries = event.summaries;
      ledger.durationMs = event.durationMs;
      return;
  }
}

/** The plans in the order of the hosts, not in that in which they answered. */
export function planned({ hosts, plans }: Ledger): readonly HostPlan[] {
  return hosts.flatMap((host) => plans.get(host) ?? []);
}

/** Whether this step is a handler: its role planned no such resource. The plan cannot foresee all handlers. */
export function isHandler({ mode, plans }: Ledger, { host, id }: Pick<FinishedStep, 'host' | 'id'>): boolean {
  if (isDeploy(mode)) return false;
  return !plans.get(host)?.resources.some((resource) => resource.id === id);
}

/** What an apply has done on each host, as a plan that was carried out: what was not reached is left out. */
export function plansDone(ledger: Ledger): readonly HostPlan[] {
  return planned(ledger).map((plan) => planDone(ledger, plan));
}

function planDone(ledger: Ledger, plan: HostPlan): HostPlan {
  const steps = ledger.steps.filter(({ host, status }) => host === plan.host && status !== 'failed');
  // After a lost connection the host is planned anew: what was changed before counts as changed all the same.
  const changed = new Map(steps.filter(({ status }) => status === 'changed').map((step) => [step.id, step.changes]));
  const settled = new Set(steps.map(({ id }) => id));
  const resources = plan.resources.flatMap((resource): PlannedResource[] => {
    const { id, role, status } = resource;
    const changes = changed.get(id);
    if (changes !== undefined) return [{ id, role, status: 'change', changes }];
    return status === 'ok' || settled.has(id) ? [{ id, role, status: 'ok', changes: [] }] : [];
  });
  const handlers = steps
    .filter((step) => isHandler(ledger, step))
    .map(({ id, role }) => ({ id, role, pending: false }));
  return { host: plan.host, resources, handlers };
}
