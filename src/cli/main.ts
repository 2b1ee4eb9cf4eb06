/** The command line: parses, hands over to one command, and is the only place that sets the exit code. */
import { EXIT, type ExitCode, ProvisionError } from '../errors.ts';
import { parseCommandLine } from './arguments/arguments.ts';
import type { CommandName } from './arguments/commands.ts';
import type { Options } from './arguments/options.ts';
import { watchStrays } from './stray.ts';

interface Command {
  execute(options: Options): Promise<ExitCode>;
}

/** Each command is loaded when it is called: help need not wait for an SSH client. */
const COMMANDS: Record<CommandName, () => Promise<Command>> = {
  init: () => import('./commands/init.ts'),
  apply: () => loadAfterZod(() => import('./commands/apply.ts')),
  plan: () => loadAfterZod(() => import('./commands/plan.ts')),
  redeploy: () => loadAfterZod(() => import('./commands/redeploy.ts')),
  rollback: () => loadAfterZod(() => import('./commands/rollback.ts')),
  releases: () => loadAfterZod(() => import('./commands/releases.ts')),
  status: () => loadAfterZod(() => import('./commands/status.ts')),
  logs: () => loadAfterZod(() => import('./commands/logs.ts')),
  exec: () => loadAfterZod(() => import('./commands/exec.ts')),
  doctor: () => loadAfterZod(() => import('./commands/doctor.ts')),
  inventory: () => loadAfterZod(() => import('./commands/inventory.ts')),
  explain: () => loadAfterZod(() => import('./commands/explain.ts')),
  docs: () => import('./commands/docs.ts'),
  test: () => loadAfterZod(() => import('./commands/test.ts')),
  vault: () => import('./commands/vault.ts'),
  import: () => import('./commands/import.ts'),
  report: () => import('./commands/report.ts'),
  completion: () => import('./commands/completion.ts'),
  help: () => import('./commands/help.ts'),
  version: () => import('./commands/version.ts'),
};

/** Runs provision with these arguments. Never throws: a failure is told on standard error and in the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  watchStrays((error) => tell(error, argv));
  // Should a run wait for what nothing can bring any more, Node would end it without a word, and with success.
  const onIdle = () => void tell(new Error('it ended before it was done'), argv);
  process.exitCode = EXIT.failed;
  process.once('beforeExit', onIdle);
  process.exitCode = await run(argv);
  process.off('beforeExit', onIdle);
}

async function run(argv: readonly string[]): Promise<ExitCode> {
  try {
    const { command, options } = parseCommandLine(argv);
    const { execute } = await COMMANDS[command]();
    return await execute(options);
  } catch (error) {
    await tell(error, argv);
    return error instanceof ProvisionError ? error.exitCode : EXIT.failed;
  }
}

async function tell(error: unknown, argv: readonly string[]): Promise<void> {
  const { printError } = await import('./print-error.ts');
  printError(error, argv);
}

/** A run checks each value once: the code that zod would generate to check the next one faster never pays. */
async function loadAfterZod<T>(load: () => Promise<T>): Promise<T> {
  const { config } = await import('zod');
  config({ jitless: true });
  return load();
}
