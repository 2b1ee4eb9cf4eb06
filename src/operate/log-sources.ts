/** Which logs there are on a host, and how each is read. */

import { AUDIT_FILE } from '../engine/audit.ts';
import type { PlacedResource } from '../engine/evaluate.ts';
import { ProvisionError } from '../errors.ts';
import { isReplicaOf, replicaContainer, serviceLabel } from '../resources/compose/container.ts';
import type { ComposeService } from '../resources/compose/desired.ts';
import { composeService } from '../resources/compose/service.ts';
import { suggest } from '../schema/nearest.ts';
import { joinScripts, raw, type Script, sh } from '../shell/sh.ts';
import type { LogFormat } from './log-lines.ts';

export interface LogSource {
  readonly host: string;
  /** `app-1`, `haproxy`, `provision`. */
  readonly name: string;
  /** What tells it from the one before in the same place: the container's id. */
  readonly id: string;
  readonly format: LogFormat;
  /** Whether more can be written to it. */
  readonly isRunning: boolean;
}

/** How much of each log. */
export interface LogQuery {
  readonly follow: boolean;
  /** So many of its last lines; Infinity: all. */
  readonly tail: number;
  /** Nothing that is older than so many seconds, by the host's clock. */
  readonly sinceS: number | undefined;
  /** Nothing before that time, as a line has it. */
  readonly after?: string | undefined;
}

/** What a host may have logs of, by the inventory. */
export interface LogHost {
  readonly name: string;
  readonly services: readonly ComposeService[];
  readonly isBalancer: boolean;
}

/** A host that has no container of what is wanted of it. */
export interface MissingContainers {
  readonly host: string;
  /** As it was asked for: `app`, `app-2`; else its services: `shop/app`. Empty where the inventory gives it none. */
  readonly wanted: readonly string[];
}

const HAPROXY = 'haproxy';
const PROVISION = 'provision';
const HAPROXY_UNIT = 'haproxy';

export function servicesIn(placed: readonly PlacedResource[]): readonly ComposeService[] {
  return placed.flatMap(({ resource: { kind, desired } }) =>
    kind.kind === composeService.kind ? [desired as ComposeService] : [],
  );
}

/** @throws ProvisionError `usage` where a word is no service, no replica and no other log of any host; it tells the nearest one */
export function checkWords(words: readonly string[], hosts: readonly LogHost[]): void {
  const services = hosts.flatMap((host) => host.services);
  const names = new Set([
    ...services.map(({ service }) => service),
    ...(hosts.some(({ isBalancer }) => isBalancer) ? [HAPROXY] : []),
    PROVISION,
  ]);
  // One that has no replica now may have had one, and has its log still; but nobody is sent there.
  const others = services.flatMap(({ project, service, slots, replicas }) => [
    serviceLabel(project, service),
    ...slots.slice(0, replicas).map(({ name }) => name),
  ]);
  const known = (word: string) =>
    names.has(word) || others.includes(word) || services.some(({ service }) => isReplicaOf(service, word));
  const unknown = words.find((word) => !known(word));
  if (unknown === undefined) return;
  throw new ProvisionError('usage', `there are no logs of "${unknown}"`, {
    hint: suggest(unknown, [...names, ...others].slice(0, 200)),
  });
}

/** Prints the containers of the host's projects: `container ID PROJECT SERVICE NAME STATUS`. */
export function containersProbe(projects: readonly string[]): Script {
  const format = [
    'container {{.ID}} {{.Label "com.docker.compose.project"}}',
    '{{.Label "com.docker.compose.service"}} {{.Names}} {{.Status}}',
  ].join(' ');
  return sh`
    command -v docker >/dev/null || exit 0
    ${joinScripts(
      projects.map(
        (project) =>
          sh`docker ps --all --no-trunc --filter ${`label=com.docker.compose.project=${project}`} --format ${format}`,
      ),
    )}
    :
  `;
}

/**
 * The logs that are wanted of a host.
 * @param words services, replicas and other logs; none means all containers
 * @param containers what `containersProbe` printed
 */
