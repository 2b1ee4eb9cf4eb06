/** Many hosts: what thousands of rows would hide is told as totals, with those that failed on top. Pure. */

import type { HostSummary, RunMode } from '../engine/events.ts';
import type { Paint } from './colour.ts';
import { formatCount } from './count.ts';
import { formatDuration } from './duration.ts';
import { type HostRow, hostColumns, rowText, waitsForItsTurn } from './host-row.ts';
import { hasFailed, STATUS_STYLES, STATUSES } from './status.ts';

/** More hosts than these are not told of one by one, unless `--verbose` asks for it. */
const MOST_NAMED = 50;

export function areMany(hostCount: number): boolean {
  return hostCount > MOST_NAMED;
}

/** Those that failed first, the others in their order. */
export function failuresFirst(summaries: readonly HostSummary[]): readonly HostSummary[] {
  return summaries.toSorted((a, b) => STATUSES.indexOf(failureOf(a)) - STATUSES.indexOf(failureOf(b)));
}

/** `2 failed, 1 unreachable, 380 changed, 617 ok` */
export function totals(statuses: Iterable<HostSummary['status']>, mode: RunMode, paint: Paint): string {
  const counts = Map.groupBy(statuses, (status) => status);
  return STATUSES.flatMap((status) => {
    const count = counts.get(status)?.length ?? 0;
    if (count === 0) return [];
    const name = mode === 'plan' && status === 'changed' ? (count === 1 ? 'differs' : 'differ') : status;
    return [paint(STATUS_STYLES[status], `${formatCount(count)} ${name}`)];
  }).join(', ');
}

export interface ProgressOptions {
  readonly mode: RunMode;
  readonly hostCount: number;
  /** How long it goes on already, milliseconds. */
  readonly durationMs: number;
  readonly paint: Paint;
}

/** `412 of 1,000 hosts done in 1 min 12 s, 10 at work: 2 failed, 380 changed, 30 ok` */
export function progressText(rows: Iterable<HostRow>, { mode, hostCount, durationMs, paint }: ProgressOptions): string {
  const all = [...rows];
  const done = all.flatMap(({ summary }) => summary?.status ?? []);
  const told = done.length === 0 ? '' : `: ${totals(done, mode, paint)}`;
  // Whole seconds: tenths that tick would only flicker.
  const time = formatDuration(Math.max(1, Math.floor(durationMs / 1000)) * 1000).replace(/\.0 /, ' ');
  const atWork = formatCount(all.filter(isAtWork).length);
  return `${formatCount(done.length)} of ${formatCount(hostCount)} hosts done in ${time}, ${atWork} at work${told}`;
}

export interface CrowdOptions extends ProgressOptions {
  readonly nowMs: number;
  readonly columns: number;
  /** How many lines at most. */
  readonly lines: number;
}

/** The live display of many hosts: the totals, the hosts that failed, and those that are at work, the longest first. */
export function crowdLines(rows: Iterable<HostRow>, options: CrowdOptions): string[] {
  const { nowMs, columns, lines, paint } = options;
  const all = [...rows];
  const failed = all.filter(({ summary }) => summary && hasFailed(summary));
  const atWork = all.filter(isAtWork).toSorted((a, b) => (a.sinceMs ?? nowMs) - (b.sinceMs ?? nowMs));
  const room = lines - 1;
  const failedRoom = Math.min(failed.length, Math.max(Math.floor(room / 2), room - atWork.length));
  const shown = [...failed.slice(0, failedRoom), ...atWork.slice(0, room - failedRoom)];
  const names = hostColumns(shown.map(({ host }) => host));
  return [
    progressText(all, options),
    ...shown.map((row) => rowText(row, { nowMs, hostColumns: names, columns, paint })),
  ];
}

function isAtWork(row: HostRow): boolean {
  return row.summary === undefined && !waitsForItsTurn(row);
}

function failureOf(summary: HostSummary): HostSummary['status'] {
  return hasFailed(summary) ? summary.status : 'ok';
}
