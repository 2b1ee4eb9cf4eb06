/** The steps of a trial: each is told, timed, and skipped where it rests on one that has failed. */
import { ProvisionError } from '../errors.ts';
import { asProvisionError } from '../shell/redact.ts';
import type { EmitTrial, StepResult, Trial } from './results.ts';

/** @returns in a few words what was seen */
export type Work = () => Promise<string | undefined>;

export interface Steps {
  readonly results: readonly StepResult[];
  /** Takes a step, and tells whether it has passed. Never throws: its failure is in the results. */
  take(name: string, work: Work): Promise<boolean>;
  /** The same for a step that all later ones rest on. */
  must(name: string, work: Work): Promise<boolean>;
  skip(name: string): void;
  /** For what turns out to be several steps: tells what begins, and later what each came to. */
  begin(name: string): void;
  record(result: StepResult): void;
  /** Whether there is no use in going on. */
  readonly isBroken: boolean;
  /** Tells what the step is at. */
  note(text: string): void;
  /** What went wrong, or else that it was interrupted. */
  errorOf(reason: unknown): ProvisionError;
}

export function createSteps(trial: Trial, { emit, stop }: { emit: EmitTrial; stop: AbortSignal }): Steps {
  const results: StepResult[] = [];
  let hasFailed = false;
  const isBroken = () => hasFailed || stop.aborted;

  function record(result: StepResult): void {
    results.push(result);
    emit({ type: 'step-finished', trial, result });
  }

  function skip(name: string): void {
    record({ name, status: 'skipped', durationMs: 0 });
  }

  async function take(name: string, work: Work): Promise<boolean> {
    if (isBroken()) {
      skip(name);
      return false;
    }
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    emit({ type: 'step-started', name });
    try {
      const detail = await work();
      record({ name, status: 'passed', detail, durationMs: elapsed() });
      return true;
    } catch (reason) {
      record({ name, status: 'failed', durationMs: elapsed(), error: errorOf(reason) });
      return false;
    }
  }

  async function must(name: string, work: Work): Promise<boolean> {
    const hasPassed = await take(name, work);
    hasFailed ||= !hasPassed;
    return hasPassed;
  }

  function errorOf(reason: unknown): ProvisionError {
    if (!stop.aborted) return asProvisionError(reason);
    return new ProvisionError('interrupted', 'interrupted', { hint: 'Start again: it begins with a fresh host.' });
  }

  return {
    results,
    take,
    must,
    skip,
    begin: (name) => emit({ type: 'step-started', name }),
    record,
    get isBroken() {
      return isBroken();
    },
    note: (text) => emit({ type: 'step-progress', text }),
    errorOf,
  };
}
