/** The steps of a trial: each is told, timed, and skipped once one has failed on which all others rest. */
import { ProvisionError } from '../errors.ts';
import { asProvisionError } from '../shell/redact.ts';
import type { EmitTrial, StepResult, Trial } from './results.ts';

/** @returns in a few words what was seen */
export type Work = () => Promise<string | undefined>;

export interface Steps {
  readonly results: readonly StepResult[];
  /** Takes a step. Never throws: its failure is in the results. */
  take(name: string, work: Work): Promise<void>;
  /** The same for a step that all later ones rest on. */
  must(name: string, work: Work): Promise<void>;
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
  let isBroken = false;

  function record(result: StepResult): void {
    results.push(result);
    emit({ type: 'step-finished', trial, result });
  }

  async function take(name: string, work: Work): Promise<void> {
    if (isBroken) return record({ name, status: 'skipped', durationMs: 0 });
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    emit({ type: 'step-started', name });
    try {
      const detail = await work();
      if (stop.aborted) throw interrupted();
      record({ name, status: 'passed', detail, durationMs: elapsed() });
    } catch (reason) {
      isBroken ||= stop.aborted;
      record({ name, status: 'failed', durationMs: elapsed(), error: errorOf(reason) });
    }
  }

  async function must(name: string, work: Work): Promise<void> {
    await take(name, work);
    isBroken ||= results.at(-1)?.status !== 'passed';
  }

  function errorOf(reason: unknown): ProvisionError {
    return stop.aborted ? interrupted() : asProvisionError(reason);
  }

  return {
    results,
    take,
    must,
    record,
    get isBroken() {
      return isBroken;
    },
    note: (text) => emit({ type: 'step-progress', text }),
    errorOf,
  };
}

function interrupted(): ProvisionError {
  return new ProvisionError('interrupted', 'interrupted', { hint: 'Start again: it begins with a fresh host.' });
}
