/** Plans and applies the hosts of a trial as the commands do, and keeps what was told of it. */
import type { Event, HostPlan, HostSummary, PlannedResource } from '../engine/events.ts';
import type { FactsMemory } from '../engine/facts-memory.ts';
import type { HostTask } from '../engine/host-run.ts';
import { runHosts } from '../engine/run.ts';
import { ProvisionError } from '../errors.ts';
import type { Change } from '../resources/contract.ts';

export interface RunnerOptions {
  readonly facts: FactsMemory;
  /** Who is at work: `alice@laptop`. */
  readonly by: string;
  readonly stop: AbortSignal;
  /** Gets what the run is at. */
  readonly note: (text: string) => void;
}

/** A resource or handler that was changed, or is to be. */
export interface Changed {
  readonly host: string;
  readonly id: string;
  readonly changes: readonly Change[];
}

export interface Outcome {
  /** What an apply has changed; what a plan would change, with what it cannot tell yet. */
  readonly changed: readonly Changed[];
}

export type Run = (mode: 'plan' | 'apply') => Promise<Outcome>;

/** @returns what runs all the hosts; it throws the error of the first one that fails */
export function createRunner(tasks: readonly HostTask[], { facts, by, stop, note }: RunnerOptions): Run {
  return async (mode) => {
    const plans: HostPlan[] = [];
    const changed: Changed[] = [];
    function emit(event: Event): void {
      const text = progressOf(event);
      if (text !== undefined) note(tasks.length > 1 && 'host' in event ? `${event.host}: ${text}` : text);
      if (event.type === 'host-planned') plans.push(event.plan);
      if (event.type === 'step-finished' && event.status === 'changed') changed.push(event);
    }
    const options = {
      forks: tasks.length,
      emit,
      facts,
      by,
      holder: `${by}, provision test`,
      lockWaitMs: 0,
      stop,
      abort: stop,
    };
    const summaries = await runHosts(tasks, { ...options, mode });
    check(summaries);
    if (mode === 'apply' && summaries.some(({ rollouts = 0 }) => rollouts > 0)) {
      // What must be replaced under traffic: loaded where there is any.
      const { deployHosts } = await import('../deploy/run.ts');
      check((await deployHosts({ chosen: tasks }, { ...options, action: 'apply' })).summaries);
    }
    return { changed: mode === 'apply' ? changed : plans.flatMap(plannedOf) };
  };
}

function check(summaries: readonly HostSummary[]): void {
  for (const { host, error, status } of summaries) {
    if (error) throw error.at({ host });
    if (status === 'interrupted') throw new ProvisionError('interrupted', 'interrupted', { hint: 'Start again.' });
  }
}

function plannedOf({ host, resources, handlers }: HostPlan): Changed[] {
  const differs = ({ status }: PlannedResource) => status !== 'ok';
  return [
    ...resources.filter(differs).map(({ id, changes }) => ({ host, id, changes })),
    ...handlers.map(({ id }) => ({ host, id, changes: [] })),
  ];
}

function progressOf(event: Event): string | undefined {
  if (event.type === 'host-connecting') return 'logging in';
  if (event.type === 'host-connected') return 'looking at everything';
  if (event.type === 'step-started')
    return `${event.step}${event.total === undefined ? '' : ` of ${event.total}`}: ${event.id}`;
  return event.type === 'step-progress' ? `${event.id}: ${event.text}` : undefined;
}
