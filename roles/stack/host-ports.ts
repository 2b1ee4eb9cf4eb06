/** Which ports of the host the services of a stack take, and who else would have one of them. */
import { isSharedPort, type ListenPort } from '../../src/index.ts';
import type { Stack } from './params.ts';
import { slotsOf } from './replicas.ts';

const HIGHEST_PORT = 65_535;

type Ports = Pick<Stack, 'services' | 'listen'>;

/** A port of the host that a service has. */
export interface HostPort extends ListenPort {
  /** For messages: `the replicas of app`, `what app publishes`. */
  readonly owner: string;
  readonly service: string;
  readonly isPublished: boolean;
}

/** Those of every service, in the order of the services: what its replicas answer on, the free place included, and what it publishes. */
export function hostPorts({ services, listen }: Ports): readonly HostPort[] {
  const slots = slotsOf({ name: '', services });
  return Object.entries(services).flatMap(([service, { publish }]) => [
    ...(slots[service] ?? []).flatMap(({ hostPort: port }): HostPort[] => {
      const owner = `the replicas of ${service}`;
      return port === undefined ? [] : [{ owner, service, isPublished: false, address: listen, port, protocol: 'tcp' }];
    }),
    ...publish.map((published) => publishedPort(service, published)),
  ]);
}

/** What is wrong with them, at most one thing of each sort for a service; the path is that within the stack. */
export function portProblems(stack: Ports): readonly { readonly path: string[]; readonly message: string }[] {
  const all = hostPorts(stack);
  return Object.entries(stack.services).flatMap(([service, { host_port }]) => {
    const own = all.filter((port) => port.service === service);
    const places = own.filter(({ isPublished }) => !isPublished);
    const message = `${host_port} leaves no room for ${places.length} places`;
    const isTooHigh = host_port !== undefined && places.some(({ port }) => port > HIGHEST_PORT);
    const shared = own.flatMap((port) => {
      const other = all.slice(0, all.indexOf(port)).find((earlier) => isSharedPort(port, earlier));
      return other === undefined ? [] : [{ path: placeOf(port), message: sharing(port, other.owner) }];
    });
    return [...(isTooHigh ? [{ path: ['services', service, 'host_port'], message }] : []), ...shared.slice(0, 1)];
  });
}

/** What of a service says which port it is. */
export function settingOf(isPublished: boolean): string {
  return isPublished ? 'publish' : 'host_port';
}

/** Where it stands in the stack. */
export function placeOf({ service, isPublished }: HostPort): string[] {
  return ['services', service, ...(isPublished ? ['publish'] : [])];
}

/** That two want the port, in words. */
export function sharing({ owner, port, isPublished }: HostPort, other: string): string {
  if (owner === other) return `names the port ${port} of the host twice`;
  return `${owner} and ${other} share the port ${port} of the host${isPublished ? '' : ': see `host_port`'}`;
}

function publishedPort(service: string, published: string): HostPort {
  const [, address = '', port, protocol = 'tcp'] = /^(.+):(\d+):\d+(?:\/(\w+))?$/.exec(published) ?? [];
  return { owner: `what ${service} publishes`, service, isPublished: true, address, port: Number(port), protocol };
}
