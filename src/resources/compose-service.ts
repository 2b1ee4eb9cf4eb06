import * as z from 'zod';
import { isKnown, reveal } from '../shell/secret.ts';
import { sh } from '../shell/sh.ts';
import {
  type Container,
  describeContainer,
  INSPECT_FORMAT,
  imageArgument,
  readInspected,
  serviceLabel,
} from './compose-container.ts';
import { checkResult, recordPath, startScript, waitUntilUp } from './compose-start.ts';
import { type Change, defineResource, type Unknown } from './contract.ts';
import { absolutePath, containerName, secretText, simpleName } from './fields.ts';
import { httpHealth, waitForHealth } from './http-check.ts';
import { imageReference } from './image-name.ts';

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

/**
 * One service of a compose file with its one container. It is converged when that container was made by us, from this
 * definition and the image that the name stands for now, is attached to the project's network, and runs, and is healthy
 * where it has a health check.
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
    for record in ${all.map(({ directory, service }) => recordPath(directory, service))}; do
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
    if (!/^docker$/m.test(output))
      return all.map(() => ({ container: undefined, imageId: undefined, made: undefined }));
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
    checkResult(
      await target.run(startScript(desired, changes, actual.container)),
      `the container of ${service} could not be started`,
    );
    if (desired.health && actual.container) await waitForHealth(service, desired.health, target, desired.container);
    else await waitUntilUp(desired, target);
  },
});

function inspectedNames(all: readonly ComposeService[]): string[] {
  return [...new Set([...all.map(({ container }) => container), ...all.map(({ image }) => imageArgument(image))])];
}

/** Differences that only another container can mend. */
function replacements(
  { project, definition }: ComposeService,
  { container, imageId, made }: ActualService & { readonly container: Container },
): Change[] {
  if (made?.id !== container.id) {
    return [
      {
        action: 'update',
        what: 'container',
        from: 'one that was made by other means',
        to: 'one from the compose file',
      },
    ];
  }
  if (!isKnown(definition) || reveal(definition) !== made.definition) {
    return [{ action: 'update', what: 'definition', from: 'an older one', to: 'the one in the compose file' }];
  }
  if (imageId !== undefined && imageId !== container.imageId) {
    return update('image', shortId(container.imageId), shortId(imageId));
  }
  const network = `${project}_default`;
  return container.networks.includes(network)
    ? []
    : update('network', container.networks.join(', ') || 'none', network);
}

function stateChanges(container: Container): Change[] {
  if (container.status !== 'running')
    return [{ action: 'run', what: 'state', from: describeContainer(container), to: 'running' }];
  if (container.health === undefined || container.health === 'healthy') return [];
  return [{ action: 'run', what: 'state', from: container.health, to: 'healthy' }];
}

function update(what: string, from: string, to: string): Change[] {
  return from === to ? [] : [{ action: 'update', what, from, to }];
}

function shortId(id: string): string {
  return id.replace('sha256:', '').slice(0, 12);
}
