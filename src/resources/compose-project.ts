import * as z from 'zod';
import { input, sh } from '../shell/sh.ts';
import { isReplicaOf, replicaContainer } from './compose-container.ts';
import { ASSEMBLE, removeFragments, STATE_FOLDER } from './compose-files.ts';
import { type Change, defineResource, type Unknown } from './contract.ts';
import { absolutePath, containerName, simpleName } from './fields.ts';

const schema = z.strictObject({
  name: simpleName(),
  /** The folder of the compose file. */
  directory: absolutePath(),
  /** The services of the project that may have any number of replicas, each called `NAME-SERVICE-NUMBER` and with a part of its own. */
  services: z.array(simpleName()).default([]),
  /** Containers that belong to it, with a part or without. */
  containers: z.array(containerName()).default([]),
  /** The named volumes of the project. */
  volumes: z.array(simpleName()).default([]),
});

export type ComposeProjectInput = z.input<typeof schema>;
type ComposeProject = z.output<typeof schema>;

interface ActualProject {
  /** Undefined where there is none; `changed`: it is not what its parts come to. */
  readonly file: 'whole' | 'changed' | undefined;
  /** Mode and owner of the file: `600 0`. */
  readonly access: string;
  readonly volumes: readonly string[];
  /** The services of the release that somebody went back to: they stay. */
  readonly held: readonly string[];
  /** The services that compose.yml has parts for. */
  readonly parts: readonly string[];
  /** Files beside compose.yml that `docker compose` reads as well, or instead. */
  readonly others: readonly string[];
  readonly containers: readonly ActualContainer[];
}

interface ActualContainer {
  readonly name: string;
  /** What it is called in the compose file; empty where it was made without compose. */
  readonly service: string;
}

const FORMAT =
  '{{json (.Label "com.docker.compose.project")}} {{json .Names}} {{json (.Label "com.docker.compose.service")}} {{json (.Label "com.docker.compose.oneoff")}}';
const PRIVATE = '600 0';
const COMPOSE_READS = [
  'compose.yaml',
  ...['compose', 'docker-compose'].flatMap((name) => [`${name}.override.yml`, `${name}.override.yaml`]),
  '.env',
];

/**
 * A compose project: its compose.yml, as its services have written their parts of it, and no containers that no service stands
 * for. Those of a service that was taken out are stopped and removed. Their volumes stay; so does what somebody runs with
 * `docker compose run`.
 *
 * @example composeProject({ name: 'shop', directory: '/opt/shop', services: ['app'], containers: ['shop-db-1'] })
 */
