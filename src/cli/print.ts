/** How commands print that only look: lines on standard output. */
import { createPaint, wantsColour } from '../report/colour.ts';
import { JSON_VERSION } from '../report/json.ts';
import type { TableOptions } from '../report/table.ts';
import type { Options } from './options.ts';

/** As wide as the terminal; for files and other programs nothing is broken or cut. */
export function textOptions({ noColor }: Options): TableOptions {
  const { stdout, env } = process;
  const colour = wantsColour({ env, isTTY: Boolean(stdout.isTTY), refused: noColor });
  return { columns: stdout.columns ?? Infinity, paint: createPaint(colour) };
}

/** One line of `--json`. */
export function jsonLine(type: string, fields: object): string {
  return JSON.stringify({ version: JSON_VERSION, type, ...fields });
}

export function printLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
