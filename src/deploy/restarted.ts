/** Hosts that were started again while they were worked on: what ends with that is no fault of the version. */
import { ProvisionError } from '../errors.ts';
import { sh } from '../shell/sh.ts';
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

/** How long a host that goes down is waited for, seconds, as long as its connection holds: and then Docker on it. */
const RETURN_LIMIT_S = 60;

/**
 * The same for hosts that go down just now: containers end before the connection does, which may break at this very look. Waits
 * until they are there again, with Docker, as far as the connection can be had again.
 */
export async function blameShutdown(error: ProvisionError, hosts: readonly DeployHost[]): Promise<ProvisionError> {
  if (OWN_REASONS.includes(error.code)) return error;
  const down = await Promise.all(hosts.map(isGoingDown));
  const [first, ...others] = hosts.filter((_, i) => down[i]);
  if (first === undefined) return error;
  await Promise.all([first, ...others].map(awaitReturn));
  return new HostRestarted(first.name, error);
}

async function isGoingDown({ connection }: DeployHost): Promise<boolean> {
  const { startOfHost } = connection;
  const state = sh`command -v systemctl >/dev/null && systemctl is-system-running`;
  const { stdout } = await connection.run(state).catch(() => ({ stdout: '' }));
  return stdout.trim() === 'stopping' || connection.startOfHost !== startOfHost;
}

/** The connection breaks in the middle of it, and it is run again on the next one. */
async function awaitReturn({ connection }: DeployHost): Promise<void> {
  const wait = sh`
    i=0
    while [ $i -lt ${RETURN_LIMIT_S} ]; do
      if [ "$(systemctl is-system-running)" != stopping ]; then
        command -v docker >/dev/null || exit
        docker info >/dev/null 2>&1 && exit
      fi
      i=$((i + 1))
      sleep 1
    done
  `;
  await connection.run(wait).catch(() => undefined);
}
