import type { ExitCode } from '../../errors.ts';
import type { Options } from '../arguments/options.ts';
import { deployAndTell } from '../deploy.ts';

/** `provision rollback`: goes back to an earlier release, with the same care, and nothing built or pulled. */
export function execute(options: Options): Promise<ExitCode> {
  return deployAndTell(options, { action: 'rollback', to: options.to });
}
