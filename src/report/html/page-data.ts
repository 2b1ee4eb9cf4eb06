/** What the page shows, as compact as 200 hosts of 50 resources need it: everything that repeats stands there once. */
import type { HostSummary, RunMode } from '../../engine/events.ts';

export interface PageData {
  readonly mode: RunMode;
  /** Of all parts together, without the time that a question to the user took. */
  readonly durationMs: number;
  /** Those that failed first. */
  readonly hosts: readonly HostData[];
  readonly resources: readonly ResourceData[];
  /** Sets of resources that hosts have in common, as indices of `resources`. */
  readonly sets: readonly (readonly number[])[];
  readonly changes: readonly (readonly ChangeData[])[];
  /** Lines of diffs. */
  readonly diffs: readonly (readonly string[])[];
  readonly errors: readonly ErrorData[];
}

export interface ResourceData {
  readonly role: string;
  readonly id: string;
}

export interface HostData {
  readonly name: string;
  readonly status: HostSummary['status'] | 'unfinished';
  readonly durationMs: number;
  /** Index of its set. */
  readonly set: number;
  /** A letter for each resource of the set: see `Cell`. */
  readonly cells: string;
  /** What there is to tell of the resource at that place of the set. */
  readonly details: Readonly<Record<number, DetailData>>;
  /** Index of the error that ended it. */
  readonly error?: number | undefined;
  readonly spans: readonly SpanData[];
}

/**
 * `=` ok, `+` create, `~` update, `-` delete, `>` run, `!` conflict, `*` handler, `?` known after apply, `x` failed,
 * `.` not reached, `r` left to the rolling redeploy.
 */
export type Cell = '=' | '+' | '~' | '-' | '>' | '!' | '*' | '?' | 'x' | '.' | 'r';

export interface DetailData {
  /** Index of its changes. */
  readonly c?: number;
  /** Milliseconds. */
  readonly ms?: number;
  /** Index of its error. */
  readonly e?: number;
  /** Why it is known after apply only. */
  readonly why?: string;
}

export interface ChangeData {
  /** The change in words: `mode 0600 -> 0644`. */
  readonly text: string;
  readonly hint?: string;
  /** Index of its diff. */
  readonly diff?: number;
}

export interface ErrorData {
  readonly code: string;
  readonly message: string;
  readonly location?: string | undefined;
  readonly task?: string | undefined;
  readonly hint?: string | undefined;
  readonly detail?: readonly string[] | undefined;
  /** Hosts that it ended. */
  readonly hosts: readonly string[];
}

/** What a host did when, in milliseconds: its kind, its start, its length, and the index of the resource or a text. */
export type SpanData = readonly [kind: SpanKind, start: number, length: number, what?: number | string];

/** `q` waiting for its turn, `l` login, `p` plan, `w` waiting for another run, `s` a step, `m` many short steps. */
export type SpanKind = 'q' | 'l' | 'p' | 'w' | 's' | 'm';
