/** The live rows on a terminal, drawn by listr2: one row a host, so that it never grows taller than the terminal. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Paint } from './colour.ts';
import type { Output } from './reporter.ts';

const TICK_MS = 200;

export interface DisplayRow {
  readonly key: string;
  readonly text: string;
  /** Undefined while it goes on. */
  readonly outcome: 'completed' | 'failed' | undefined;
}

export interface DisplayOptions {
  /** The rows as they are now; the same keys in the same order at every call. */
  readonly rows: () => readonly DisplayRow[];
  readonly output: Output;
  readonly paint: Paint;
  /** Milliseconds to wait before anything is shown. */
  readonly graceMs: number;
}

/** Starts to show the rows. @returns what takes them away again, and settles when the terminal is as it was */
export function startDisplay(options: DisplayOptions): () => Promise<void> {
  const stopping = new AbortController();
  // The run is worth more than its display: where drawing fails, it goes on without.
  const shown = show(options, stopping.signal).catch(() => undefined);
  return () => {
    stopping.abort();
    return shown;
  };
}

async function show({ rows, output, paint, graceMs }: DisplayOptions, stop: AbortSignal): Promise<void> {
  await sleep(graceMs, undefined, { signal: stop, ref: false }).catch(() => undefined);
  if (stop.aborted) return;
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  if (stop.aborted) return;

  // listr2 uses write() and columns alone; it must draw on our stream, whichever of the two is the terminal.
  const stream = output as NodeJS.WriteStream;
  const logger = new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(stream, stream) });
  const color = {
    PENDING: (text = '') => paint('cyan', text),
    COMPLETED: (text = '') => paint('green', text),
    FAILED: (text = '') => paint('red', text),
  };
  const look = { logger, color, clearOutput: true, showErrorMessage: false, formatOutput: 'truncate' as const };
  const tasks = new Map<string, LiveTask>(rows().map(({ key }) => [key, Promise.withResolvers<void>()]));
  const list = new Listr<unknown, 'default', 'default'>(
    rows().map(({ key, text }) => ({
      title: text,
      task: (_context, wrapper) => {
        const task = tasks.get(key) as LiveTask;
        task.wrapper = wrapper;
        return task.promise;
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: 'default',
      rendererOptions: look,
      // listr2 asks whether standard output is a terminal, but we draw on standard error: here it must not matter.
      fallbackRenderer: 'default',
      fallbackRendererOptions: look,
    },
  );

  const tick = setInterval(() => refresh(rows(), tasks), TICK_MS);
  stop.addEventListener('abort', () => {
    for (const { resolve } of tasks.values()) resolve();
  });
  await list.run().finally(() => clearInterval(tick));
}

interface LiveTask extends PromiseWithResolvers<void> {
  /** Set when listr2 has started the task. */
  wrapper?: { title: string | undefined };
}

function refresh(rows: readonly DisplayRow[], tasks: ReadonlyMap<string, LiveTask>): void {
  for (const { key, text, outcome } of rows) {
    const task = tasks.get(key);
    if (task?.wrapper === undefined) continue;
    if (task.wrapper.title !== text) task.wrapper.title = text;
    if (outcome === 'completed') task.resolve();
    if (outcome === 'failed') task.reject(new Error('failed'));
  }
}
