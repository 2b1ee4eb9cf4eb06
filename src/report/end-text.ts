/** All that stands at the end of a run. */
import type { HostPlan } from '../engine/events.ts';
import { type Ledger, planned, plansDone } from './ledger.ts';
import { planLines } from './plan-text.ts';
import { printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { summaryLines } from './summary.ts';
import { wrap } from './width.ts';

/** The plan, or what an apply has done where that was not told before; then the summary. */
export function endLines(ledger: Ledger, text: TextOptions, { withDeeds }: { withDeeds: boolean }): string[] {
  const lines = [...planOrDeeds(ledger, text, withDeeds), ...remarkLines(ledger, text), ...summaryLines(ledger, text)];
  return lines[0] === '' ? lines.slice(1) : lines;
}

function planOrDeeds(ledger: Ledger, text: TextOptions, withDeeds: boolean): string[] {
  if (ledger.mode === 'plan') return planLines(planned(ledger), text);
  if (!withDeeds) return [];
  return planLines(plansDone(ledger).filter(changedSomething), { ...text, tense: 'done' });
}

/** What people should know of it, besides what was changed: a plan shows it in its place. */
function remarkLines(ledger: Ledger, { columns }: TextOptions): string[] {
  if (ledger.mode !== 'apply') return [];
  const remarks = planned(ledger).flatMap(({ host, resources }) =>
    resources.flatMap(({ status, reason }) =>
      status !== 'unknown' && reason !== undefined ? wrap(`${host}: ${printable(reason)}`, columns) : [],
    ),
  );
  return remarks.length === 0 ? [] : ['', ...remarks];
}

function changedSomething({ resources, handlers }: HostPlan): boolean {
  return handlers.length > 0 || resources.some(({ status }) => status === 'change');
}
