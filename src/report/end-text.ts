/** All that stands at the end of a run. */
import type { HostPlan } from '../engine/events.ts';
import { type Ledger, planned, plansDone } from './ledger.ts';
import { planLines } from './plan-text.ts';
import type { TextOptions } from './reporter.ts';
import { summaryLines } from './summary.ts';

/** The plan, or what an apply has done where that was not told before; then the summary. */
export function endLines(ledger: Ledger, text: TextOptions, { withDeeds }: { withDeeds: boolean }): string[] {
  const lines = [...planOrDeeds(ledger, text, withDeeds), ...summaryLines(ledger, text)];
  return lines[0] === '' ? lines.slice(1) : lines;
}

function planOrDeeds(ledger: Ledger, text: TextOptions, withDeeds: boolean): string[] {
  if (ledger.mode === 'plan') return planLines(planned(ledger), text);
  if (!withDeeds) return [];
  return planLines(plansDone(ledger).filter(changedSomething), { ...text, tense: 'done' });
}

function changedSomething({ resources, handlers }: HostPlan): boolean {
  return handlers.length > 0 || resources.some(({ status }) => status === 'change');
}
