import * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { isKnown, reveal, Secret } from '../shell/secret.ts';
import { input, joinScripts, raw, type Script, sh } from '../shell/sh.ts';
import {
  type Container,
  describeContainer,
  imageArgument,
  INSPECT_FORMAT,
  readInspected,
  serviceLabel,
} from './compose-container.ts';
import { lastLogLines } from './container-logs.ts';
import { type Change, defineResource, type ScriptResult, type Target, type Unknown } from './contract.ts';
import { absolutePath, containerName, secretText, simpleName } from './fields.ts';
import { httpHealth, waitForHealth } from './http-check.ts';
import { imageReference } from './image-name.ts';
import { waitFor } from './wait.ts';

const schema = z.strictObject({
  project: simpleName(),
  /** The folder of the compose file, which is called compose.yml. */
  directory: absolutePath(),
  service: simpleName(),
  /** The `container_name` that the compose file gives the service. */
  container: containerName(),
  image: imageReference(),
  /** A digest of all that makes up the service: its container is replaced when it changes. */
  definition: secretText(),
  restart: z.enum(['unless-stopped', 'always', 'on-failure', 'no']).default('unless-stopped'),
  /**
   * How it answers when it is healthy. Waited for where a container took the place of another, so that of several replicas
   * one always answers. Looking at it at other times is for an `httpCheck`.
   */
  health: httpHealth().optional(),
});

export type ComposeServiceInput = z.input<typeof schema>;
type ComposeService = z.output<typeof schema>;

interface ActualService {
  readonly container: Container | undefined;
  /** The id that the name of the image stands for now; undefined where there is no such image. */
  readonly imageId: string | undefined;
  /** The container that the last apply made, and from which definition. */
  readonly made: { readonly id: string; readonly definition: string } | undefined;
}

/** How long a container may take until its own health check succeeds, and how long it may be down meanwhile. */
const HEALTHY_LIMIT_MS = 180_000;
const DOWN_LIMIT_MS = 30_000;
/** A container without a health check has come up when it has not died for so long. */
const STEADY_MS = 2000;

/** Where what was made is written down, below the project's folder. */
export const STATE_FOLDER = '.provision';

/** The shell function `compose`: the plugin of Docker, or the program that came before it (Debian 12). */
export const COMPOSE: Script = sh`
  compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
  }
`;

/**
 * One service of a compose file with its one container. It is converged when that container was made by us, from this
 * definition and the image that the name stands for now, and runs, and is healthy where it has a health check.
 *
 * A container cannot be changed but only replaced: so the id of the one that was made is written down beside the compose
 * file, together with the definition, and by that every replacement made by hand is seen.
 *
 * @example
 * composeService({ project: 'shop', directory: '/opt/shop', service: 'redis', container: 'shop-redis-1', image: 'redis:8', definition });
 */
export const composeService = defineResource<ComposeServiceInput, ComposeService, ActualService>({
  kind: 'compose-service',
  schema,
  name: ({ project, service }) => serviceLabel(project, service),
  timeoutMs: 5 * 60_000,

  probe: (all) => sh`
    number=0
    for record in ${all.map(recordPath)}; do
      if [ -r "$record" ]; then
        { read -r id && read -r definition; } <"$record" && printf 'made %s %s %s\n' "$number" "$id" "$definition"
      fi
      number=$((number + 1))
    done
    command -v docker >/dev/null || exit 0
    printf 'docker\n'
    docker inspect --format ${INSPECT_FORMAT} ${inspectedNames(all)} 2>&1
    :
  `,

  parse(output, all): (ActualService | Unknown)[] {
    const records = [...output.matchAll(/^made (\d+) (\S+) (\S+)$/gm)];
    const made = new Map(records.map(([, at, id = '', definition = '']) => [Number(at), { id, definition }]));
    if (!/^docker$/m.test(output)) return all.map(() => ({ container: undefined, imageId: undefined, made: undefined }));
    const found = readInspected(output, inspectedNames(all));
    if (found === undefined) return all.map(() => ({ unknown: 'the Docker Engine does not answer' }));
    return all.map(({ container, image }, i) => {
      const seen = found.get(container);
      return {
        container: seen !== undefined && 'status' in seen ? seen : undefined,
        imageId: found.get(imageArgument(image))?.id,
        made: made.get(i),
      };
    });
  },

  diff(desired, { container, imageId, made }): Change[] {
    if (container === undefined) return [{ action: 'create', what: '', to: 'running' }];
    return [
      ...replacements(desired, { container, imageId, made }),
      ...update('restart policy', container.restartPolicy, desired.restart),
      ...stateChanges(container),
    ];
  },

  async perform(desired, changes, actual, target) {
    const { service } = desired;
    check(await target.run(startScript(desired, changes, actual)), `the container of ${service} could not be started`);
    if (desired.health && actual.container) await waitForHealth(service, desired.health, target, desired.container);
    else await waitUntilUp(desired, target);
  },
});

