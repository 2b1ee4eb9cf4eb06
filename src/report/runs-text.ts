/** The runs whose logs are kept, as a table. Pure. */
import { basename } from 'node:path';
import type { Paint, Style } from './colour.ts';
import { formatDuration } from './duration.ts';
import { printable } from './printable.ts';
import type { RunRecord } from './run-record.ts';
import { STATUS_STYLES, STATUSES, statusName } from './status.ts';
import { padEnd, padStart, textWidth, truncate } from './width.ts';

export interface RunsTextOptions {
  /** Where the logs lie. */
  readonly folder: string;
  readonly columns: number;
  readonly paint: Paint;
}

const TITLES = ['run', 'result', 'hosts', 'took', 'inventory'] as const;
const TO_THE_RIGHT: readonly string[] = ['hosts', 'took'];

/** A row a run, in their order. */
export function runLines(
  runs: readonly { readonly name: string; readonly run: RunRecord }[],
  { folder, columns, paint }: RunsTextOptions,
): string[] {
  if (runs.length === 0) return [`no run has left a log in ${folder} yet`];
  const rows = runs.map(({ name, run }) => {
    const result = resultOf(run);
    return { ...result, cells: [name, result.word, hostCount(run), tookOf(run), printable(basename(run.inventory))] };
  });
  const widths = TITLES.map((title, i) =>
    Math.max(title.length, ...rows.map(({ cells }) => textWidth(cells[i] ?? ''))),
  );
  const padded = (cells: readonly string[]) =>
    cells.map((cell, i) => (TO_THE_RIGHT.includes(TITLES[i] ?? '') ? padStart : padEnd)(cell, widths[i] ?? 0));
  return [
    paint('bold', truncate(padded(TITLES).join('  ').trimEnd(), columns)),
    ...rows.map(({ cells, style, word }) => {
      const line = truncate(padded(cells).join('  ').trimEnd(), columns);
      const at = cells[0]?.length ?? 0;
      return line.slice(0, at) + line.slice(at).replace(word, paint(style, word));
    }),
  ];
}

/** A run is called after its worst host. */
function resultOf({ command, finished, exitCode, hosts }: RunRecord): { word: string; style: Style } {
  if (finished === undefined) return { word: 'not finished', style: 'magenta' };
  const status = STATUSES.find((one) => (hosts[one] ?? 0) > 0);
  if (status === undefined) return exitCode === 0 ? { word: 'ok', style: 'green' } : { word: 'failed', style: 'red' };
  return { word: statusName(status, command), style: STATUS_STYLES[status] };
}

function hostCount({ hosts }: RunRecord): string {
  return String(Object.values(hosts).reduce((sum, count) => sum + count, 0));
}

function tookOf({ started, finished }: RunRecord): string {
  return finished === undefined ? '-' : formatDuration(Date.parse(finished) - Date.parse(started));
}
