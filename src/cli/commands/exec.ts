import type { Emit } from '../../engine/events.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import type { HostResult } from '../../operate/each-host.ts';
import { type CommandResult, runOnHosts } from '../../operate/exec.ts';
import { execLines } from '../../report/exec-text.ts';
import { recordJson } from '../../report/json.ts';
import { personHere } from '../../resources/person.ts';
import type { Options } from '../arguments/options.ts';
import { waitFor, withHosts } from '../hosts.ts';
import { printLines, textOptions } from '../print.ts';
import { withRunLog } from '../run-log.ts';

/** `provision exec -- COMMAND...`: one command as root on all hosts. It takes no lock, and leaves a log as all that works as root. */
export async function execute(options: Options): Promise<ExitCode> {
  return withRunLog('exec', options, (emit) => runAndTell(options, emit));
}

function runAndTell(options: Options, emit: Emit): Promise<ExitCode> {
  return withHosts(options, async ({ tasks, stop }) => {
    const { arguments: words, forks, timeoutMs, json, debug } = options;
    const waiting = waitFor(
      'running the command',
      tasks.map(({ name }) => name),
      options,
    );
    const onDone = (result: HostResult<CommandResult>) => {
      waiting.done(result.host);
      // Programs get each host's answer as it comes.
      if (json) printLines([execJson(result, debug)]);
    };
    const results = await runOnHosts(tasks, words, { forks, timeoutMs, stop, onDone, by: personHere(), emit });
    await waiting.end();
    if (!json) printLines(execLines(results, textOptions(options)));
    return exitCodeOf(results);
  });
}

function execJson({ host, value, error, durationMs }: HostResult<CommandResult>, debug: boolean): string {
  return recordJson('exec', { host, ...value, error, durationMs }, debug);
}

/** A command that failed weighs more than a host that could not be reached. */
export function exitCodeOf(results: readonly HostResult<CommandResult>[]): ExitCode {
  const failures = results.flatMap(({ error }) => error ?? []);
  const hasFailed = results.some(({ value }) => value !== undefined && value.code !== 0);
  if (hasFailed || failures.some(({ exitCode }) => exitCode !== EXIT.unreachable)) return EXIT.failed;
  return failures.length > 0 ? EXIT.unreachable : EXIT.ok;
}
