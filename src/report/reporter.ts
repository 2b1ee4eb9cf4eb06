/** What every report is, and what it needs to know. */
import type { Event } from '../engine/events.ts';
import type { Paint } from './colour.ts';

/** Turns the events of a run into what people or programs see. */
export interface Reporter {
  handle(event: Event): void;
  /**
   * Takes the live display away while `work` has the terminal, and brings it back: for questions and messages.
   * @example await reporter.pause(() => confirm({ message: 'Apply?' }))
   */
  pause<T>(work: () => Promise<T>): Promise<T>;
  /** Settles when everything is written; ends the display also where the run broke off. */
  finish(): Promise<void>;
}

/** As much of a stream as reports need. */
export interface Output {
  write(text: string): unknown;
  /** Width of the terminal, where it is one: it may change while we run. */
  readonly columns?: number | undefined;
}

export interface ReporterOptions {
  readonly mode: 'terminal' | 'plain' | 'json';
  /** Takes plans, summaries and JSON: what the user asked for. */
  readonly stdout: Output;
  /** Takes progress and messages. */
  readonly stderr: Output;
  /** For each stream by itself: one may be a terminal and the other a file. See `wantsColour`. */
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
  readonly columns: number;
  readonly rows: number;
  readonly verbose: boolean;
  readonly diff: boolean;
  readonly debug: boolean;
}

/** How texts are to look. */
export interface TextOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Show what is in order as well, long diffs in full, and times of exchanges. */
  readonly verbose: boolean;
  /** Show changed texts line by line. */
  readonly diff: boolean;
  /** Show causes and stack traces. */
  readonly debug: boolean;
}

export function writeLines(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
}
