/** How hosts end, and how that looks. */
import type { HostSummary, RunMode } from '../engine/events.ts';
import type { Style } from './colour.ts';

export const STATUS_STYLES: Readonly<Record<HostSummary['status'], Style>> = {
  ok: 'green',
  changed: 'yellow',
  failed: 'red',
  unreachable: 'red',
  interrupted: 'magenta',
};

/** The worst first. */
export const STATUSES: readonly HostSummary['status'][] = ['failed', 'unreachable', 'interrupted', 'changed', 'ok'];

const FAILURES: readonly HostSummary['status'][] = ['failed', 'unreachable', 'interrupted'];

export function hasFailed({ status }: Pick<HostSummary, 'status'>): boolean {
  return FAILURES.includes(status);
}

/** What a status is called: in a plan `changed` means that something differs. */
export function statusName(status: HostSummary['status'], mode: RunMode): string {
  return mode === 'plan' && status === 'changed' ? 'differs' : status;
}
