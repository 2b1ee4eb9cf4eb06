/** What stands at the end of a run: what was done, the slowest steps, a table of hosts, and the failures last of all. */
import { type HostSummary, isDeploy } from '../engine/events.ts';
import type { Style } from './colour.ts';
import { formatCount } from './count.ts';
import { formatDuration } from './duration.ts';
import { errorBlocks } from './error-text.ts';
import type { FinishedStep, Ledger } from './ledger.ts';
import { areMany, failuresFirst, totals } from './many-hosts.ts';
import { plural } from './plan-text.ts';
import { printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { hasFailed, STATUS_STYLES, statusName } from './status.ts';
import { padEnd, padStart, textWidth, truncate } from './width.ts';

const SLOWEST_STEPS = 5;
const SLOW_MS = 1_000;
/** Of many hosts: how many that failed have a row, and how many failures are told in full. */
const MOST_ROWS = 20;
const MOST_FAILURES = 5;

/** One column of the table, its numbers aligned to the right; shown only where it tells something. */
interface Column {
  readonly title: string;
  readonly cell: (summary: HostSummary) => string;
  readonly style?: Style;
  readonly hidden?: boolean;
}

/** The summary's sections, an empty line before each. */
export function summaryLines(ledger: Ledger, options: TextOptions): string[] {
  const errors = ledger.summaries.flatMap(({ error }) => error ?? []);
  const sections = [
    slowestLines(ledger.steps, options),
    tellsMoreThanPlan(ledger, options) ? tableLines(ledger, options) : [],
    errorBlocks(errors, options, areMany(ledger.summaries.length) && !options.verbose ? MOST_FAILURES : undefined),
  ];
  return sections.flatMap((lines) => (lines.length === 0 ? [] : ['', ...lines]));
}

/** The plan of a single host ends with its counts: a table would only say them again. */
function tellsMoreThanPlan({ mode, summaries }: Ledger, { verbose }: TextOptions): boolean {
  return mode !== 'plan' || summaries.length > 1 || verbose || summaries.some(({ error }) => error !== undefined);
}

export function slowestLines(steps: readonly FinishedStep[], { paint, columns }: TextOptions): string[] {
  const slowest = steps
    .filter(({ durationMs }) => durationMs >= SLOW_MS)
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, SLOWEST_STEPS);
  if (slowest.length === 0) return [];
  const times = slowest.map(({ durationMs }) => formatDuration(durationMs));
  const timeColumns = Math.max(...times.map(textWidth));
  const rows = slowest.map(({ host, id }, i) => {
    const time = padStart(times[i] ?? '', timeColumns);
    const step = truncate(`${printable(host)}: ${printable(id)}`, columns - timeColumns - 4, 'middle');
    return `  ${time}  ${step}`;
  });
  return [paint('bold', slowest.length === 1 ? 'slowest step' : 'slowest steps'), ...rows];
}

/** A row for each host; of many for those that failed, and the totals. */
export function tableLines(ledger: Ledger, options: TextOptions): string[] {
  const { summaries, durationMs, mode } = ledger;
  if (summaries.length === 0) return [];
  const time = formatDuration(durationMs);
  const count = `${formatCount(summaries.length)} ${plural(summaries.length, 'host')} in ${time}`;
  if (!areMany(summaries.length)) return [...rowLines(ledger, options), ...(summaries.length > 1 ? [count] : [])];
  const sorted = failuresFirst(summaries);
  const told = options.verbose ? sorted : sorted.filter(hasFailed);
  const rows = options.verbose ? told : told.slice(0, MOST_ROWS);
  const left = told.length - rows.length;
  const all = `${count}: ${totals(
    summaries.map(({ status }) => status),
    mode,
    options.paint,
  )}`;
  return [
    ...(rows.length === 0 ? [] : rowLines({ ...ledger, summaries: rows }, options)),
    ...(left === 0 ? [] : [options.paint('dim', `… ${formatCount(left)} more, shown with --verbose`)]),
    all,
  ];
}

/** The name of a host that leaves no room for numbers has a line of its own. */
function rowLines(ledger: Ledger, options: TextOptions): string[] {
  const { paint } = options;
  const { summaries } = ledger;
  const columns = tableColumns(ledger, options).filter(({ hidden = false }) => !hidden);
  const widths = columns.map(({ title, cell }) => Math.max(textWidth(title), ...summaries.map((s) => cell(s).length)));
  const statuses = summaries.map(({ status }) => statusName(status, ledger.mode));
  const statusColumns = Math.max('status'.length, ...statuses.map(({ length }) => length));
  const numbersColumns = widths.reduce((sum, width) => sum + 2 + width, statusColumns);
  const names = summaries.map(({ host }) => printable(host));
  const room = options.columns - numbersColumns - 2;
  const nameColumns = Math.max('host'.length, ...names.map(textWidth).filter((width) => width <= room));

  const header = [padEnd('status', statusColumns), ...columns.map(({ title }, i) => padStart(title, widths[i] ?? 0))];
  const lines = [paint('bold', `${padEnd('host', nameColumns)}  ${header.join('  ')}`)];
  for (const [i, summary] of summaries.entries()) {
    const name = names[i] ?? '';
    const numbers = columns.map(({ cell, style }, k) => {
      const text = cell(summary);
      const padded = padStart(text, widths[k] ?? 0);
      return style === undefined || text === '0' ? padded : paint(style, padded);
    });
    const status = paint(STATUS_STYLES[summary.status], padEnd(statuses[i] ?? '', statusColumns));
    const fits = textWidth(name) <= nameColumns;
    if (!fits) lines.push(name);
    lines.push(`${padEnd(fits ? name : '', nameColumns)}  ${[status, ...numbers].join('  ')}`);
  }
  return lines;
}

function tableColumns({ mode, summaries, connectMs, planMs }: Ledger, { verbose }: TextOptions): readonly Column[] {
  const nowhere = (key: 'unknown' | 'skipped') => summaries.every((summary) => summary[key] === 0);
  const time = (times: ReadonlyMap<string, number>) => (summary: HostSummary) => {
    const timeMs = times.get(summary.host);
    return timeMs === undefined ? '-' : formatDuration(timeMs);
  };
  return [
    { title: 'ok', cell: ({ ok }) => String(ok), hidden: isDeploy(mode) },
    {
      title: mode === 'plan' ? 'to change' : isDeploy(mode) ? 'steps' : 'changed',
      cell: ({ changed }) => String(changed),
      style: 'yellow',
    },
    { title: 'unknown', cell: ({ unknown }) => String(unknown), style: 'magenta', hidden: nowhere('unknown') },
    { title: 'failed', cell: ({ failed }) => String(failed), style: 'red' },
    { title: 'skipped', cell: ({ skipped }) => String(skipped), hidden: nowhere('skipped') },
    {
      title: 'rolling',
      cell: ({ rollouts = 0 }) => String(rollouts),
      style: 'yellow',
      hidden: summaries.every(({ rollouts = 0 }) => rollouts === 0),
    },
    { title: 'login', cell: time(connectMs), hidden: !verbose },
    { title: 'plan', cell: time(planMs), hidden: !verbose },
    { title: 'time', cell: ({ durationMs }) => formatDuration(durationMs) },
    { title: 'exchanges', cell: ({ exchanges }) => String(exchanges) },
  ];
}
