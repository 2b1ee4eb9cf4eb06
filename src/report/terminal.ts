/** Events on a terminal: one live row a host while the run goes on, and at its end what was done. */
import type { HostSummary } from '../engine/events.ts';
import { createPaint } from './colour.ts';
import { startDisplay } from './display.ts';
import { endLines } from './end-text.ts';
import { type HostRow, hostColumns, nextRow, rowText, waitingRow } from './host-row.ts';
import { newLedger, planned, record } from './ledger.ts';
import { createPlainReporter } from './plain.ts';
import { planLines } from './plan-text.ts';
import { type Reporter, type ReporterOptions, type TextOptions, writeLines } from './reporter.ts';

/** listr2 puts an icon and a blank before each row, and keeps two columns free. */
const ICON_COLUMNS = 4;
/** Lines of the terminal that rows may not take: the prompt before them and the cursor's line. */
const SPARE_ROWS = 2;

const FAILURES: readonly HostSummary['status'][] = ['failed', 'unreachable', 'interrupted'];

/** Where there are more hosts than the terminal has lines, plain lines take over: rows that scroll away cannot be redrawn. */
export function createTerminalReporter(options: ReporterOptions): Reporter {
  let current: Reporter | undefined;
  return {
    handle(event) {
      if (event.type === 'run-started') {
        const fits = event.hosts.length + SPARE_ROWS <= options.rows;
        current = fits ? createLiveReporter(options) : createPlainReporter(options);
      }
      current?.handle(event);
    },
    pause: (work) => (current === undefined ? work() : current.pause(work)),
    finish: () => current?.finish() ?? Promise.resolve(),
  };
}

function createLiveReporter(options: ReporterOptions): Reporter {
  const { stdout, stderr } = options;
  const out: TextOptions = { ...options, paint: createPaint(options.colour.stdout) };
  const paint = createPaint(options.colour.stderr);
  const ledger = newLedger();
  const rows = new Map<string, HostRow>();
  let stopDisplay = () => Promise.resolve();
  let ending = Promise.resolve();

  function display(): void {
    const text = (row: HostRow) =>
      rowText(row, {
        nowMs: performance.now(),
        hostColumns: hostColumns(ledger.hosts),
        columns: (stderr.columns ?? options.columns) - ICON_COLUMNS,
        paint,
      });
    stopDisplay = startDisplay({
      rows: () => [...rows.values()].map((row) => ({ key: row.host, text: text(row), outcome: outcomeOf(row) })),
      output: stderr,
      paint,
    });
  }

  async function end(): Promise<void> {
    await stopDisplay();
    writeLines(stdout, endLines(ledger, out, { stepsWereTold: false }));
  }

  return {
    handle(event) {
      record(ledger, event);
      if (event.type === 'run-started') {
        for (const host of event.hosts) rows.set(host, waitingRow(host));
        display();
      } else if (event.type === 'run-finished') {
        ending = end();
      } else {
        rows.set(event.host, nextRow(rows.get(event.host) ?? waitingRow(event.host), event, performance.now()));
      }
    },
    async pause(work) {
      await stopDisplay();
      writeLines(stdout, planLines(planned(ledger), out));
      try {
        return await work();
      } finally {
        display();
      }
    },
    async finish() {
      await ending;
      await stopDisplay();
    },
  };
}

function outcomeOf({ summary }: HostRow): 'completed' | 'failed' | undefined {
  if (summary === undefined) return undefined;
  return FAILURES.includes(summary.status) ? 'failed' : 'completed';
}
