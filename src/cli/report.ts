import { EXIT, type ExitCode } from '../errors.ts';
import { createPaint, wantsColour } from '../report/colour.ts';
import { reportPage } from '../report/html/page.ts';
import { checkReportFile, writeReport } from '../report/html/write.ts';
import { JSON_VERSION } from '../report/json.ts';
import { runLines } from '../report/runs-text.ts';
import { findRun, listRuns, readRun } from '../runs/read.ts';
import type { Options } from './options.ts';
import { ownRunsFolder, shortened } from './run-log.ts';

const DEFAULT_FILE = 'provision-report.html';
/** Stands for standard output. */
const STANDARD = '-';

/** `provision report [RUN]`: a page of a run whose log is kept, of the last one if none is named. */
export async function execute(options: Options): Promise<ExitCode> {
  if (options.list) return list(options);
  const { output = DEFAULT_FILE, json } = options;
  if (output !== STANDARD) checkReportFile(output);
  const { name, run, events } = readRun(findRun(ownRunsFolder(), options.arguments[0]));
  if (output === STANDARD) {
    process.stdout.write(reportPage(run, events));
    return EXIT.ok;
  }
  writeReport(output, run, events);
  const told = { version: JSON_VERSION, type: 'report', run: name, file: output };
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : `${output} shows the run ${name}\n`);
  return EXIT.ok;
}

function list({ json, noColor }: Options): ExitCode {
  const { stdout, env } = process;
  const runs = listRuns(ownRunsFolder());
  const lines = json
    ? runs.map(({ name, run }) => JSON.stringify({ ...run, version: JSON_VERSION, type: 'run', run: name }))
    : runLines(runs, {
        folder: shortened(ownRunsFolder()),
        columns: stdout.columns ?? 80,
        paint: createPaint(wantsColour({ env, isTTY: Boolean(stdout.isTTY), refused: noColor })),
      });
  for (const line of lines) stdout.write(`${line}\n`);
  return EXIT.ok;
}
