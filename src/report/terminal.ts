/** Events on a terminal: one live row a host while the run goes on, and at its end what was done. */
import { createPaint } from './colour.ts';
import { startDisplay } from './display.ts';
import { endLines } from './end-text.ts';
import { type HostRow, hostColumns, nextRow, rowText, waitingRow } from './host-row.ts';
import { newLedger, record } from './ledger.ts';
import { crowdLines } from './many-hosts.ts';
import { createPlainReporter } from './plain.ts';
import { type Reporter, type ReporterOptions, type TextOptions, writeLines } from './reporter.ts';
import { hasFailed } from './status.ts';

/** listr2 puts an icon and a blank before each row, and keeps two columns free. */
const ICON_COLUMNS = 4;
/** Lines of the terminal that rows may not take: the prompt before them and the cursor's line. */
const SPARE_ROWS = 2;
/** A run that ends sooner needs no display, and is not kept waiting while listr2 loads. */
const GRACE_MS = 300;

/** A lower terminal has no room for totals and the hosts that they are about. */
const LEAST_ROWS = 8;

/** Where there are more hosts than the terminal has lines, totals take the place of rows: what scrolls away cannot be redrawn. */
export function createTerminalReporter(options: ReporterOptions): Reporter {
  const live = createLiveReporter(options);
  const plain = createPlainReporter(options);
  let current = live;
  return {
    handle(event) {
      if (event.type === 'run-started')
        current = fits(event.hosts, options) || options.rows >= LEAST_ROWS ? live : plain;
      current.handle(event);
    },
    pause: (work) => current.pause(work),
    finish: () => current.finish(),
  };
}

function fits(hosts: readonly string[], { rows }: ReporterOptions): boolean {
  return hosts.length + SPARE_ROWS <= rows;
}

function createLiveReporter(options: ReporterOptions): Reporter {
  const { stdout, stderr } = options;
  const out: TextOptions = { ...options, paint: createPaint(options.colour.stdout) };
  const paint = createPaint(options.colour.stderr);
  const ledger = newLedger();
  const rows = new Map<string, HostRow>();
  let startedMs = 0;
  let planWasShown = false;
  let hideDisplay = () => Promise.resolve();
  // What needs the terminal for itself waits for its turn: the end of a run, a question, a message.
  let turns: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = turns.then(work);
    turns = turn.catch(() => undefined);
    return turn;
  }

  function display(graceMs: number): void {
    hideDisplay = startDisplay({
      rows: () =>
        fits(ledger.hosts, options)
          ? [...rows.values()].map((row) => ({ key: row.host, text: textOf(row), outcome: outcomeOf(row) }))
          : [{ key: '', text: crowdText(), outcome: undefined }],
      output: stderr,
      paint,
      graceMs,
    });
  }

  function textOf(row: HostRow): string {
    return rowText(row, {
      nowMs: performance.now(),
      hostColumns: hostColumns(ledger.hosts),
      columns: (stderr.columns || options.columns) - ICON_COLUMNS,
      paint,
    });
  }

  function crowdText(): string {
    const nowMs = performance.now();
    const lines = crowdLines(rows.values(), {
      mode: ledger.mode,
      hostCount: ledger.hosts.length,
      nowMs,
      durationMs: nowMs - startedMs,
      columns: (stderr.columns || options.columns) - ICON_COLUMNS,
      lines: options.rows - SPARE_ROWS,
      paint,
    });
    return lines.join('\n');
  }

  function start(hosts: readonly string[]): void {
    startedMs = performance.now();
    rows.clear();
    for (const host of hosts) rows.set(host, waitingRow(host));
    display(GRACE_MS);
  }

  /** The text is made at once: the next run may begin before this one's display is gone. */
  function end(): void {
    const [hide, lines] = [hideDisplay, endLines(ledger, out, { withDeeds: !planWasShown })];
    planWasShown = ledger.mode === 'plan';
    void inTurn(async () => {
      await hide();
      writeLines(stdout, lines);
    });
  }

  return {
    handle(event) {
      record(ledger, event);
      if (event.type === 'run-started') start(event.hosts);
      else if (event.type === 'run-finished') end();
      else if ('host' in event)
        rows.set(event.host, nextRow(rows.get(event.host) ?? waitingRow(event.host), event, performance.now()));
    },
    pause: (work) =>
      inTurn(async () => {
        await hideDisplay();
        try {
          return await work();
        } finally {
          if (ledger.running) display(0);
        }
      }),
    finish: () => inTurn(() => hideDisplay()),
  };
}

function outcomeOf({ summary }: HostRow): 'completed' | 'failed' | undefined {
  if (summary === undefined) return undefined;
  return hasFailed(summary) ? 'failed' : 'completed';
}
