/** What doctor found, for people: this machine, then the hosts, those with something missing first. */
import type { Check } from '../operate/check.ts';
import type { Style } from './colour.ts';
import { plural } from './plan-text.ts';
import { oneLine, printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { padEnd, textWidth, wrap } from './width.ts';

/** The checks of one place: this machine, or a host. */
export interface Examined {
  readonly where: string;
  readonly checks: readonly Check[];
}

const STYLES: Readonly<Record<Check['status'], Style>> = { ok: 'green', warning: 'yellow', missing: 'red' };
const STATUS_COLUMNS = 'warning'.length;
/** Of more hosts than these only what is not in order is shown. */
const MOST_HOSTS = 5;

export function doctorLines(
  examined: readonly Examined[],
  options: Pick<TextOptions, 'paint' | 'columns' | 'verbose'>,
): string[] {
  const { paint, verbose } = options;
  const isBrief = !verbose && examined.length > MOST_HOSTS + 1;
  const gravity = ({ checks }: Examined) => Number(checks.some(({ status }) => status === 'missing'));
  const [first, ...hosts] = examined;
  const places = [...(first ? [first] : []), ...hosts.toSorted((a, b) => gravity(b) - gravity(a))];
  const sections = places.flatMap(({ where, checks }) => {
    const shown = isBrief ? checks.filter(({ status }) => status !== 'ok') : checks;
    if (shown.length === 0) return [];
    return [[paint('bold', printable(where)), ...checkLines(shown, options)]];
  });
  return [...sections.flatMap((lines) => [...lines, '']), verdict(examined, options)];
}

function checkLines(checks: readonly Check[], { paint, columns }: Pick<TextOptions, 'paint' | 'columns'>): string[] {
  const nameColumns = Math.max(...checks.map(({ name }) => textWidth(printable(name))));
  const indent = ' '.repeat(2 + STATUS_COLUMNS + 2 + nameColumns + 2);
  return checks.flatMap(({ name, status, message, hint }) => {
    const head = `  ${paint(STYLES[status], padEnd(status, STATUS_COLUMNS))}  ${padEnd(printable(name), nameColumns)}  `;
    const room = Math.max(20, columns - indent.length);
    const [start = '', ...rest] = wrap(oneLine(message), room);
    const advice = hint === undefined ? [] : wrap(oneLine(hint), room);
    return [`${head}${start}`, ...[...rest, ...advice].map((line) => `${indent}${line}`)];
  });
}

function verdict(examined: readonly Examined[], { paint }: Pick<TextOptions, 'paint'>): string {
  const all = examined.flatMap(({ checks }) => checks);
  const count = (status: Check['status']) => all.filter((check) => check.status === status).length;
  const [wrong, doubtful] = [count('missing'), count('warning')];
  const warnings = doubtful > 0 ? `, ${doubtful} ${plural(doubtful, 'warning')}` : '';
  if (wrong > 0) return `${paint('red', `${wrong} missing`)}${warnings}`;
  return `${paint('green', 'nothing is missing')}${warnings}`;
}
