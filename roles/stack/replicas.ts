/** How the replicas of a stack's services are called, and where each of them answers. */
import type { Stack } from './params.ts';

/** One container of a service. */
export interface Replica {
  /** The compose service: `app-1`. */
  readonly name: string;
  readonly container: string;
  /** On 127.0.0.1 of the host; undefined where the service has no port. */
  readonly hostPort: number | undefined;
}

const FIRST_PORT = 18_000;
const PORTS_PER_SERVICE = 100;

/** The replicas of every service, by its name. Services that have a port count from 0: the first one's begin at 18001. */
export function replicasOf({ name: stack, services }: Stack): Record<string, readonly Replica[]> {
  const withPort = Object.keys(services).filter((name) => services[name]?.port !== undefined);
  return Object.fromEntries(
    Object.entries(services).map(([name, { replicas }]) => {
      const index = withPort.indexOf(name);
      const first = index === -1 ? undefined : FIRST_PORT + PORTS_PER_SERVICE * index + 1;
      const list = Array.from({ length: replicas }, (_, i): Replica => {
        const replica = `${name}-${i + 1}`;
        return {
          name: replica,
          container: `${stack}-${replica}`,
          hostPort: first === undefined ? undefined : first + i,
        };
      });
      return [name, list];
    }),
  );
}

/** The ports of 127.0.0.1 at which a load balancer finds each service that has a port, replica by replica. */
export function replicaPorts(stack: Stack): Record<string, readonly number[]> {
  const ports = Object.entries(replicasOf(stack)).map(([name, replicas]): [string, number[]] => [
    name,
    replicas.flatMap(({ hostPort }) => (hostPort === undefined ? [] : [hostPort])),
  ]);
  return Object.fromEntries(ports.filter(([, list]) => list.length > 0));
}

/** Names of the services in the order in which they are started: dependencies first, then what is pulled, then what is built. */
export function startOrder(services: Stack['services']): readonly string[] {
  const order = new Set<string>();
  function visit(name: string): void {
    const service = services[name];
    if (service === undefined || order.has(name)) return;
    service.depends_on.forEach(visit);
    order.add(name);
  }
  const names = Object.keys(services);
  for (const isBuilt of [false, true]) {
    for (const name of names) if ((services[name]?.build !== undefined) === isBuilt) visit(name);
  }
  return [...order];
}
