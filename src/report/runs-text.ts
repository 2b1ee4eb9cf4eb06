/** The runs whose logs are kept, as a table. Pure. */
import { basename } from 'node:path';
import { EXIT } from '../errors.ts';
import type { Paint, Style } from './colour.ts';
import { formatDuration } from './duration.ts';
import { printable } from './printable.ts';
import type { RunRecord } from './run-record.ts';
import { STATUS_STYLES, STATUSES, statusName } from './status.ts';
import { type Cell, type TableColumn, tableText } from './styled-table.ts';

export interface RunsTextOptions {
  /** Where the logs lie. */
  readonly folder: string;
  readonly columns: number;
  readonly paint: Paint;
}

const COLUMNS: readonly TableColumn[] = [
  { title: 'run' },
  { title: 'result' },
  { title: 'hosts', align: 'right' },
  { title: 'took', align: 'right' },
  { title: 'inventory' },
];

/** A row a run, in their order. */
export function runLines(
  runs: readonly { readonly name: string; readonly run: RunRecord }[],
  { folder, ...table }: RunsTextOptions,
): string[] {
  if (runs.length === 0) return [`no run has left a log in ${folder} yet`];
  const rows = runs.map(({ name, run }): Cell[] => {
    const { word, style } = resultOf(run);
    const inventory = printable(
      run.inventory
        .split(', ')
        .map((source) => basename(source))
        .join(', '),
    );
    return [
      { text: name },
      { text: word, style },
      { text: hostCount(run) },
      { text: tookOf(run) },
      { text: inventory },
    ];
  });
  return tableText(COLUMNS, rows, table);
}

/** A run is called after its worst host. */
function resultOf({ command, finished, exitCode, declined, hosts }: RunRecord): { word: string; style: Style } {
  if (finished === undefined) return { word: 'not finished', style: 'magenta' };
  if (declined) return { word: 'declined', style: 'dim' };
  // What was seen before somebody broke it off was not done.
  if (exitCode === EXIT.interrupted) return { word: 'interrupted', style: STATUS_STYLES.interrupted };
  const status = STATUSES.find((one) => (hosts[one] ?? 0) > 0);
  if (status === undefined) return exitCode === 0 ? { word: 'ok', style: 'green' } : { word: 'failed', style: 'red' };
  return { word: statusName(status, command), style: STATUS_STYLES[status] };
}

function hostCount({ hosts }: RunRecord): string {
  return String(Object.values(hosts).reduce((sum, count) => sum + count, 0));
}

/** The same as its report says. */
function tookOf({ started, finished, durationMs }: RunRecord): string {
  return finished === undefined ? '-' : formatDuration(durationMs ?? Date.parse(finished) - Date.parse(started));
}
