/** What the engine tells while it works. Reports are made from these alone; they hold no secret. */
import type { ProvisionError } from '../errors.ts';
import type { Change } from '../resources/contract.ts';

/** What the plan says of one resource. */
export interface PlannedResource {
  readonly id: string;
  readonly role: string;
  /** `unknown` is shown as *known after apply*. */
  readonly status: 'ok' | 'change' | 'unknown';
  readonly changes: readonly Change[];
  /** Why it is unknown; of others what people should know besides what differs. */
  readonly reason?: string | undefined;
}

/** A handler that the plan expects to run, and why. */
export interface PlannedHandler {
  readonly id: string;
  readonly role: string;
  /** True where an earlier run left it pending. */
  readonly pending: boolean;
}

export interface HostPlan {
  readonly host: string;
  /** All resources of the host, in the order in which they are applied. */
  readonly resources: readonly PlannedResource[];
  readonly handlers: readonly PlannedHandler[];
}

export interface HostSummary {
  readonly host: string;
  readonly status: 'ok' | 'changed' | 'failed' | 'unreachable' | 'interrupted';
  readonly ok: number;
  readonly changed: number;
  /** Resources that only an apply could tell of. 0 after an apply. */
  readonly unknown: number;
  readonly failed: number;
  /** Resources that are left to the rolling redeploy which follows an apply. */
  readonly rollouts?: number;
  /** Resources that were not reached because an earlier one failed or the user interrupted. */
  readonly skipped: number;
  /** Exchanges with the host after login. */
  readonly exchanges: number;
  readonly durationMs: number;
  /** Why it failed; of an interrupted host, what state it is in where there is more to tell than the counts do. */
  readonly error?: ProvisionError | undefined;
}

/** What a run is for. */
export type RunMode = 'plan' | 'apply' | 'redeploy' | 'rollback' | 'exec';

/** Whether the run replaces replicas under traffic, and nothing else. */
export function isDeploy(mode: RunMode): boolean {
  return mode === 'redeploy' || mode === 'rollback';
}

export type Event =
  | { readonly type: 'run-started'; readonly mode: RunMode; readonly hosts: readonly string[] }
  | {
      readonly type: 'host-connecting';
      readonly host: string;
      readonly address: string;
      /** Why the connection before was lost. */
      readonly lost?: string;
    }
  | { readonly type: 'host-connected'; readonly host: string; readonly durationMs: number }
  | { readonly type: 'host-planned'; readonly host: string; readonly plan: HostPlan; readonly durationMs: number }
  /** Somebody else works on the host, and is waited for. */
  | { readonly type: 'host-waiting'; readonly host: string; readonly text: string }
  /** A redeploy has looked at the host and locked it; its steps follow when it is its turn. */
  | { readonly type: 'host-ready'; readonly host: string; readonly durationMs: number }
  | {
      readonly type: 'step-started';
      readonly host: string;
      readonly role: string;
      readonly id: string;
      /** From 1 to `total`, handlers included. */
      readonly step: number;
      /** Undefined while a redeploy cannot tell it yet. */
      readonly total?: number;
    }
  | { readonly type: 'step-progress'; readonly host: string; readonly id: string; readonly text: string }
  | {
      readonly type: 'step-finished';
      readonly host: string;
      readonly role: string;
      readonly id: string;
      /** `ok`: known after apply, and found converged when its turn came. */
      readonly status: 'changed' | 'ok' | 'failed';
      readonly changes: readonly Change[];
      readonly durationMs: number;
      readonly error?: ProvisionError | undefined;
    }
  | { readonly type: 'host-finished'; readonly host: string; readonly summary: HostSummary }
  /** The user has seen the plan, and does not want it: nothing follows. */
  | { readonly type: 'plan-declined' }
  | { readonly type: 'run-finished'; readonly summaries: readonly HostSummary[]; readonly durationMs: number };

export type Emit = (event: Event) => void;
