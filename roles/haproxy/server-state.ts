import { isIP, SocketAddress } from 'node:net';
import type { Backend } from './backend.ts';

/** Read by haproxy at every start and reload. */
export const STATE_FILE = '/etc/haproxy/server-state';

/** What a line tells of a server, in version 1 of "show servers state": haproxy's management manual. */
const FIELDS = [
  ...['be_id', 'be_name', 'srv_id', 'srv_name', 'srv_addr', 'srv_op_state', 'srv_admin_state', 'srv_uweight'],
  ...['srv_iweight', 'srv_time_since_last_change', 'srv_check_status', 'srv_check_result', 'srv_check_health'],
  ...['srv_check_state', 'srv_agent_state', 'bk_f_forced_id', 'srv_f_forced_id', 'srv_fqdn', 'srv_port'],
] as const;

/** @returns undefined where the line is none of a server */
export function readState(line: string): Readonly<Record<(typeof FIELDS)[number], string>> | undefined {
  const cells = line.split(' ');
  if (!/^\d+$/.test(cells[0] ?? '') || cells.length < FIELDS.length) return undefined;
  return Object.fromEntries(FIELDS.map((field, i) => [field, cells[i] ?? ''])) as ReturnType<typeof readState>;
}

/**
 * The state in which haproxy finds its servers when it starts: down, until their first check has passed.
 *
 * Left to itself it takes every server as healthy until a check has failed, and sends requests to applications that are
 * still starting. (`init-state down` says the same from haproxy 3.1 on.) A reload puts the true states in place of these,
 * see `reloadHaproxy`.
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
