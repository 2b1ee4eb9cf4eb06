import { median } from './measure.ts';

/**
 * A Markdown table of times: median, least and greatest, and how many times that of the program named `unit`.
 * @param timesMs milliseconds of every run, by the program's name
 * @param what is measured, and in which unit
 */
export function table(timesMs: Readonly<Record<string, readonly number[]>>, unit: string, what: string): string {
  const unitMs = median(timesMs[unit] ?? []);
  const rows = Object.entries(timesMs).map(([name, times]) => [
    `\`${name}\``,
    ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0)),
    (median(times) / unitMs).toFixed(2),
  ]);
  return markdownTable([[what, 'median', 'min', 'max', `÷ ${unit}`], ...rows]);
}

/** A Markdown table as people read it: the first column to the left, figures to the right. @param rows the heads first */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const [head, ...body] = rows.map((row) =>
    line(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))),
  );
  const rule = line(widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  return [head, rule, ...body].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
