import { createPaint, wantsColour } from '../report/colour.ts';
import { errorLines } from '../report/error-text.ts';
import { errorJson } from '../report/json.ts';
import { redactThrown } from '../shell/redact.ts';

/**
 * Tells what went wrong: for people on standard error, with `--json` for programs on standard output as well.
 * The arguments are looked at as they are: they may be what could not be read.
 */
export function printError(thrown: unknown, all: readonly string[]): void {
  const error = redactThrown(thrown);
  // What stands after -- is a command for the hosts.
  const argv = all.includes('--') ? all.slice(0, all.indexOf('--')) : all;
  const { stdout, stderr, env } = process;
  const debug = argv.includes('--debug');
  if (argv.includes('--json')) stdout.write(`${errorJson(error, debug)}\n`);
  const colour = wantsColour({ env, isTTY: Boolean(stderr.isTTY), refused: argv.includes('--no-color') });
  stderr.write(
    `${errorLines(error, { paint: createPaint(colour), columns: stderr.columns ?? 80, debug }).join('\n')}\n`,
  );
}
