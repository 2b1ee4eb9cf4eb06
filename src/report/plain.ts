/** Events as lines of text: for logs, pipes and terminals too small for anything else. */
import type { Event, HostSummary } from '../engine/events.ts';
import { actionOf, describeChanges, MARKS } from './change-text.ts';
import { createPaint } from './colour.ts';
import { diffLines } from './diff-text.ts';
import { formatDuration } from './duration.ts';
import { endLines } from './end-text.ts';
import { type HostRow, hostColumns, nextRow, stepCounter, waitingRow } from './host-row.ts';
import { type FinishedStep, isHandler, type Ledger, newLedger, record } from './ledger.ts';
import { areMany, progressText } from './many-hosts.ts';
import { planCounts } from './plan-text.ts';
import { oneLine, printable } from './printable.ts';
import { type Reporter, type ReporterOptions, type TextOptions, writeLines } from './reporter.ts';
import { hasFailed, STATUS_STYLES } from './status.ts';
import { padEnd, padStart } from './width.ts';

/** How often a long wait is told of. */
const WAIT_MS = 10_000;
/** After these it may be long before the next one. */
const WAITS: readonly Event['type'][] = ['host-connecting', 'host-waiting', 'step-started'];
/** The key of the timer that tells how far many hosts are: no host has no name. */
const ALL = '';
const DURATION_COLUMNS = 6;

export function createPlainReporter(options: ReporterOptions): Reporter {
  const { stdout, stderr } = options;
  const out: TextOptions = { ...options, paint: createPaint(options.colour.stdout) };
  const err: TextOptions = { ...options, paint: createPaint(options.colour.stderr) };
  const ledger = newLedger();
  const rows = new Map<string, HostRow>();
  const counters = new Map<string, string>();
  const timers = new Map<string, NodeJS.Timeout>();

  function say(host: string, lines: readonly string[]): void {
    const prefix = padEnd(`${printable(host)}:`, hostColumns(ledger.hosts) + 1);
    writeLines(
      stderr,
      lines.map((line) => `${err.paint('bold', prefix)} ${line}`),
    );
  }

  function tellOfWait(host: string): void {
    clearInterval(timers.get(host));
    const tell = () => {
      const { sinceMs, activity, progress } = rows.get(host) ?? waitingRow(host);
      if (sinceMs === undefined) return;
      const time = formatDuration(performance.now() - sinceMs);
      say(host, [err.paint('dim', `${activity}: ${time} so far${progress === '' ? '' : `: ${progress}`}`)]);
    };
    // It must not keep the process alive where the run broke off.
    timers.set(host, setInterval(tell, WAIT_MS).unref());
  }

  function tellOfAll(): void {
    const startedMs = performance.now();
    const [hostCount, { mode }, { paint }] = [ledger.hosts.length, ledger, err];
    const tell = () => {
      const durationMs = performance.now() - startedMs;
      writeLines(stderr, [progressText(rows.values(), { mode, hostCount, durationMs, paint })]);
    };
    timers.set(ALL, setInterval(tell, WAIT_MS).unref());
  }

  function stopTelling(): void {
    for (const timer of timers.values()) clearInterval(timer);
    timers.clear();
  }

  return {
    handle(event) {
      record(ledger, event);
      if (event.type === 'run-finished') {
        stopTelling();
        stderr.write('\n');
        writeLines(stdout, endLines(ledger, out, { withDeeds: false }));
        return;
      }
      const many = areMany(ledger.hosts.length) && !options.verbose;
      if (event.type === 'run-started') {
        rows.clear();
        if (many) tellOfAll();
        return;
      }
      if (!('host' in event)) return;
      const { host } = event;
      // What waits says the same again and again.
      if (event.type === 'step-progress' && rows.get(host)?.progress === oneLine(event.text)) return;
      rows.set(host, nextRow(rows.get(host) ?? waitingRow(host), event, performance.now()));
      if (event.type === 'step-started') counters.set(host, stepCounter(event.step, event.total));
      if (many && !isOfManyWorthTelling(event)) return;
      if (WAITS.includes(event.type) && !many) tellOfWait(host);
      if (event.type === 'host-finished') clearInterval(timers.get(host));
      say(host, eventLines(event, { ledger, counter: counters.get(host) ?? '', text: err }));
    },
    pause: (work) => work(),
    async finish() {
      stopTelling();
    },
  };
}

/** Of many hosts only those are named that failed, and those that wait for somebody else. */
function isOfManyWorthTelling(event: HostEvent): boolean {
  if (event.type === 'host-finished') return hasFailed(event.summary);
  if (event.type === 'step-finished') return event.status === 'failed';
  return event.type === 'host-waiting';
}

interface EventContext {
  readonly ledger: Ledger;
  readonly counter: string;
  readonly text: TextOptions;
}

type HostEvent = Extract<Event, { host: string }>;

function eventLines(event: HostEvent, context: EventContext): string[] {
  const { text } = context;
  switch (event.type) {
    case 'host-connecting':
      if (event.lost !== undefined) return [`${oneLine(event.lost)}; connecting again`];
      return text.verbose ? [`connecting to ${printable(event.address)}`] : [];
    case 'host-connected':
      return [`connected in ${formatDuration(event.durationMs)}`];
    case 'host-planned':
      return [`planned in ${formatDuration(event.durationMs)}: ${planCounts(event.plan, text).join(' ')}`];
    case 'host-waiting':
      return [`waiting: ${oneLine(event.text)}`];
    case 'host-ready':
      return text.verbose ? [`looked at in ${formatDuration(event.durationMs)}`] : [];
    case 'step-started':
      return text.verbose ? [`${context.counter} ${printable(event.id)} ...`] : [];
    case 'step-progress':
      return text.verbose ? [text.paint('dim', `${context.counter} ${oneLine(event.text)}`)] : [];
    case 'step-finished':
      return stepLines(event, context);
    case 'host-finished':
      return finishedLines(event.summary, context);
  }
}

function stepLines(step: FinishedStep, { ledger, counter, text }: EventContext): string[] {
  const { mark, style } = MARKS[stepMark(ledger, step)];
  const time = padStart(formatDuration(step.durationMs), DURATION_COLUMNS);
  const words = step.error === undefined ? describeChanges(step.changes).join(', ') : oneLine(step.error.message);
  const head = `${counter} ${time}  ${text.paint(style, mark)} ${printable(step.id)}`;
  const diffs = step.changes.flatMap(({ text: texts }) =>
    text.diff && texts !== undefined ? diffLines(texts, { paint: text.paint, whole: text.verbose }) : [],
  );
  return [words === '' ? head : `${head}  ${words}`, ...diffs.map((line) => `    ${line}`)];
}

function stepMark(ledger: Ledger, step: FinishedStep): keyof typeof MARKS {
  if (step.status === 'failed') return 'failed';
  if (isHandler(ledger, step)) return 'handler';
  return step.status === 'ok' ? 'ok' : actionOf(step.changes);
}

/** Of a plan that went well its line has told already. */
function finishedLines({ status, durationMs, error }: HostSummary, { ledger, text }: EventContext): string[] {
  if (ledger.mode === 'plan' && (status === 'ok' || status === 'changed')) return [];
  const why = error === undefined ? '' : `: ${oneLine(error.message)}`;
  return [`${text.paint(STATUS_STYLES[status], status)} after ${formatDuration(durationMs)}${why}`];
}
