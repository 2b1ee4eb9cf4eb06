/** All hosts of a run, so many at a time. One host's failure ends that host alone. */
import type { HostSummary } from './events.ts';
import { type HostRunOptions, type HostTask, type PreparedHost, prepareHost, runHost } from './host-run.ts';
import { peerTurns } from './peer-turns.ts';
import { newPlaces, type Place } from './places.ts';
import type { Survey } from './plan.ts';
import { sharedPlan } from './shared-plan.ts';
import { newWorkshop } from './workshop.ts';

export interface RunOptions extends HostRunOptions {
  /** How many hosts at a time, not counting those that do not answer. */
  readonly forks: number;
}

/**
 * Plans or applies all hosts. @returns their summaries, in the order of the hosts
 * @throws ProvisionError where the roles of any host cannot be evaluated: no host was touched then
 */
export async function runHosts(tasks: readonly HostTask[], options: RunOptions): Promise<readonly HostSummary[]> {
  const { emit, mode, forks, stop } = options;
  const started = performance.now();
  const prepared = await Promise.all(tasks.map((task) => prepareHost(task, options.facts)));
  emit({ type: 'run-started', mode, hosts: tasks.map(({ name }) => name) });
  const workshop = newWorkshop();
  const turns = peerTurns(prepared);
  const shared = mode === 'plan' ? sharedPlan(prepared) : undefined;
  const finished = new Map<string, HostSummary>();
  const enter = newPlaces(forks);

  async function work(host: PreparedHost, place: Place): Promise<void> {
    const { name } = host.task;
    // A host that only waits for others takes no place from them.
    const awaitPeers = (tell: (names: readonly string[]) => void) => place.lend(turns.wait(name, tell), 0);
    async function complete(survey: Survey): Promise<Survey> {
      place.leave();
      return shared?.concerns(name) ? shared.complete(name, survey) : survey;
    }
    const summary = stop.aborted
      ? notStarted(host.task, options)
      : await runHost(host, {
          ...options,
          workshop,
          place,
          awaitPeers,
          onTwin: () => turns.comesLater(name),
          complete,
        });
    place.leave();
    turns.finished(summary);
    shared?.finished(name);
    finished.set(name, summary);
  }

  const begun: Promise<void>[] = [];
  for (const host of turns.order) begun.push(work(host, await enter()));
  await Promise.all(begun);
  const summaries = tasks.flatMap(({ name }) => finished.get(name) ?? []);
  emit({ type: 'run-finished', summaries, durationMs: performance.now() - started });
  return summaries;
}

function notStarted({ name }: HostTask, { emit }: RunOptions): HostSummary {
  const nothing = { ok: 0, changed: 0, unknown: 0, failed: 0, skipped: 0, exchanges: 0, durationMs: 0 };
  const summary: HostSummary = { host: name, status: 'interrupted', ...nothing };
  emit({ type: 'host-finished', host: name, summary });
  return summary;
}
