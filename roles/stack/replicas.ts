/** How the replicas of a stack's services are called, and where each of them answers. */
import { replicaContainer } from '../../src/index.ts';
import type { Stack, StackService } from './params.ts';

/**
 * A place for one container of a service. A service that a load balancer sends requests to has one place more than
 * replicas: a new version starts in the free one, and only then an old one is stopped.
 */
export interface Slot {
  /** The compose service: `app-1`. */
  readonly name: string;
  readonly container: string;
  /** On the stack's `listen` address of the host; undefined where the service has no port. */
  readonly hostPort: number | undefined;
}

const FIRST_PORT = 18_000;
const PORTS_PER_SERVICE = 100;

/**
 * The slots of every service, by its name. Services that have a port count from 0: the first one's begin at 18001, unless
 * it says otherwise.
 */
export function slotsOf({ name: stack, services }: Pick<Stack, 'name' | 'services'>): Record<string, readonly Slot[]> {
  const withPort = Object.keys(services).filter((name) => services[name]?.port !== undefined);
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const index = withPort.indexOf(name);
      const first = index === -1 ? undefined : (service.host_port ?? FIRST_PORT + PORTS_PER_SERVICE * index + 1);
      const count = service.replicas + (hasSparePlace(service) ? 1 : 0);
      const list = Array.from({ length: count }, (_, i): Slot => {
        const slot = `${name}-${i + 1}`;
        return {
          name: slot,
          container: replicaContainer(stack, slot),
          hostPort: first === undefined ? undefined : first + i,
        };
      });
      return [name, list];
    }),
  );
}

/**
 * Whether a new version runs beside the old one for a while: so for what answers requests, unless it has ports of the host
 * that two cannot share.
 */
export function hasSparePlace({ port, publish }: StackService): boolean {
  return port !== undefined && publish.length === 0;
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
