/** How the container of a compose service is started, and when it counts as up. */
import { ProvisionError } from '../errors.ts';
import { Secret, type Text } from '../shell/secret.ts';
import { input, joinScripts, raw, type Script, sh } from '../shell/sh.ts';
import { type Container, describeContainer, INSPECT_FORMAT, readInspected, serviceLabel } from './compose-container.ts';
import { lastLogLines } from './container-logs.ts';
import type { Change, ScriptResult, Target } from './contract.ts';
import { waitFor } from './wait.ts';

/** One service of a compose file, as far as starting it needs it. */
interface Startable {
  readonly project: string;
  readonly directory: string;
  readonly service: string;
  readonly container: string;
  readonly definition: Text;
  readonly restart: string;
}

/** How long a container may take until its own health check succeeds, and how long it may be down meanwhile. */
const HEALTHY_LIMIT_MS = 180_000;
const DOWN_LIMIT_MS = 30_000;
/** A container without a health check has come up when it has not died for so long. */
const STEADY_MS = 2000;

/** Where what was made is written down, below the project's folder. */
export const STATE_FOLDER = '.provision';

/** Where the container of a service is written down that was made last, and from which definition. */
export function recordPath(directory: string, service: string): string {
  return `${directory}/${STATE_FOLDER}/${service}`;
}

/** The shell function `compose`: the plugin of Docker, or the program that came before it (Debian 12). */
export const COMPOSE: Script = sh`
  compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
  }
`;

/** The script that starts the container, or replaces it where that is needed. */
export function startScript(desired: Startable, changes: readonly Change[], actual: Container | undefined): Script {
  const { project, directory, service, container } = desired;
  const isReplaced = changes.some(({ what }) => ['', 'container', 'definition', 'image', 'network'].includes(what));
  if (!isReplaced)
    return joinScripts(
      changes.flatMap(({ what }) => revive(what, desired, actual)),
      ' && ',
    );
  // Compose replaces its own containers alone: one that only bears the name, or even the labels, is in its way.
  const isForeign =
    actual !== undefined &&
    (actual.service !== serviceLabel(project, service) || changes.some(({ what }) => what === 'container'));
  return sh`
    ${COMPOSE}
    cd ${directory} || exit
    ${isForeign ? sh`docker stop ${container} >/dev/null && docker rm ${container} >/dev/null || exit` : raw(':')}
    compose -p ${project} -f compose.yml up -d --no-deps --no-build --force-recreate ${service} || exit
    umask 077
    mkdir -p ${STATE_FOLDER} && cd ${STATE_FOLDER} || exit
    { docker inspect --format '{{.Id}}' ${container} && cat ${input(Secret.join(desired.definition, '\n'))}; } >${`.${service}`} &&
      mv ${`.${service}`} ${service}
  `;
}

/** What makes a container that is the right one run again. */
function revive(what: string, { container, restart }: Startable, actual: Container | undefined): Script[] {
  if (what === 'restart policy') return [sh`docker update --restart ${restart} ${container} >/dev/null`];
  if (what !== 'state') return [];
  const { status, health } = actual ?? {};
  if (status === 'paused') return [sh`docker unpause ${container} >/dev/null`];
  if (status === 'running' && health === 'unhealthy') return [sh`docker restart ${container} >/dev/null`];
  if (status === 'running' || status === 'restarting') return [];
  return [sh`docker start ${container} >/dev/null`];
}

/**
 * Waits until it is healthy by its own check, or has run for a moment without dying.
 * @throws ProvisionError `not-healthy` with the end of its log
 */
export async function waitUntilUp({ service, container }: Startable, target: Target): Promise<void> {
  let up: { readonly startedAt: string; readonly since: number } | undefined;
  let downSince: number | undefined;

  async function look() {
    const { stdout } = await target.run(sh`docker inspect --format ${INSPECT_FORMAT} ${container} 2>&1`);
    const found = readInspected(stdout, [container])?.get(container);
    if (found === undefined || !('status' in found)) return { done: false, state: 'gone', hopeless: true };
    const { status, startedAt, health } = found;
    const now = performance.now();
    const isRunning = status === 'running';
    // One that dies and is restarted between two looks has not been up all the time.
    if (up?.startedAt !== startedAt) up = { startedAt, since: now };
    const isSteady = isRunning && now - up.since >= STEADY_MS;
    const isUp = isSteady || (isRunning && health !== undefined);
    downSince = isUp ? undefined : (downSince ?? now);
    return {
      done: health === undefined ? isSteady : isRunning && health === 'healthy',
      state: describeContainer(found),
      hopeless: downSince !== undefined && now - downSince >= DOWN_LIMIT_MS,
    };
  }

  const { done, state } = await waitFor(service, target, look, { limitMs: HEALTHY_LIMIT_MS });
  if (done) return;
  throw new ProvisionError('not-healthy', `${service} does not stay up: ${state}`, {
    detail: await lastLogLines(container, target),
    hint: `The end of its log tells why; \`docker logs ${container}\` on the host shows all of it.`,
  });
}

/** @throws ProvisionError `disk-full`, `apply-failed` with the end of what the script printed */
export function checkResult({ code, stdout, stderr }: ScriptResult, message: string): void {
  if (code === 0) return;
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  const isFull = lines.some((line) => /no space left on device/i.test(line));
  throw new ProvisionError(isFull ? 'disk-full' : 'apply-failed', isFull ? 'the disk of the host is full' : message, {
    detail: lines.slice(-15).join('\n'),
    hint: 'Mend the cause and run again: it goes on where it stopped.',
  });
}
