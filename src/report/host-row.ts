/** What one host is at, in one row: kept up to date from the events. Pure. */
import type { Event, HostSummary } from '../engine/events.ts';
import type { Paint } from './colour.ts';
import { formatDuration } from './duration.ts';
import { oneLine, printable } from './printable.ts';
import { STATUS_STYLES } from './status.ts';
import { padEnd, textWidth, truncate } from './width.ts';

export interface HostRow {
  readonly host: string;
  /** What is being done: `connecting to root@203.0.113.10:22`, `[7/31] packages:curl,wget`. */
  readonly activity: string;
  /** When that began, milliseconds on the clock of the one who asks; undefined where nothing goes on. */
  readonly sinceMs: number | undefined;
  /** The last that was heard of it. */
  readonly progress: string;
  readonly summary?: HostSummary;
}

const WAITING = 'waiting';
const MOST_HOST_COLUMNS = 24;
/** Less room than this for progress tells nothing. */
const LEAST_PROGRESS_COLUMNS = 12;

export function waitingRow(host: string): HostRow {
  return { host, activity: WAITING, sinceMs: undefined, progress: '' };
}

/** Whether nothing was heard of the host yet. */
export function waitsForItsTurn({ activity }: HostRow): boolean {
  return activity === WAITING;
}

/** The row after an event of its host. */
export function nextRow(row: HostRow, event: Event, nowMs: number): HostRow {
  const { host } = row;
  const started = (activity: string): HostRow => ({ host, activity, sinceMs: nowMs, progress: '' });
  switch (event.type) {
    case 'host-connecting':
      return started(`connecting ${event.lost === undefined ? '' : 'again '}to ${printable(event.address)}`);
    case 'host-connected':
      return started('comparing with what shall be');
    case 'host-waiting':
      return started(`waiting: ${oneLine(event.text)}`);
    case 'host-planned':
      return { host, activity: 'planned', sinceMs: undefined, progress: '' };
    case 'host-ready':
      return { host, activity: 'waiting for its turn', sinceMs: undefined, progress: '' };
    case 'step-finished':
      return { ...row, sinceMs: undefined, progress: '' };
    case 'step-started':
      return started(`${stepCounter(event.step, event.total)} ${printable(event.id)}`);
    case 'step-progress':
      return { ...row, progress: oneLine(event.text) };
    case 'host-finished':
      return { host, activity: outcomeText(event.summary), sinceMs: undefined, progress: '', summary: event.summary };
    default:
      return row;
  }
}

/** `[ 7/31]`: as wide as the last one will be. */
export function stepCounter(step: number, total?: number): string {
  if (total === undefined) return `[${step}]`;
  return `[${String(step).padStart(String(total).length)}/${total}]`;
}

/** The row as text of at most so many columns. */
export function rowText(row: HostRow, { nowMs, hostColumns, columns, paint }: RowTextOptions): string {
  const host = padEnd(truncate(printable(row.host), hostColumns, 'middle'), hostColumns);
  if (row.summary !== undefined) {
    const { status, durationMs } = row.summary;
    const time = formatDuration(durationMs);
    const activity = truncate(row.activity, columns - hostColumns - status.length - time.length - 6);
    return [host, paint(STATUS_STYLES[status], status), activity, time].filter(Boolean).join('  ');
  }
  const time = row.sinceMs === undefined ? '' : `  ${formatSeconds(nowMs - row.sinceMs)}`;
  const activity = truncate(row.activity, columns - hostColumns - 2 - textWidth(time), 'middle');
  const line = `${host}  ${activity}${time}`;
  const room = columns - textWidth(line) - 2;
  if (row.progress === '' || room < LEAST_PROGRESS_COLUMNS) return line;
  return `${line}  ${paint('dim', truncate(row.progress, room))}`;
}

export interface RowTextOptions {
  readonly nowMs: number;
  readonly hostColumns: number;
  readonly columns: number;
  readonly paint: Paint;
}

/** How wide the column of host names is to be. */
export function hostColumns(hosts: readonly string[]): number {
  return Math.min(MOST_HOST_COLUMNS, Math.max(0, ...hosts.map((host) => textWidth(printable(host)))));
}

/** Whole seconds: tenths that tick would only flicker. */
function formatSeconds(durationMs: number): string {
  const wholeMs = Math.floor(durationMs / 1000) * 1000;
  return wholeMs < 10_000 ? `${wholeMs / 1000} s` : formatDuration(wholeMs);
}

function outcomeText({ ok, changed, unknown, failed, skipped, error }: HostSummary): string {
  if (error !== undefined) return oneLine(error.message);
  const counts: readonly [number, string][] = [
    [changed, 'changed'],
    [ok, 'ok'],
    [unknown, 'known after apply'],
    [failed, 'failed'],
    [skipped, 'not reached'],
  ];
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}
