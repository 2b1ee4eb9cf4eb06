/** What runs of a compose project, or stands in its file, and no service stands for. Pure. */

import { isSharedPort, type ListenPort } from '../listen-port.ts';
import { hostPort, isReplicaOf, replicaContainer } from './container.ts';
import type { ActualProject, ComposeProject } from './project.ts';

export interface ActualContainer {
  readonly name: string;
  /** What it is called in the compose file; empty where it was made without compose. */
  readonly service: string;
  /** What it has of the host, while it runs. */
  readonly ports: readonly ListenPort[];
}

/** Containers that no service stands for. */
export function superfluous(desired: ComposeProject, actual: ActualProject): readonly ActualContainer[] {
  return actual.containers
    .filter(({ name }) => !isWanted(desired, actual, name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Whether one that is too much is for the rolling redeploy to remove: it is one that we have made, of a project that has run, so
 * that visitors may be sent there, or what serves them needs it. Where another gets its port, that cannot wait.
 */
export function isRolledOut(desired: ComposeProject, actual: ActualProject, container: ActualContainer): boolean {
  const { name, service } = container;
  const own = replicaContainer(desired.name, service);
  const isOurs = actual.parts.includes(service) && (name === own || name === `${own}-1`);
  return isOurs && actual.isReleased && needsItsPort(desired, container) === undefined;
}

/** Who is to have a port of the host that the container still has. */
export function needsItsPort({ ports }: ComposeProject, container: ActualContainer) {
  const needed = ports.find((port) => container.ports.some((taken) => isSharedPort(taken, port)));
  return needed && { port: hostPort(needed.address, needed.port), owner: needed.owner };
}

/** Parts of compose.yml that no service stands for, and whose containers are gone already. */
export function leftParts(desired: ComposeProject, actual: ActualProject): readonly string[] {
  const present = new Set(actual.containers.map(({ service }) => service));
  return actual.parts.filter((part) => {
    return !present.has(part) && !isServiceWanted(desired, actual, part);
  });
}

/** Whether the container of a service in the compose file is one that stays. A database has one, with a number of its own. */
export function isServiceWanted(desired: ComposeProject, actual: ActualProject, service: string): boolean {
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
