import { createJsonReporter } from './json.ts';
import { createPlainReporter } from './plain.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { createTerminalReporter } from './terminal.ts';

const MODES: Readonly<Record<ReporterOptions['mode'], (options: ReporterOptions) => Reporter>> = {
  terminal: createTerminalReporter,
  plain: createPlainReporter,
  json: createJsonReporter,
};

/** The report of that mode. One reporter may serve several runs, one after another. */
export function createReporter(options: ReporterOptions): Reporter {
  return MODES[options.mode](options);
}
