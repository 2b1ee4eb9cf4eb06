import { EXIT, type ExitCode } from '../errors.ts';
import type { Options } from './options.ts';
import { exitCodeOf, isDrift, withSession } from './session.ts';

/** `provision apply`: makes hosts what the inventory says. On a terminal it shows the plan first, and asks. */
export async function execute(options: Options): Promise<ExitCode> {
  return withSession(options, async ({ run, ask }) => {
    if (process.stdin.isTTY && process.stderr.isTTY && !options.yes && !options.json) {
      const planned = await run('plan');
      if (!isDrift(planned)) return exitCodeOf(planned);
      if (!(await ask(agree))) return EXIT.interrupted;
    }
    return exitCodeOf(await run('apply'));
  });
}

/** @returns false also where the user breaks the question off */
async function agree(): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  try {
    return await confirm({ message: 'Apply this plan?', default: false }, { output: process.stderr });
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') return false;
    throw error;
  }
}
