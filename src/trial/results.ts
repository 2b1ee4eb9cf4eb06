/** What a test tells: while it goes on, and in the end. */
import type { ProvisionError } from '../errors.ts';

/** One scenario on one image. */
export interface Trial {
  readonly scenario: string;
  readonly image: string;
}

export interface StepResult {
  /** `apply again`, `assert: cat /etc/motd`, `drift: file:/etc/motd`. */
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** In a few words what was seen: `3 changed`. */
  readonly detail?: string | undefined;
  readonly durationMs: number;
  readonly error?: ProvisionError | undefined;
}

/** A host that was left running. */
export interface KeptHost {
  readonly name: string;
  /** The container. */
  readonly container: string;
  /** The command that logs in to it. */
  readonly login: string;
}

export interface TrialResult extends Trial {
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly steps: readonly StepResult[];
  readonly kept: readonly KeptHost[];
}

export type TrialEvent =
  | { readonly type: 'trial-started'; readonly trial: Trial }
  | { readonly type: 'step-started'; readonly name: string }
  /** What the step is at. */
  | { readonly type: 'step-progress'; readonly text: string }
  | { readonly type: 'step-finished'; readonly trial: Trial; readonly result: StepResult }
  | { readonly type: 'trial-finished'; readonly result: TrialResult };

export type EmitTrial = (event: TrialEvent) => void;

export function hasPassed({ steps }: TrialResult): boolean {
  return steps.every(({ status }) => status === 'passed');
}
