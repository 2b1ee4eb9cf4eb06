/** Tells of tests while they go on: each step as it ends, and what is being waited for. */
import { hasPassed, type Trial, type TrialEvent } from '../trial/results.ts';
import type { Paint } from './colour.ts';
import { type DisplayRow, startDisplay } from './display.ts';
import { formatDuration } from './duration.ts';
import type { ErrorTextOptions } from './error-text.ts';
import { recordJson } from './json.ts';
import { oneLine } from './printable.ts';
import type { Output } from './reporter.ts';
import { stepLines, trialName } from './trial-text.ts';
import { truncate } from './width.ts';

/** A step that is shorter needs no word. */
const GRACE_MS = 500;
/** How often it is told where lines cannot be drawn anew. */
const WORD_MS = 10_000;
/** What listr2 puts before each row. */
const ICON_COLUMNS = 4;

export interface TrialReporterOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  /** For standard error. */
  readonly paint: Paint;
  /** For what is written to standard output. */
  readonly text: ErrorTextOptions;
  /** Whether standard error can be drawn on. */
  readonly isLive: boolean;
  readonly json: boolean;
}

export interface TrialReporter {
  handle(event: TrialEvent): void;
  /** Settles when everything is written. */
  finish(): Promise<void>;
}

export function createTrialReporter(options: TrialReporterOptions): TrialReporter {
  const { stdout, stderr, paint, text, isLive, json } = options;
  let trial: Trial | undefined;
  let step = '';
  let at = '';
  let since = performance.now();
  let hide = () => Promise.resolve();
  let word: NodeJS.Timeout | undefined;
  // The display is taken away, a line written, and the display brought back: one after the other.
  let written = Promise.resolve();

  function progress(): string {
    const waited = formatDuration(performance.now() - since);
    return [trial && trialName(trial), step, oneLine(at), waited].filter(Boolean).join(': ');
  }

  function rows(): readonly DisplayRow[] {
    return [{ key: 'step', text: truncate(progress(), (stderr.columns || 80) - ICON_COLUMNS), outcome: undefined }];
  }

  function show(): void {
    if (isLive) hide = startDisplay({ rows, output: stderr, paint, graceMs: GRACE_MS });
    else word = setInterval(() => stderr.write(`${progress()}\n`), WORD_MS);
  }

  async function conceal(): Promise<void> {
    clearInterval(word);
    await hide();
    hide = () => Promise.resolve();
  }

  function print(lines: readonly string[]): void {
    written = written.then(conceal).then(() => {
      for (const line of lines) stdout.write(`${line}\n`);
    });
  }

  return {
    handle(event) {
      if (event.type === 'step-progress') at = event.text;
      if (event.type === 'trial-started') {
        trial = event.trial;
        if (!json) print(['', text.paint('bold', trialName(event.trial))]);
      }
      if (event.type === 'step-started') {
        [step, at, since] = [event.name, '', performance.now()];
        written = written.then(conceal).then(show);
      }
      if (event.type === 'step-finished') print(json ? [stepJson(event, text.debug)] : stepLines(event.result, text));
      if (event.type === 'trial-finished') print(json ? [trialJson(event)] : []);
    },
    finish: () => written.then(conceal),
  };
}

function stepJson({ trial, result }: TrialEvent & { type: 'step-finished' }, debug: boolean): string {
  return recordJson('test-step', { ...trial, ...result }, debug);
}

function trialJson({ result }: TrialEvent & { type: 'trial-finished' }): string {
  const { scenario, image, steps, durationMs, kept } = result;
  const count = (status: string) => steps.filter((step) => step.status === status).length;
  const counts = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
  return recordJson('test', {
    scenario,
    image,
    status: hasPassed(result) ? 'passed' : 'failed',
    ...counts,
    durationMs,
    kept,
  });
}