function recordPath({ directory, service }: ComposeService): string {
  return `${directory}/${STATE_FOLDER}/${service}`;
}

function inspectedNames(all: readonly ComposeService[]): string[] {
  return [...new Set([...all.map(({ container }) => container), ...all.map(({ image }) => imageArgument(image))])];
}

/** Differences that only another container can mend. */
function replacements(
  { definition }: ComposeService,
  { container, imageId, made }: ActualService & { readonly container: Container },
): Change[] {
  if (made?.id !== container.id) {
    return [{ action: 'update', what: 'container', from: 'one that was made by other means', to: 'one from the compose file' }];
  }
  if (!isKnown(definition) || reveal(definition) !== made.definition) {
    return [{ action: 'update', what: 'definition', from: 'an older one', to: 'the one in the compose file' }];
  }
  return imageId === undefined ? [] : update('image', shortId(container.imageId), shortId(imageId));
}

function stateChanges(container: Container): Change[] {
  if (container.status !== 'running') return [{ action: 'run', what: 'state', from: describeContainer(container), to: 'running' }];
  if (container.health === undefined || container.health === 'healthy') return [];
  return [{ action: 'run', what: 'state', from: container.health, to: 'healthy' }];
}

function update(what: string, from: string, to: string): Change[] {
  return from === to ? [] : [{ action: 'update', what, from, to }];
}

function shortId(id: string): string {
  return id.replace('sha256:', '').slice(0, 12);
}

/** The script that starts the container, or replaces it where that is needed. */
export function startScript(desired: ComposeService, changes: readonly Change[], actual: ActualService): Script {
  const { project, directory, service, container } = desired;
  const isReplaced = changes.some(({ what }) => ['', 'container', 'definition', 'image'].includes(what));
  if (!isReplaced) return joinScripts(changes.flatMap(({ what }) => revive(what, desired, actual)), ' && ');
  const isForeign = actual.container !== undefined && actual.container.service !== serviceLabel(project, service);
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
function revive(what: string, { container, restart }: ComposeService, actual: ActualService): Script[] {
  if (what === 'restart policy') return [sh`docker update --restart ${restart} ${container} >/dev/null`];
  if (what !== 'state') return [];
  const { status, health } = actual.container ?? {};
  if (status === 'paused') return [sh`docker unpause ${container} >/dev/null`];
  if (status === 'running' && health === 'unhealthy') return [sh`docker restart ${container} >/dev/null`];
  if (status === 'running' || status === 'restarting') return [];
  return [sh`docker start ${container} >/dev/null`];
}

/**
 * Waits until it is healthy by its own check, or has run for a moment without dying.
 * @throws ProvisionError `not-healthy` with the end of its log
 */
async function waitUntilUp({ service, container }: ComposeService, target: Target): Promise<void> {
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

function check({ code, stdout, stderr }: ScriptResult, message: string): void {
  if (code === 0) return;
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  const isFull = lines.some((line) => /no space left on device/i.test(line));
  throw new ProvisionError(isFull ? 'disk-full' : 'apply-failed', isFull ? 'the disk of the host is full' : message, {
    detail: lines.slice(-15).join('\n'),
    hint: 'Mend the cause and run again: it goes on where it stopped.',
  });
}
