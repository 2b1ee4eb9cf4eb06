/** Lines of logs, each with where it comes from. */
import type { ToldLine } from '../operate/open-logs.ts';
import type { Style } from './colour.ts';
import { logText, printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { padEnd, textWidth } from './width.ts';

/** One after another, over and over: neighbours differ. */
const STYLES: readonly Style[] = [
  'cyan',
  'yellow',
  'green',
  'magenta',
  'blue',
  'cyanBright',
  'yellowBright',
  'greenBright',
];
/** Longer names have their line start further right. */
const MOST_NAME_COLUMNS = 40;

/** @returns what writes a line: `web1/app-1  | TEXT`, with its time where all is to be told */
export function logPrinter({ paint, verbose }: Pick<TextOptions, 'paint' | 'verbose'>): (line: ToldLine) => string {
  const styles = new Map<string, Style>();
  let width = 0;
  return ({ host, name, at, text }) => {
    const label = printable(`${host}/${name}`);
    const style = styles.get(label) ?? STYLES[styles.size % STYLES.length] ?? 'cyan';
    styles.set(label, style);
    width = Math.min(MOST_NAME_COLUMNS, Math.max(width, textWidth(label)));
    const time = verbose && at !== '' ? `${at.slice(0, 23).replace('T', ' ')} ` : '';
    return `${paint(style, `${padEnd(label, width)} |`)} ${paint('dim', time)}${logText(text)}`.trimEnd();
  };
}
