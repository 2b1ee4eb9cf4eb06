/** Tables for terminals: as wide as they must be, and no wider than the terminal. */
import type { Paint } from './colour.ts';
import { printable } from './printable.ts';
import { padEnd, textWidth, truncate, wrap } from './width.ts';

export interface TableOptions {
  /** `Infinity` where nothing is to be broken, as for a file. */
  readonly columns: number;
  readonly paint: Paint;
}

const GAP = '  ';
/** A column that has to give way stays at least so wide. */
const LEAST_COLUMNS = 8;

/** The rows below their titles. What is too long for its column goes on in the next line; a long word is cut. */
export function tableLines(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, paint }: TableOptions,
): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = fitWidths(
    titles.map((title, i) => Math.max(textWidth(title), ...cells.map((row) => textWidth(row[i] ?? '')))),
    columns - (titles.length - 1) * GAP.length,
  );
  const lines = cells.flatMap((row) => {
    const broken = row.map((cell, i) => wrap(cell, widths[i] ?? 0).map((line) => truncate(line, widths[i] ?? 0)));
    const height = Math.max(...broken.map((cell) => cell.length));
    return Array.from({ length: height }, (_, n) => broken.map((cell) => cell[n] ?? ''));
  });
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => padEnd(cell, widths[i] ?? 0))
      .join(GAP)
      .trimEnd();
  return [paint('bold', line(titles.map((title, i) => truncate(title, widths[i] ?? 0)))), ...lines.map(line)];
}

/** Takes from the widest columns first until all fit. */
function fitWidths(wanted: readonly number[], columns: number): readonly number[] {
  const widths = [...wanted];
  for (let over = sum(widths) - columns; over > 0; over--) {
    const widest = Math.max(...widths);
    if (widest <= LEAST_COLUMNS) break;
    widths[widths.lastIndexOf(widest)] = widest - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
