/** What is kept of a run: its log is a folder with `run.json`, a `RunRecord`, and `events.jsonl`, a `TimedEvent` a line. */
import type { Event, HostSummary, RunMode } from '../engine/events.ts';

/** An event and when it came, milliseconds since the command was started. */
export type TimedEvent = Event & { readonly atMs: number };

export interface RunRecord {
  /** Grows when a field is removed or changes its meaning. */
  readonly version: 1;
  /** The version of provision. */
  readonly provision: string;
  readonly command: RunMode;
  /** As it was given, without secrets: `['provision', 'apply', '-i', 'prod.yml']`. */
  readonly commandLine: readonly string[];
  /** Absolute path. */
  readonly inventory: string;
  /** `alice@laptop` */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** Missing where the command was killed, or still runs. */
  readonly finished?: string;
  readonly exitCode?: number;
  /** How long it worked: without the time in which somebody read its plan. */
  readonly durationMs?: number;
  /** True where the user has seen the plan of an apply, and did not want it. */
  readonly declined?: true;
  /** How many hosts ended in each way, as far as they have. */
  readonly hosts: Readonly<Partial<Record<HostSummary['status'], number>>>;
}
