import { EXIT, type ExitCode } from '../../errors.ts';
import { reportPage } from '../../report/html/page.ts';
import { checkReportFile, writeReport } from '../../report/html/write.ts';
import { recordJson } from '../../report/json.ts';
import { runLines } from '../../report/runs-text.ts';
import { findRun, listRuns, readRun } from '../../runs/read.ts';
import type { Options } from '../arguments/options.ts';
import { printLines, textOptions } from '../print.ts';
import { ownRunsFolder, shortened } from '../run-log.ts';

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
  printLines([json ? recordJson('report', { run: name, file: output }) : `${output} shows the run ${name}`]);
  return EXIT.ok;
}

function list(options: Options): ExitCode {
  const folder = ownRunsFolder();
  const runs = listRuns(folder);
  const lines = options.json
    ? runs.map(({ name, run }) => recordJson('run', { ...run, run: name }))
    : runLines(runs, { ...textOptions(options), folder: shortened(folder) });
  printLines(lines);
  return EXIT.ok;
}
