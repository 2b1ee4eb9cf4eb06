/** What `docker inspect` tells of containers and images, as far as compose services need it. */
import { CONTEXT_LABEL } from '../docker/build-context.ts';
import { familiarName } from '../docker/image-name.ts';

export interface Container {
  readonly id: string;
  /** Undefined where it was made without compose. */
  readonly service: string | undefined;
  readonly imageId: string;
  /** By what name it was made from it. */
  readonly image: string;
  readonly restartPolicy: string;
  /** What its image was built from; undefined where we have not built it. */
  readonly contextTag?: string;
  /** 0: no limit, or the kernel cannot limit it. */
  readonly memoryBytes: number;
  /** How many processors it may use; 0: no limit. */
  readonly cpus: number;
  readonly status: string;
  readonly exitCode: number;
  /** When it was last started, as Docker writes it: changes with every restart. */
  readonly startedAt: string;
  /** Undefined where it has no health check of its own. */
  readonly health: string | undefined;
  /** Where its ports are published on the host: `127.0.0.1:18001`. */
  readonly publishedAt: readonly string[];
  /** The networks that it is attached to, by name: what it is called there. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
  /** What compose made of its definition: the same for all containers that it makes from that. */
  readonly configHash?: string;
}

/** An image, asked for by a name. */
export interface NamedImage {
  readonly id: string;
  /** By which it was pulled: `redis@sha256:...`. */
  readonly digests: readonly string[];
}

/**
 * One line of JSON for each container or image. `index` makes docker fall back from its typed view to plain JSON, where
 * both may be asked for in one call.
 */
export const INSPECT_FORMAT = [
  '{{$state := index . "State"}}{{if $state}}["container",{{json .Id}},',
  '{{json (index .Config.Labels "com.docker.compose.project")}},{{json (index .Config.Labels "com.docker.compose.service")}},',
  `{{json .Image}},{{json .Config.Image}},{{json .HostConfig.RestartPolicy.Name}},{{json .HostConfig.Memory}},{{json .HostConfig.NanoCpus}},{{json (index .Config.Labels "${CONTEXT_LABEL}")}},{{json $state.Status}},{{json $state.ExitCode}},{{json $state.StartedAt}},`,
  '{{with index $state "Health"}}{{json .Status}}{{else}}null{{end}},',
  '{{json (index .Config.Labels "com.docker.compose.config-hash")}},{{json .HostConfig.PortBindings}}',
  // No template counts, so each name brings its comma along.
  '{{range $name, $network := .NetworkSettings.Networks}},[{{json $name}},{{json $network.Aliases}}]{{end}}]{{else}}["image",{{json .Id}},{{json (index . "RepoDigests")}}]{{end}}',
].join('');

/** The compose service as containers name it: a service's name is unique in its project alone. */
export function serviceLabel(project: string, service: string): string {
  return `${project}/${service}`;
}

/** How the container of a replica is called: `shop-app-1`. */
export function replicaContainer(project: string, replica: string): string {
  return `${project}-${replica}`;
}

/** Whether that is what a replica of the service is called: `app-3` of `app`. */
export function isReplicaOf(service: string, name: string): boolean {
  return name.startsWith(`${service}-`) && /^\d+$/.test(name.slice(service.length + 1));
}

/** An image's name that cannot be taken for a container's. */
export function imageArgument(image: string): string {
  return familiarName(image);
}

/** By port of the container. */
type Bindings = Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;

type Line =
  | readonly [
      ...[
        'container',
        string,
        string | null,
        string | null,
        string,
        string,
        string,
        number,
        number | null,
        string | null,
        string,
        number,
        string,
        string | null,
        string | null,
        Bindings | null,
      ],
      ...(readonly [string, readonly string[] | null])[],
    ]
  | readonly ['image', string, (readonly string[] | null)?];

/**
 * Reads what was printed for these names, in their order.
 * @returns undefined where the Docker Engine did not answer as it should
 */
export function readInspected(
  output: string,
  names: readonly string[],
): ReadonlyMap<string, Container | NamedImage> | undefined {
  const missing = new Set([...output.matchAll(/no such object: (\S+)$/gim)].map(([, name]) => name));
  const lines = output.split('\n').filter((line) => /^\["(container|image)",/.test(line));
  const found = names.filter((name) => !missing.has(name));
  if (found.length !== lines.length) return undefined;
  return new Map(found.map((name, i) => [name, readLine(JSON.parse(lines[i] ?? '') as Line)]));
}

function readLine(line: Line): Container | NamedImage {
  if (line[0] === 'image') return { id: line[1], digests: line[2] ?? [] };
  const [, id, project, service, imageId, image, restartPolicy, memoryBytes, nanoCpus, contextTag, ...others] = line;
  const [status, exitCode, startedAt, health, hash, bindings, ...networks] = others;
  const label = project === null || service === null ? undefined : serviceLabel(project, service);
  const state = { status, exitCode, startedAt, health: health ?? undefined };
  const publishedAt = Object.values(bindings ?? {}).flatMap((all) =>
    (all ?? []).map(({ HostIp, HostPort }) => hostPort(HostIp, Number(HostPort))),
  );
  return {
    id,
    service: label,
    imageId,
    image,
    restartPolicy,
    memoryBytes,
    cpus: (nanoCpus ?? 0) / 1e9,
    ...state,
    publishedAt,
    networks: Object.fromEntries(networks.map(([name, aliases]) => [name, aliases ?? []])),
    ...(hash && { configHash: hash }),
    ...(contextTag && { contextTag }),
  };
}

/** `127.0.0.1:18001`, `[::1]:18001` */
export function hostPort(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** `exited with 137`, `running, starting`. */
export function describeContainer({ status, exitCode, health }: Container): string {
  if (status === 'exited' || status === 'restarting')
    return `${status === 'exited' ? status : 'restarting: exited'} with ${exitCode}`;
  return health === undefined || status !== 'running' ? status : health;
}
