/** Errors as people read them: what is wrong, where, why, and what to do. */
import { ProvisionError } from '../errors.ts';
import { hostsLabel } from './plan-text.ts';
import { oneLine, outputLines } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { wrap } from './width.ts';

export type ErrorTextOptions = Pick<TextOptions, 'paint' | 'columns' | 'debug'>;

const LABEL_COLUMNS = 6;
const INDENT = ' '.repeat(2 + LABEL_COLUMNS + 1);
const BUG_HINT = 'Run again with --debug for the stack trace, and report it.';

/**
 * An error as a block of lines. Anything but a `ProvisionError` is a bug, and is called so.
 * @param hosts where several hosts failed in the same way: all of them
 */
export function errorLines(error: unknown, options: ErrorTextOptions, hosts: readonly string[] = []): string[] {
  const { paint, columns, debug } = options;
  const title = wrap(titleOf(error), columns - 'error: '.length);
  const lines = title.map((line, i) => (i === 0 ? paint(['bold', 'red'], 'error: ') : ' '.repeat(7)) + line);
  if (error instanceof ProvisionError) lines.push(...fields(error, options, hosts));
  else if (!debug) lines.push(...field('do', wrapText(BUG_HINT, columns), options));
  return debug ? [...lines, ...traceLines(error, options)] : lines;
}

/** The errors as blocks, those that differ in nothing but the host as one; where there are more than `most`, those of most hosts. */
export function errorBlocks(errors: readonly ProvisionError[], options: ErrorTextOptions, most = Infinity): string[] {
  const groups = Map.groupBy(errors, ({ code, message, location, task, hint, detail }) =>
    JSON.stringify([code, message, location, task, hint, detail]),
  );
  const all = [...groups.values()];
  const shown = all.length <= most ? all : all.toSorted((a, b) => b.length - a.length).slice(0, most);
  const left = all.length - shown.length;
  const note =
    left === 0
      ? []
      : [options.paint('dim', `${most} of ${all.length} different failures; all are shown with --verbose`), ''];
  const blocks = shown.flatMap((group, i) => {
    const hosts = group.flatMap(({ host }) => host ?? []);
    return [...(i > 0 ? [''] : []), ...errorLines(group[0], options, hosts)];
  });
  return [...note, ...blocks];
}

function titleOf(error: unknown): string {
  if (error instanceof ProvisionError) return oneLine(error.message);
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `this is a bug in provision: ${oneLine(what)}`;
}

function fields(error: ProvisionError, options: ErrorTextOptions, hosts: readonly string[]): string[] {
  const { location, task, hint, detail, code } = error;
  const host = hosts.length > 0 ? hostsLabel(hosts) : error.host;
  const where = [location, host, task].filter((place) => place !== undefined).map(oneLine);
  return [
    ...field('where', where.length === 0 ? [] : wrapText(where.join(', '), options.columns), options),
    ...field(
      'why',
      detail?.trim() ? outputLines(detail).flatMap((line) => wrapLine(line, options.columns)) : [],
      options,
    ),
    ...field('do', hint === undefined ? [] : wrapText(oneLine(hint), options.columns), options),
    ...field('code', [`${code}, see docs/errors.md#${code}`], options),
  ];
}

function field(label: string, lines: readonly string[], { paint }: ErrorTextOptions): string[] {
  return lines.map((line, i) =>
    i === 0 ? `  ${paint('dim', label.padEnd(LABEL_COLUMNS))} ${line}` : `${INDENT}${line}`.trimEnd(),
  );
}

function wrapText(text: string, columns: number): string[] {
  return wrap(text, columns - INDENT.length);
}

/** What goes on stands below what it goes on with. */
function wrapLine(line: string, columns: number): string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return wrapText(line.slice(indent.length), columns - indent.length).map((part) => indent + part);
}

/** The stack of the error and of each cause behind it. */
function traceLines(error: unknown, options: ErrorTextOptions): string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let cause = error; cause !== undefined && !seen.has(cause); ) {
    const trace = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    lines.push(...field(seen.size === 0 ? 'stack' : 'cause', outputLines(trace), options));
    seen.add(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}
