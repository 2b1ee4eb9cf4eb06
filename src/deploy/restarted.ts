/** Hosts that were started again while they were worked on: what ends with that is no fault of the version. */
import { ProvisionError } from '../errors.ts';
import type { DeployHost } from './deploy-host.ts';

/** What failed because its host was started again. */
export class HostRestarted extends ProvisionError {
  /** @param error what failed then, without the end of a log, which tells of nothing but the restart */
  constructor(restarted: string, { code, message, host = restarted, task, cause }: ProvisionError) {
    super(code, `${restarted} was restarted meanwhile: ${message}`, {
      host,
      task,
      cause,
      hint: 'The version is not to blame: run the same command again.',
    });
  }
}

/** Of errors that tell by themselves what ended the work. */
const OWN_REASONS: readonly string[] = ['connection-lost', 'interrupted', 'host-locked'];

/**
 * An error of work on a host, told as what it is where the host was started again since the work began.
 * @param startBefore `startOfHost` of its connection at that time
 */
export function blameRestart(
  error: ProvisionError,
  { name, connection }: Pick<DeployHost, 'name' | 'connection'>,
  startBefore: string | undefined,
): ProvisionError {
  if (error instanceof HostRestarted || OWN_REASONS.includes(error.code)) return error;
  const { startOfHost } = connection;
  if (startOfHost === undefined || startBefore === undefined || startOfHost === startBefore) return error;
  return new HostRestarted(name, error);
}
