import * as z from 'zod';
import { sh } from '../shell/sh.ts';
import { recordPath } from './compose-start.ts';
import { defineResource, type Unknown } from './contract.ts';
import { absolutePath, containerName, simpleName } from './fields.ts';

const schema = z.strictObject({
  name: simpleName(),
  /** The folder of the compose file. */
  directory: absolutePath(),
  /** All containers that the project shall have. */
  containers: z.array(containerName()),
});

export type ComposeProjectInput = z.input<typeof schema>;
type ComposeProject = z.output<typeof schema>;

interface ActualProject {
  readonly containers: readonly string[];
}

const FORMAT = '{{json (.Label "com.docker.compose.project")}} {{json .Names}}';

/**
 * A compose project without containers that no service stands for: those of a service that was taken out, or of a replica
 * too many, are stopped and removed, with what was written down about them. Their volumes stay; so does what somebody runs with `docker compose run`.
 *
 * @example composeProject({ name: 'shop', directory: '/opt/shop', containers: ['shop-app-1', 'shop-db-1'] })
 */
export const composeProject = defineResource<ComposeProjectInput, ComposeProject, ActualProject>({
  kind: 'compose-project',
  schema,
  name: ({ name }) => name,

  probe: () => sh`
    command -v docker >/dev/null || exit 0
    docker ps -a --filter label=com.docker.compose.oneoff=False --format ${FORMAT} 2>/dev/null || echo silent
  `,

  parse(output, all): (ActualProject | Unknown)[] {
    if (/^silent$/m.test(output)) return all.map(() => ({ unknown: 'the Docker Engine does not answer' }));
    const found = [...output.matchAll(/^"([^"]*)" "([^"]*)"$/gm)].map(([, project, container = '']) => ({
      project,
      container,
    }));
    return all.map(({ name }) => ({
      containers: found.filter(({ project }) => project === name).map(({ container }) => container),
    }));
  },

  diff: ({ containers }, actual) =>
    superfluous(containers, actual).map((container) => ({ action: 'delete', what: `container ${container}` })),

  apply({ name, directory, containers }, _, actual) {
    const names = superfluous(containers, actual);
    const services = names.flatMap((container) =>
      container.startsWith(`${name}-`) ? [container.slice(name.length + 1)] : [],
    );
    const records = services.map((service) => recordPath(directory, service));
    return sh`docker stop ${names} >/dev/null && docker rm ${names} >/dev/null && rm -f ${records}`;
  },
});

function superfluous(wanted: readonly string[], { containers }: ActualProject): readonly string[] {
  return containers.filter((container) => !wanted.includes(container)).sort();
}
