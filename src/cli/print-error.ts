import { createPaint, wantsColour } from '../report/colour.ts';
import { errorLines } from '../report/error-text.ts';

/** Tells on standard error what went wrong. The arguments say how: they may be what could not be read. */
export function printError(error: unknown, argv: readonly string[]): void {
  const { stderr, env } = process;
  const colour = wantsColour({ env, isTTY: Boolean(stderr.isTTY), refused: argv.includes('--no-color') });
  const options = { paint: createPaint(colour), columns: stderr.columns ?? 80, debug: argv.includes('--debug') };
  stderr.write(`${errorLines(error, options).join('\n')}\n`);
}
