/** Lines of logs, each with where it comes from. */
import type { MissingContainers } from '../operate/log-sources.ts';
import type { ToldLine } from '../operate/open-logs.ts';
import type { Style } from './colour.ts';
import { hostsLabel } from './plan-text.ts';
import { logText, oneLine, printable } from './printable.ts';
import type { TextOptions } from './reporter.ts';
import { padEnd, textWidth, wrap } from './width.ts';

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

export interface LogPrinter {
  /** Makes room for the names of these logs. */
  expect(sources: readonly Pick<ToldLine, 'host' | 'name'>[]): void;
  /** `web1/app-1 | TEXT`, with its time where all is to be told. */
  line(line: ToldLine): string;
}

export function logPrinter({ paint, verbose }: Pick<TextOptions, 'paint' | 'verbose'>): LogPrinter {
  const styles = new Map<string, Style>();
  let width = 0;

  function labelOf({ host, name }: Pick<ToldLine, 'host' | 'name'>): string {
    const label = printable(`${host}/${name}`);
    if (!styles.has(label)) styles.set(label, STYLES[styles.size % STYLES.length] ?? 'cyan');
    width = Math.min(MOST_NAME_COLUMNS, Math.max(width, textWidth(label)));
    return label;
  }

  return {
    expect: (sources) => sources.forEach(labelOf),
    line(line) {
      const label = labelOf(line);
      // Who looks at what was done wants to see when.
      const isTimed = (verbose || line.name === 'provision') && line.at !== '';
      const time = isTimed ? paint('dim', `${line.at.slice(0, 23).replace('T', ' ')} `) : '';
      return `${paint(styles.get(label) ?? 'cyan', `${padEnd(label, width)} |`)} ${time}${logText(line.text)}`.trimEnd();
    },
  };
}

/** Hosts that have nothing to show, those that lack the same together, and what to do. */
export function missingLines(missing: readonly MissingContainers[], columns: number): string[] {
  const groups = Map.groupBy(missing, ({ wanted }) => wanted.join(', '));
  return [...groups].flatMap(([wanted, group]) => {
    const hosts = hostsLabel(group.map(({ host }) => host));
    const text =
      wanted === ''
        ? `${hosts}: no service in the inventory, and so no containers. Other logs are haproxy and provision.`
        : `${hosts}: no containers of ${oneLine(wanted)}. See provision status; provision apply starts what is missing.`;
    return wrap(text, columns);
  });
}
