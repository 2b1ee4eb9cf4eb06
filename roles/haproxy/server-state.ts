import { isIP, SocketAddress } from 'node:net';
import type { Backend } from './backend.ts';

/** Read by haproxy at every start and reload. */
export const STATE_FILE = '/etc/haproxy/server-state';

/**
 * The state in which haproxy finds its servers when it starts: down, until their first check has passed.
 *
 * Left to itself it takes every server as healthy until a check has failed, and sends requests to applications that are
 * still starting. (`init-state down` says the same from haproxy 3.1 on.) A reload puts the true states in place of these,
 * see `reloadHaproxy`. The form is version 1 of "show servers state", which haproxy's management manual describes.
 */
export function startingState(backends: readonly Backend[]): string {
  const lines = backends.flatMap(({ name: backend, servers }, b) =>
    servers.flatMap(({ name, host, port }, s) =>
      // Of a server with a name instead of an address, the state would fix the address.
      isIP(host) === 0
        ? []
        : [`${b + 1} ${backend} ${s + 1} ${name} ${canonical(host)} 0 0 1 1 0 1 0 0 6 0 0 0 - ${port} - 0 0 - - 0`],
    ),
  );
  return ['1', '# Every server is down until its first check has passed.', ...lines, ''].join('\n');
}

/** As haproxy writes the address: a reload finds the server's true state by it. */
export function canonical(address: string): string {
  return new SocketAddress({ address, family: isIP(address) === 6 ? 'ipv6' : 'ipv4' }).address;
}
