/** What the proof of a deploy saw: a row for each phase, why requests failed, and the verdict last of all. Pure. */

import type { PhaseReport, ProofReport } from '../deploy/prove.ts';
import type { Style } from './colour.ts';
import { formatCount } from './count.ts';
import { formatDuration } from './duration.ts';
import { plural } from './plan-text.ts';
import { printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { padEnd, padStart, textWidth, truncate, wrap } from './width.ts';

/** One column of the table, its numbers aligned to the right. */
interface Column {
  readonly title: string;
  readonly cell: (phase: PhaseReport) => string;
  readonly style?: Style;
}

const COLUMNS: readonly Column[] = [
  { title: 'requests', cell: ({ requests }) => formatCount(requests) },
  { title: 'failures', cell: ({ failures }) => formatCount(failures), style: 'red' },
  // A phase without a request may still have a gap: every client was waiting.
  { title: 'longest gap', cell: ({ longestGapMs }) => formatLatency(longestGapMs || undefined) },
  { title: 'p50', cell: ({ p50Ms }) => formatLatency(p50Ms) },
  { title: 'p99', cell: ({ p99Ms }) => formatLatency(p99Ms) },
];

/** The proof as lines; the table takes less than 80 columns, and texts are fitted to `columns`. */
export function proofLines(report: ProofReport, options: Pick<TextOptions, 'columns' | 'paint'>): string[] {
  const { columns, paint } = options;
  const verdict = wrap(verdictOf(report), columns).map((line) => paint(verdictStyle(report), line));
  return [...tableLines(report, options), ...reasonLines(report, options), ...verdict];
}

function tableLines({ phases }: ProofReport, { paint }: Pick<TextOptions, 'paint'>): string[] {
  const rows = Object.entries(phases);
  const nameColumns = Math.max('phase'.length, ...rows.map(([name]) => name.length));
  const widths = COLUMNS.map(({ title, cell }) =>
    Math.max(title.length, ...rows.map(([, phase]) => textWidth(cell(phase)))),
  );
  const header = COLUMNS.map(({ title }, i) => padStart(title, widths[i] ?? 0));
  const lines = rows.map(([name, phase]) => {
    const cells = COLUMNS.map(({ cell, style }, i) => {
      const text = cell(phase);
      const padded = padStart(text, widths[i] ?? 0);
      return style === undefined || text === '0' ? padded : paint(style, padded);
    });
    return [padEnd(name, nameColumns), ...cells].join('  ');
  });
  return [paint('bold', [padEnd('phase', nameColumns), ...header].join('  ')), ...lines];
}

function reasonLines({ reasons }: ProofReport, { columns }: Pick<TextOptions, 'columns'>): string[] {
  const counts = reasons.map(({ count }) => formatCount(count));
  const countColumns = Math.max(0, ...counts.map(({ length }) => length));
  return reasons.map(({ reason }, i) => {
    const count = padStart(counts[i] ?? '', countColumns);
    return `  ${count}  ${truncate(printable(reason), columns - countColumns - 4)}`;
  });
}

function verdictOf({ requests, failures, durationMs, longestGapMs }: ProofReport): string {
  if (requests === 0) return 'nothing is proved: no request was made';
  const gap = `longest gap ${formatLatency(longestGapMs)}`;
  const total = formatCount(requests);
  if (failures === 0) return `no request failed: ${total} in ${formatDuration(durationMs)}, ${gap}`;
  const noun = plural(requests, 'request');
  return `${formatCount(failures)} of ${total} ${noun} failed in ${formatDuration(durationMs)}, ${gap}`;
}

function verdictStyle({ requests, failures }: ProofReport): Style {
  if (failures > 0) return 'red';
  return requests === 0 ? 'yellow' : 'green';
}

/** `4.1 ms`, `61 ms`, `2.1 s`; `-` where there is none. */
function formatLatency(latencyMs: number | undefined): string {
  if (latencyMs === undefined) return '-';
  if (latencyMs < 9.95 && !Number.isInteger(latencyMs)) return `${latencyMs.toFixed(1)} ms`;
  return latencyMs < 999.5 ? `${Math.round(latencyMs)} ms` : formatDuration(latencyMs);
}
