import type { ExitCode } from '../../errors.ts';
import type { Options } from '../arguments/options.ts';
import { deployAndTell } from '../deploy.ts';

/** `provision redeploy`: brings out what the inventory and the source describe now, replica by replica. */
export function execute(options: Options): Promise<ExitCode> {
  return deployAndTell(options, { action: 'redeploy', version: options.release });
}