export const composeProject = defineResource<ComposeProjectInput, ComposeProject, ActualProject>({
  kind: 'compose-project',
  schema,
  name: ({ name }) => name,

  probe: (all) => sh`
    ${ASSEMBLE}
    for directory in ${all.map(({ directory }) => directory)}; do
      (
        printf 'directory %s\n' "$directory"
        cd "$directory" 2>/dev/null || exit 0
        sed -n 's/^  \([^:]*\): {}$/volume \1/p' ${STATE_FOLDER}/volumes.yml 2>/dev/null
        for part in ${STATE_FOLDER}/services/*.yml; do [ -f "$part" ] && printf 'part %s\n' "\${part##*/}"; done
        [ -e ${STATE_FOLDER}/held.json ] && sed 's/^/held /' ${STATE_FOLDER}/releases/current/replicas
        for other in ${COMPOSE_READS}; do [ -e "$other" ] && printf 'other %s\n' "$other"; done
        [ -f compose.yml ] || exit 0
        assembled | cmp -s - compose.yml && echo 'file whole' || echo 'file changed'
        stat -c 'access %a %u' compose.yml
      )
    done
    command -v docker >/dev/null || exit 0
    docker ps -a --filter label=com.docker.compose.project --format ${FORMAT} 2>/dev/null || echo silent
  `,

  parse(output, all): (ActualProject | Unknown)[] {
    if (/^silent$/m.test(output)) return all.map(() => ({ unknown: 'the Docker Engine does not answer' }));
    const containers = [...output.matchAll(/^"([^"]*)" "([^"]*)" "([^"]*)" "(?!True)[^"]*"$/gm)];
    const files = new Map(output.split(/^directory /m).map((part) => [part.slice(0, part.indexOf('\n')), part]));
    return all.map(({ name, directory }) => {
      const lines = files.get(directory) ?? '';
      return {
        file: /^file (whole|changed)$/m.exec(lines)?.[1] as ActualProject['file'],
        access: /^access (.*)$/m.exec(lines)?.[1] ?? '',
        held: [...lines.matchAll(/^held (\S+) \d+$/gm)].map(([, service = '']) => service),
        parts: [...lines.matchAll(/^part (.*)\.yml$/gm)].map(([, part = '']) => part),
        others: [...lines.matchAll(/^other (.*)$/gm)].map(([, file = '']) => file),
        volumes: [...lines.matchAll(/^volume (.*)$/gm)].map(([, volume = '']) => volume),
        containers: containers.flatMap(([, project, container = '', service = '']) =>
          project === name ? [{ name: container, service }] : [],
        ),
      };
    });
  },

  diff(desired, actual): Change[] {
    const removed = [
      ...superfluous(desired, actual).map(({ name }): Change => ({ action: 'delete', what: `container ${name}` })),
      ...leftParts(desired, actual).map((part): Change => ({ action: 'delete', what: `${part} in compose.yml` })),
    ];
    if (actual.file === undefined)
      return [{ action: 'create', what: '', to: `${desired.directory}/compose.yml` }, ...removed];
    const added = desired.volumes.filter((volume) => !actual.volumes.includes(volume));
    return [
      ...added.map((volume): Change => ({ action: 'create', what: `volume ${volume}` })),
      ...(actual.file === 'whole'
        ? []
        : [{ action: 'update', what: 'compose.yml', from: 'changed by hand', to: 'as its services want it' } as const]),
      ...(actual.access === PRIVATE
        ? []
        : [{ action: 'update', what: 'mode and owner of compose.yml', from: actual.access, to: PRIVATE } as const]),
      ...removed,
    ];
  },

  remark({ directory }, { others }) {
    if (others.length === 0) return undefined;
    const [is, it] = others.length === 1 ? ['is', 'it'] : ['are', 'them'];
    return `${others.join(', ')} in ${directory} ${is} not ours: \`docker compose up\` by hand follows ${it}, so remove ${it}`;
  },

  apply(desired, _, actual) {
    const { directory, volumes } = desired;
    const removed = superfluous(desired, actual);
    const containers = removed.map((container) => container.name);
    // A label may hold anything: what is no simple name has no part of the file, and what passes for a service of ours has not its part.
    const services = removed.flatMap(({ service }) =>
      simpleName().safeParse(service).success && !isServiceWanted(desired, actual, service) ? [service] : [],
    );
    // A release that is brought back may need a volume that the inventory no longer has.
    const all = [...new Set([...actual.volumes, ...volumes])].sort();
    const declared =
      all.length === 0 ? 'volumes: {}\n' : `volumes:\n${all.map((volume) => `  ${volume}: {}\n`).join('')}`;
    return sh`
      ${ASSEMBLE}
      mkdir -p -m 0700 ${`${directory}/${STATE_FOLDER}`} && cd ${directory} || exit
      cat <${input(declared)} >${STATE_FOLDER}/volumes.yml || exit
      ${containers.length === 0 ? sh`:` : sh`docker stop ${containers} >/dev/null && docker rm ${containers} >/dev/null || exit`}
      ${removeFragments([...services, ...leftParts(desired, actual)])} && chown 0:0 compose.yml && chmod 600 compose.yml
    `;
  },
});

/** Containers that no service stands for. */
function superfluous(desired: ComposeProject, actual: ActualProject): readonly ActualContainer[] {
  return actual.containers
    .filter(({ name }) => !isWanted(desired, actual, name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Parts of compose.yml that no service stands for, and whose containers are gone already. */
function leftParts(desired: ComposeProject, actual: ActualProject): readonly string[] {
  const present = new Set(actual.containers.map(({ service }) => service));
  return actual.parts.filter((part) => {
    return !present.has(part) && !isServiceWanted(desired, actual, part);
  });
}

/** Whether the container of a service in the compose file is one that stays. A database has one, with a number of its own. */
function isServiceWanted(desired: ComposeProject, actual: ActualProject, service: string): boolean {
  const names = [`${desired.name}-${service}`, `${desired.name}-${service}-1`];
  return names.some((name) => isWanted(desired, actual, name));
}

function isWanted({ name, services, containers }: ComposeProject, actual: ActualProject, container: string): boolean {
  if (containers.includes(container)) return true;
  const isReplica = [...services, ...actual.held].some((service) =>
    isReplicaOf(replicaContainer(name, service), container),
  );
  return isReplica && actual.parts.some((part) => replicaContainer(name, part) === container);
}
