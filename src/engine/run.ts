/** All hosts of a run, so many at a time. One host's failure ends that host alone. */
import type { HostSummary } from './events.ts';
import { type HostRunOptions, type HostTask, runHost } from './host-run.ts';

export interface RunOptions extends HostRunOptions {
  /** How many hosts at a time. */
  readonly forks: number;
}

/** Plans or applies all hosts. @returns their summaries, in the order of the hosts */
export async function runHosts(tasks: readonly HostTask[], options: RunOptions): Promise<readonly HostSummary[]> {
  const { emit, mode, forks, stop } = options;
  const started = performance.now();
  emit({ type: 'run-started', mode, hosts: tasks.map(({ name }) => name) });
  const summaries: HostSummary[] = [];
  let next = 0;

  async function worker(): Promise<void> {
    while (next < tasks.length) {
      const index = next++;
      const task = tasks[index] as HostTask;
      summaries[index] = stop.aborted ? notStarted(task, options) : await runHost(task, options);
    }
  }

  await Promise.all(Array.from({ length: Math.min(forks, tasks.length) }, worker));
  emit({ type: 'run-finished', summaries, durationMs: performance.now() - started });
  return summaries;
}

function notStarted({ name }: HostTask, { emit }: RunOptions): HostSummary {
  const nothing = { ok: 0, changed: 0, unknown: 0, failed: 0, skipped: 0, exchanges: 0, durationMs: 0 };
  const summary: HostSummary = { host: name, status: 'interrupted', ...nothing };
  emit({ type: 'host-finished', host: name, summary });
  return summary;
}
