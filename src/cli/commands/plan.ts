import { EXIT, type ExitCode } from '../../errors.ts';
import type { Options } from '../arguments/options.ts';
import { exitCodeOf, isDrift, withLoggedSession } from '../session.ts';

/** `provision plan`: what apply would do. It changes nothing, and takes no lock. */
export async function execute(options: Options): Promise<ExitCode> {
  return withLoggedSession('plan', options, async ({ run }) => {
    const summaries = await run('plan');
    const code = exitCodeOf(summaries);
    return code === EXIT.ok && options.detailedExitcode && isDrift(summaries) ? EXIT.drift : code;
  });
}
