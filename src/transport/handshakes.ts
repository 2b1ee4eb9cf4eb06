/** How many logins begin at once at one SSH server: more than it allows it drops, at random. */
import { isIP } from 'node:net';
import { slots } from './slots.ts';
import type { HostAddress } from './types.ts';

/** sshd begins to drop connections at ten that have not logged in yet (MaxStartups 10:30:100). Two are left for others. */
const UNFINISHED_HANDSHAKES = 8;

const servers = new Map<string, ReturnType<typeof slots>>();

/**
 * Waits until one more login may begin at the server of this address. Call what you were given when the login is done, or has failed.
 * Each server has turns of its own: one that hangs keeps nobody from others, and a fleet is logged in to as fast as it answers.
 * All hosts behind one jump host log in to that one, too.
 */
export function takeTurn(address: HostAddress): Promise<() => void> {
  const server = serverOf(address);
  const take = servers.get(server) ?? slots(UNFINISHED_HANDSHAKES);
  servers.set(server, take);
  return take();
}

/** What stands for the sshd that will answer. All addresses of this machine lead to the same one. */
function serverOf({ hostname, port, jumps }: HostAddress): string {
  const isHere =
    hostname === 'localhost' || hostname === '::1' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
  return JSON.stringify([...jumps.map(serverOf), isHere ? 'localhost' : hostname.toLowerCase(), port]);
}
