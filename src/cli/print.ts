/** How commands print that only look: lines on standard output. */
import { createPaint, wantsColour } from '../report/colour.ts';
import { JSON_VERSION } from '../report/json.ts';
import type { TextOptions } from '../report/reporter.ts';
import type { Options } from './arguments/options.ts';

/** Where a width is needed, and there is no terminal to ask. */
const COLUMNS = 80;

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** As wide as the terminal; for files and other programs nothing is broken or cut. */
export function textOptions(options: Options): TextOptions {
  const { stdout } = process;
  const { verbose, diff, debug } = options;
  const columns = stdout.isTTY ? columnsOf(stdout) : Infinity;
  return { columns, paint: createPaint(colourOf(stdout, options)), verbose, diff, debug };
}

/** The width of the terminal. One that does not know it has 0: many of those that jobs of CI and script(1) make. */
export function columnsOf(...streams: readonly Stream[]): number {
  return streams.find(({ columns = 0 }) => columns > 0)?.columns ?? COLUMNS;
}

/** Whether a stream is to have colour. */
export function colourOf({ isTTY }: Stream, { noColor }: Pick<Options, 'noColor'>): boolean {
  return wantsColour({ env: process.env, isTTY: Boolean(isTTY), refused: noColor });
}

/** One line of `--json` that holds what an inventory says: as it is, whatever its names look like. */
export function jsonLine(type: string, fields: object): string {
  return JSON.stringify({ version: JSON_VERSION, type, ...fields });
}

export function printLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