export function sourcesOf(
  { name: host, services, isBalancer }: LogHost,
  words: readonly string[],
  containers: string,
): readonly LogSource[] {
  const own = new Set(services.map(({ service }) => service));
  const isNamed = (word: string) => words.includes(word) && !own.has(word);
  const replicas = [...containers.matchAll(/^container (\S+) (\S+) (\S+) (\S+) (.*)$/gm)].flatMap(
    ([, id = '', project = '', replica = '', container = '', status = '']): LogSource[] => {
      const service = services.find((one) => one.project === project && isPlaceOf(one, replica, container));
      if (service === undefined) return [];
      if (words.length > 0 && !words.some((word) => word === replica || means(word, service))) return [];
      return [{ host, name: replica, id, format: 'docker', isRunning: /^(Up|Restarting)/.test(status) }];
    },
  );
  return [
    ...replicas.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    ...(isNamed(HAPROXY) && isBalancer
      ? [{ host, name: HAPROXY, id: HAPROXY, format: 'journal' as const, isRunning: true }]
      : []),
    ...(isNamed(PROVISION)
      ? [{ host, name: PROVISION, id: PROVISION, format: 'provision' as const, isRunning: true }]
      : []),
  ];
}

/**
 * The containers that are wanted of a host, where not one of them is there.
 * @param words those of `sourcesOf`
 * @param sources what it found
 */
export function missingOf(
  { name: host, services }: LogHost,
  words: readonly string[],
  sources: readonly LogSource[],
): MissingContainers | undefined {
  if (sources.some(({ format }) => format === 'docker')) return undefined;
  const labels = services.map(({ project, service }) => serviceLabel(project, service));
  const isKnown = (word: string) => services.some((one) => means(word, one) || isReplicaOf(one.service, word));
  if (words.length === 0) return { host, wanted: labels };
  const wanted = words.filter(isKnown);
  return wanted.length === 0 ? undefined : { host, wanted };
}

function means(word: string, { project, service }: ComposeService): boolean {
  return word === service || word === serviceLabel(project, service);
}

/** Whether it is the container of a replica: of one of the service's places, or of one that it had before. */
function isPlaceOf({ project, service, slots }: ComposeService, replica: string, container: string): boolean {
  if (slots.some((slot) => slot.name === replica && slot.container === container)) return true;
  return isReplicaOf(service, replica) && container === replicaContainer(project, replica);
}

/** Prints a log. One that is followed ends when nobody reads it any more: at the end of its input. */
export function logScript(source: LogSource, query: LogQuery): Script {
  const print = LOG_COMMANDS[source.format](source, query);
  if (!query.follow) return print;
  return sh`
    exec 3<&0
    ${print} </dev/null &
    child=$!
    { cat <&3; kill "$child"; } >/dev/null 2>&1 &
    wait "$child"
  `;
}

const LOG_COMMANDS: Record<LogFormat, (source: LogSource, query: LogQuery) => Script> = {
  docker: ({ id }, { follow, tail, sinceS, after }) => {
    const lines = Number.isFinite(tail) ? ['--tail', tail] : [];
    // Docker takes a point in time as seconds since 1970: of the host's clock.
    const since = after === undefined ? sinceArgument('--since ', sinceS) : sh`--since ${`${after}Z`}`;
    return sh`docker logs --timestamps ${follow ? ['--follow'] : []} ${lines} ${since} ${id} 2>&1`;
  },
  journal: (_, { follow, tail, sinceS }) => {
    const lines = Number.isFinite(tail) ? tail : 'all';
    const since = sinceArgument('--since @', sinceS);
    const options = ['--no-pager', '--quiet', '--output', 'short-unix', '--unit', HAPROXY_UNIT];
    return sh`journalctl ${options} ${follow ? ['--follow'] : []} --lines ${lines} ${since}`;
  },
  provision: (_, { follow, tail }) => {
    const lines = Number.isFinite(tail) ? String(tail) : '+1';
    if (follow) return sh`tail -n ${lines} -F ${AUDIT_FILE} 2>/dev/null`;
    return sh`if [ -e ${AUDIT_FILE} ]; then tail -n ${lines} ${AUDIT_FILE}; fi`;
  },
};

function sinceArgument(option: string, sinceS: number | undefined): Script {
  return sinceS === undefined ? raw('') : sh`${raw(option)}"$(($(date +%s) - ${sinceS}))"`;
}
