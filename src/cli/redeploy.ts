import type { ExitCode } from '../errors.ts';
import { deployAndTell } from './deploy.ts';
import type { Options } from './options.ts';

/** `provision redeploy`: brings out what the inventory and the source describe now, replica by replica. */
export function execute(options: Options): Promise<ExitCode> {
  return deployAndTell(options, { action: 'redeploy', version: options.release });
}
