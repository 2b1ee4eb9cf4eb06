/** Backends whose servers are the replicas of a stack's service, on this host or on others. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type FormerSlot, type Peer, ProvisionError } from '../../src/index.ts';
import { isLoopback, type Stack, type StackService } from '../stack/params.ts';
import { slotsOf } from '../stack/replicas.ts';
import type { Backend, BackendParams, Server } from './backend.ts';

/** The names of a stack's services that can be routed to: those that have a port. */
export function routableServices(stack: Stack | undefined): readonly string[] {
  return Object.entries(stack?.services ?? {}).flatMap(([name, { port }]) => (port === undefined ? [] : [name]));
}

/** The routable services of this host's own stack. */
export function stackBackends(stack: Stack | undefined, host: string): Backend[] {
  if (stack === undefined) return [];
  return routableServices(stack).map((name) => {
    const service = stack.services[name] as StackService;
    return {
      name,
      servers: slotServers(host, stack, name, (slot) => slot),
      health: service.health,
      maxconn: undefined,
      controlPaths: controlPaths(service),
    };
  });
}

/**
 * The service of that name in the stacks of other hosts, which share its traffic.
 * @param host the balancer's own name
 * @throws ProvisionError `inventory-bad-parameter` where one of the hosts does not run it, or where it cannot be reached
 */
export function peerBackend(
  name: string,
  { hosts = '', health, maxconn }: BackendParams,
  peers: readonly Peer[],
  host: string,
): Backend {
  const members = peers.map((peer) => ({ peer, ...serviceOn(peer, name, hosts, host) }));
  return {
    name,
    servers: members.flatMap(({ peer, stack }) =>
      slotServers(peer.name, stack, name, (slot) => serverName(peer.name, slot)),
    ),
    health: health ?? commonHealth(name, members),
    maxconn,
    controlPaths: [...new Set(members.flatMap(({ service }) => controlPaths(service)))],
  };
}

/** @param host the balancer's own name: it had the services of its own stack, or those of a group with itself among them */
export function formerServers({ host: former, service, slot }: FormerSlot, host: string) {
  const own = former === host ? [slot] : [];
  return [...own, serverName(former, slot)].map((server) => ({ backend: service, server }));
}

interface Member {
  readonly peer: Peer;
  readonly service: StackService;
}

function serviceOn(peer: Peer, name: string, pattern: string, host: string): { stack: Stack; service: StackService } {
  const without = `leave it out of the hosts: "${pattern},!${peer.name}"`;
  if (!peer.roles.includes('stack')) {
    throw wrong(name, `${peer.name} has no stack that could run ${name}`, `Give it the role stack, or ${without}.`);
  }
  const stack = peer.param('stack') as Stack;
  const service = stack.services[name];
  if (service === undefined) {
    const there = `It has: ${routableServices(stack).join(', ') || 'none with a port'}.`;
    const hint = `${there} Name the backend as the service is called, or ${without}.`;
    throw wrong(name, `the stack of ${peer.name} has no service ${name}`, hint);
  }
  if (service.port === undefined) {
    const hint = `Add \`port\` to it, which it listens on in its container, or ${without}.`;
    throw wrong(name, `the service ${name} of ${peer.name} has no port to send requests to`, hint);
  }
  if (isLoopback(stack.listen) && peer.name !== host) {
    const hint = `Set \`listen\` of its stack to the address of ${peer.name} in a private network that ${host} is in too.`;
    throw wrong(name, `${name} on ${peer.name} answers on ${stack.listen} alone, where ${host} cannot reach it`, hint);
  }
  return { stack, service };
}

/** One backend has one health check. */
function commonHealth(name: string, [first, ...others]: readonly Member[]): Backend['health'] {
  const check = healthCheck(first?.service);
  const other = others.find(({ service }) => !isDeepStrictEqual(healthCheck(service), check));
  if (other === undefined) return check;
  const hint = 'Make `health` of the services equal, or set `health` of this backend.';
  throw wrong(name, `${name} has another health check on ${other.peer.name} than on ${first?.peer.name}`, hint);
}

/** Without its time limit, which the load balancer does not look at. */
function healthCheck(service: StackService | undefined): Backend['health'] {
  const { path, status, body } = service?.health ?? {};
  return path === undefined || status === undefined ? undefined : { path, status, body };
}

function wrong(backend: string, message: string, hint: string): ProvisionError {
  const parameter = ['haproxy', 'backends', backend, 'hosts'];
  return new ProvisionError('inventory-bad-parameter', message, { parameter, hint });
}

/** All slots, also the one that is free until a redeploy: so that a redeploy need not change the configuration. */
function slotServers(host: string, stack: Stack, service: string, nameOf: (slot: string) => string): Server[] {
  return (slotsOf(stack)[service] ?? []).flatMap(({ name, hostPort: port }) =>
    port === undefined
      ? []
      : [{ name: nameOf(name), host: stack.listen, port, slot: { host, stack: stack.name, name } }],
  );
}

/** haproxy takes ASCII alone. The digest keeps two names apart of which the same would be left. */
function serverName(name: string, slot: string): string {
  const plain = name.replaceAll(/[^\w.:-]/g, '_');
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return plain === name ? `${name}-${slot}` : `${plain}-${digest}-${slot}`;
}

function controlPaths({ drain }: StackService): readonly string[] {
  return drain === undefined ? [] : [drain.prepare, drain.ready].map(pathAlone);
}

/** Without query and the like, and decoded: as requests are compared with it. */
function pathAlone(reference: string): string {
  const { pathname } = new URL(reference.replace(/^\/+/, '/').replace(/;[^/]*/g, ''), 'http://localhost');
  return decodeURIComponent(pathname)
    .replaceAll(/\/+/g, '/')
    .replace(/(.)\/$/, '$1');
}
