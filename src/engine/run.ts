/** All hosts of a run, so many at a time. One host's failure ends that host alone. */
import type { HostSummary } from './events.ts';
import { type HostRunOptions, type HostTask, type PreparedHost, prepareHost, runHost } from './host-run.ts';
import { peerTurns } from './peer-turns.ts';
import { newWorkshop } from './workshop.ts';

export interface RunOptions extends HostRunOptions {
  /** How many hosts at a time. */
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
  const finished = new Map<string, HostSummary>();
  let next = 0;

  async function worker(): Promise<void> {
    while (next < turns.order.length) {
      const host = turns.order[next++] as PreparedHost;
      const { name } = host.task;
      const awaitPeers = (tell: (names: readonly string[]) => void) => turns.wait(name, tell);
      const summary = stop.aborted
        ? notStarted(host.task, options)
        : await runHost(host, { ...options, workshop, awaitPeers, onTwin: () => turns.comesLater(name) });
      turns.finished(summary);
      finished.set(name, summary);
    }
  }

  await Promise.all(Array.from({ length: Math.min(forks, tasks.length) }, worker));
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
