import * as z from 'zod';
import { input, sh } from '../../shell/sh.ts';
import { type Change, defineResource, type Unknown } from '../contract.ts';
import { NO_ENGINE } from '../docker/engine.ts';
import { absolutePath, containerName, secretText, simpleName } from '../fields.ts';
import { type ChangedFile, fileChange, readChanged } from './file-change.ts';
import { ASSEMBLE, removeFragments, STATE_FOLDER } from './files.ts';
import {
  type ActualContainer,
  isRolledOut,
  isServiceWanted,
  leftParts,
  needsItsPort,
  superfluous,
} from './leftovers.ts';
import { asOwn, asStranger, readContainers, type Stranger, takenPorts } from './strangers.ts';

const schema = z.strictObject({
  name: simpleName(),
  /** The folder of the compose file. */
  directory: absolutePath(),
  /** The services of the project that may have any number of replicas, each called `NAME-SERVICE-NUMBER` and with a part of its own. */
  services: z.array(simpleName()).default([]),
  /** Containers that belong to it, with a part or without. */
  containers: z.array(containerName()).default([]),
  /** What its parts shall be: these lines of the file may be shown, all others may hold an older secret. */
  definitions: z.array(secretText()).default([]),
  /** The named volumes of the project. */
  volumes: z.array(simpleName()).default([]),
  /** Ports of the host that its containers get, and for whom: what is too much and has one of them cannot wait. */
  ports: z
    .array(
      z.strictObject({
        address: z.union([z.ipv4(), z.ipv6()]),
        port: z.int().min(1).max(65_535),
        protocol: z.string().default('tcp'),
        /** `the replicas of app` */
        owner: z.string().default('another service'),
        /** What in the inventory says which port it is: `host_port`. */
        setting: z.string().optional(),
      }),
    )
    .default([]),
});

export type ComposeProjectInput = z.input<typeof schema>;
export type ComposeProject = z.output<typeof schema>;

export interface ActualProject {
  /** Undefined where there is none; where it is not what its parts come to, what it is and what it should be. */
  readonly file: 'whole' | ChangedFile | undefined;
  /** Mode and owner of the file: `600 0`. */
  readonly access: string;
  readonly volumes: readonly string[];
  /** The services of the release that somebody went back to: they stay. */
  readonly held: readonly string[];
  /** The services that compose.yml has parts for. */
  readonly parts: readonly string[];
  /** Whether a release of it has run: what is too much may have visitors. */
  readonly isReleased: boolean;
  /** Files beside compose.yml that `docker compose` reads as well, or instead. */
  readonly others: readonly string[];
  readonly containers: readonly ActualContainer[];
  /** Containers that are not the project's, but have ports of the host. */
  readonly strangers: readonly Stranger[];
}

const FORMAT =
  '{{json (.Label "com.docker.compose.project")}} {{json .Names}} {{json (.Label "com.docker.compose.service")}} {{json (.Label "com.docker.compose.oneoff")}} {{json .Ports}}';
const PRIVATE = '600 0';
const COMPOSE_READS = [
  'compose.yaml',
  ...['compose', 'docker-compose'].flatMap((name) => [`${name}.override.yml`, `${name}.override.yaml`]),
  '.env',
];

/**
 * A compose project: its compose.yml, as its services have written their parts of it, and no containers that no service stands
 * for. Those of a service that was taken out are for the rolling redeploy to stop and remove, unless another one gets their
 * port: load balancers may send them requests until then. Their volumes stay; so does what somebody runs with
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
        [ -e ${STATE_FOLDER}/releases/current ] && echo released
        [ -e ${STATE_FOLDER}/held.json ] && sed 's/^/held /' ${STATE_FOLDER}/releases/current/replicas
        for other in ${COMPOSE_READS}; do [ -e "$other" ] && printf 'other %s\n' "$other"; done
        [ -f compose.yml ] || exit 0
        if assembled | cmp -s - compose.yml; then
          echo 'file whole'
        else
          sed 's/^/is /' compose.yml
          assembled | sed 's/^/due /'
        fi
        stat -c 'access %a %u' compose.yml
      )
    done
    command -v docker >/dev/null || exit 0
    docker ps -a --format ${FORMAT} 2>/dev/null || echo silent
  `,

  parse(output, all): (ActualProject | Unknown)[] {
    if (/^silent$/m.test(output)) return all.map(() => ({ unknown: NO_ENGINE }));
    const containers = readContainers(output);
    const files = new Map(output.split(/^directory /m).map((part) => [part.slice(0, part.indexOf('\n')), part]));
    return all.map(({ name, directory }) => {
      const lines = files.get(directory) ?? '';
      return {
        file: /^file whole$/m.test(lines) ? 'whole' : readChanged(lines),
        isReleased: /^released$/m.test(lines),
        access: /^access (.*)$/m.exec(lines)?.[1] ?? '',
        held: [...lines.matchAll(/^held (\S+) \d+$/gm)].map(([, service = '']) => service),
        parts: [...lines.matchAll(/^part (.*)\.yml$/gm)].map(([, part = '']) => part),
        others: [...lines.matchAll(/^other (.*)$/gm)].map(([, file = '']) => file),
        volumes: [...lines.matchAll(/^volume (.*)$/gm)].map(([, volume = '']) => volume),
        containers: containers.filter(({ project, isOneOff }) => project === name && !isOneOff).map(asOwn),
        strangers: containers
          .filter((one) => (one.project !== name || one.isOneOff) && one.ports.length > 0)
          .map(asStranger),
      };
    });
  },

  diff(desired, actual): Change[] {
    const taken = takenPorts(desired, actual);
    const removed = [
      ...superfluous(desired, actual).map((container) => removal(desired, actual, container)),
      ...leftParts(desired, actual).map((part): Change => ({ action: 'delete', what: `${part} in compose.yml` })),
    ];
    if (actual.file === undefined)
      return [...taken, { action: 'create', what: '', to: `${desired.directory}/compose.yml` }, ...removed];
    const added = desired.volumes.filter((volume) => !actual.volumes.includes(volume));
    return [
      ...taken,
      ...added.map((volume): Change => ({ action: 'create', what: `volume ${volume}` })),
      ...(actual.file === 'whole' ? [] : [fileChange(desired, actual.file)]),
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
    const removed = superfluous(desired, actual).filter((container) => !isRolledOut(desired, actual, container));
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

/** What runs there may have visitors, until the load balancers have their new configuration: then the rolling redeploy removes it. */
function removal(desired: ComposeProject, actual: ActualProject, container: ActualContainer): Change {
  const change = { action: 'delete', what: `container ${container.name}` } as const;
  if (isRolledOut(desired, actual, container))
    return { ...change, to: 'last of all, when nobody is sent there any more', rollout: true };
  const needed = needsItsPort(desired, container);
  if (needed === undefined) return change;
  return { ...change, to: `at once: its port ${needed.port} is for ${needed.owner}` };
}
