/** The log of a run on this machine, and the page that is made of it. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Emit, RunMode } from '../engine/events.ts';
import { EXIT, type ExitCode, ProvisionError } from '../errors.ts';
import { createPaint } from '../report/colour.ts';
import { personHere } from '../resources/person.ts';
import { runsFolder } from '../runs/folder.ts';
import { type Recording, startRecorder } from '../runs/recorder.ts';
import { MASK } from '../shell/redact.ts';
import type { Options } from './arguments/options.ts';
import { colourOf } from './print.ts';

interface RunLog {
  readonly handle: Emit;
  /** Writes what is left, and tells of it where that helps. Called again it does nothing. @throws ProvisionError `report-unwritable` */
  end(exitCode: ExitCode): Promise<void>;
}

/** The exit codes after which somebody will want to look at the log. */
const FAILURES: readonly ExitCode[] = [EXIT.failed, EXIT.unreachable];

/** Where the logs of runs lie for this user. */
export function ownRunsFolder(): string {
  return runsFolder(process.env, homedir());
}

/** What `--extra-vars` sets may be a secret, and the log is kept: only the names of its files stand there. */
function withoutValues(word: string, i: number, words: readonly string[]): string {
  const isValue = /^(?:-[a-z]*e|--extra-vars)$/.test(words[i - 1] ?? '');
  const [, option = '', value = word] = /^(-[a-z]*?e|--extra-vars=)(.+)$/s.exec(word) ?? [];
  return (isValue || option !== '') && !value.startsWith('@') ? `${option}${MASK}` : word;
}

/** @throws ProvisionError `usage` where the page that `--report` asks for could not be written */
async function openRunLog(command: RunMode, options: Options): Promise<RunLog> {
  if (options.report !== undefined) (await import('../report/html/write.ts')).checkReportFile(options.report);
  const recorder = startRecorder({
    runs: ownRunsFolder(),
    command,
    commandLine: options.sameAgain ?? ['provision', ...process.argv.slice(2).map(withoutValues)],
    inventory: options.inventory.map((source) => (source.includes(',') ? source : resolve(source))).join(', '),
    by: personHere(),
    debug: options.debug,
  });
  // Where we crash, nobody calls `end`.
  const onExit = (exitCode: number) => void recorder.finish(exitCode);
  process.once('exit', onExit);
  let ended = false;
  return {
    handle: recorder.handle,
    async end(exitCode) {
      if (ended) return;
      ended = true;
      process.off('exit', onExit);
      const recording = recorder.finish(exitCode);
      if (recording === undefined) return;
      tell(recording, exitCode, options);
      if (options.report !== undefined) await writePage(recording, options.report, options);
    },
  };
}

/** Keeps the log of what `work` tells of, however it ends. @throws ProvisionError `report-unwritable`, and what `work` throws */
export async function withRunLog(
  command: RunMode,
  options: Options,
  work: (emit: Emit) => Promise<ExitCode>,
): Promise<ExitCode> {
  const log = await openRunLog(command, options);
  try {
    const exitCode = await work(log.handle);
    await log.end(exitCode);
    return exitCode;
  } catch (error) {
    // Ends it where it is not ended yet; what went wrong first is what is told.
    await log.end(error instanceof ProvisionError ? error.exitCode : EXIT.failed).catch(() => undefined);
    throw error;
  }
}

function tell({ folder, problem }: Recording, exitCode: ExitCode, options: Options): void {
  const { verbose, json } = options;
  if (problem && verbose) say(`No log of this run: ${problem.message}`, options);
  if (folder !== undefined && (verbose || (FAILURES.includes(exitCode) && !json))) {
    say(`Log of this run: ${shortened(folder)}`, options);
  }
}

/** Loaded when needed: a run without a report does without. */
async function writePage({ run, lines }: Recording, file: string, options: Options): Promise<void> {
  const [{ writeReport }, { parseEvents }] = await Promise.all([
    import('../report/html/write.ts'),
    import('../runs/read.ts'),
  ]);
  writeReport(file, run, parseEvents(lines));
  say(`Report of this run: ${file}`, options);
}

function say(text: string, options: Options): void {
  const { stderr } = process;
  const paint = createPaint(colourOf(stderr, options));
  stderr.write(`${paint('dim', text)}\n`);
}

/** As a shell reads it: `~/.local/state/provision/runs/...`. */
export function shortened(path: string): string {
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
