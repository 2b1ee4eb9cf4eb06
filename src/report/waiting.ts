/** What is told while hosts are waited for: on a terminal one live line, elsewhere a word now and then. */
import type { Paint } from './colour.ts';
import { startDisplay } from './display.ts';
import { hostsLabel } from './plan-text.ts';
import type { Output } from './reporter.ts';
import { truncate } from './width.ts';

/** Nothing is shown before; a wait that is shorter needs no word. */
const GRACE_MS = 500;
/** How often it is told where lines cannot be drawn anew. */
const WORD_MS = 10_000;
/** What listr2 puts before each row. */
const ICON_COLUMNS = 4;

export interface WaitingOptions {
  /** `looking at the hosts`. */
  readonly what: string;
  readonly hosts: readonly string[];
  readonly output: Output;
  readonly isLive: boolean;
  readonly paint: Paint;
}

export interface Waiting {
  /** The last one takes the display away. */
  done(host: string): void;
  /** Takes the display away: before anything else is written to the terminal. */
  end(): Promise<void>;
}

export function startWaiting({ what, hosts, output, isLive, paint }: WaitingOptions): Waiting {
  const left = new Set(hosts);
  const text = () =>
    `${what}: ${hosts.length - left.size} of ${hosts.length} done, waiting for ${hostsLabel([...left])}`;
  const rows = () => [
    { key: 'all', text: truncate(text(), (output.columns || 80) - ICON_COLUMNS), outcome: undefined },
  ];
  const hide = isLive ? startDisplay({ rows, output, paint, graceMs: GRACE_MS }) : () => Promise.resolve();
  const timer = isLive ? undefined : setInterval(() => output.write(`${text()}\n`), WORD_MS);
  function end(): Promise<void> {
    clearInterval(timer);
    return hide();
  }
  return {
    done(host) {
      left.delete(host);
      if (left.size === 0) void end();
    },
    end,
  };
}
