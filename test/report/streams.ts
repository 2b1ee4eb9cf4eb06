/** Streams that keep what is written to them, and reporters that write to those. */
import { createReporter } from '../../src/report/create-reporter.ts';
import type { Output, Reporter, ReporterOptions, TextOptions } from '../../src/report/reporter.ts';

export interface Sink extends Output {
  readonly isTTY: boolean;
  readonly rows: number;
  text(): string;
}

export function createSink({ isTTY = false, columns = 80 } = {}): Sink {
  let written = '';
  return {
    isTTY,
    columns,
    rows: 24,
    write: (text) => {
      written += text;
      return true;
    },
    text: () => written,
  };
}

/** A reporter without colour at 80 columns, and what it has written. */
export function testReporter(options: Partial<ReporterOptions> & Pick<ReporterOptions, 'mode'>) {
  const live = options.mode === 'terminal';
  const [stdout, stderr] = [createSink({ isTTY: live }), createSink({ isTTY: live })];
  const colour = { stdout: false, stderr: false };
  const defaults = { stdout, stderr, colour, columns: 80, rows: 24, verbose: false, diff: false, debug: false };
  const reporter: Reporter = createReporter({ ...defaults, ...options });
  return { reporter, stdout, stderr };
}

export const PLAIN_TEXT: TextOptions = {
  paint: (_style, text) => text,
  columns: 80,
  verbose: false,
  diff: false,
  debug: false,
};

/** A template literal's lines, without the first empty one and the indentation. */
export function lines(literal: string): string[] {
  const all = literal.split('\n').slice(1, -1);
  const indent = Math.min(...all.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return all.map((line) => line.slice(indent));
}
