/** Rows in columns, one line each, with colours: as wide as what stands in them, and cut where a line would grow too long. */
import type { Paint, Style } from './colour.ts';
import { padEnd, padStart, textWidth, truncate } from './width.ts';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly align?: 'right';
}

export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** A line of titles, and one for each row. The texts must be printable already. */
export function tableText(
  columns: readonly TableColumn[],
  rows: readonly (readonly Cell[])[],
  { columns: width, paint }: { readonly columns: number; readonly paint: Paint },
): string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[i]?.text ?? ''))),
  );
  const line = (cells: readonly Cell[], always?: Style) => {
    let left = width;
    const parts = columns.map(({ align }, i) => {
      const { text, style = always } = cells[i] ?? { text: '' };
      const own = Math.max(0, Math.min(left, widths[i] ?? 0));
      left -= own + 2;
      const cut = truncate(text, own);
      const isLast = i === columns.length - 1;
      const padded = align === 'right' ? padStart(cut, own) : isLast ? cut : padEnd(cut, own);
      return style === undefined ? padded : paint(style, padded);
    });
    return parts.join('  ').trimEnd();
  };
  return [
    line(
      columns.map(({ title }) => ({ text: title })),
      'bold',
    ),
    ...rows.map((row) => line(row)),
  ];
}
