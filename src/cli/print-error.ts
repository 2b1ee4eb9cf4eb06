import { createPaint } from '../report/colour.ts';
import { errorLines } from '../report/error-text.ts';
import { errorJson } from '../report/json.ts';
import { redactThrown } from '../shell/redact.ts';
import { colourOf, columnsOf } from './print.ts';

/**
 * Tells what went wrong: for people on standard error, with `--json` for programs on standard output as well.
 * The arguments are looked at as they are: they may be what could not be read.
 */
export function printError(thrown: unknown, all: readonly string[]): void {
  const error = redactThrown(thrown);
  // What stands after -- is a command for the hosts.
  const argv = all.includes('--') ? all.slice(0, all.indexOf('--')) : all;
  const { stdout, stderr } = process;
  const debug = argv.includes('--debug');
  if (argv.includes('--json')) stdout.write(`${errorJson(error, debug)}\n`);
  const paint = createPaint(colourOf(stderr, { noColor: argv.includes('--no-color') }));
  stderr.write(`${errorLines(error, { paint, columns: columnsOf(stderr), debug }).join('\n')}\n`);
}
