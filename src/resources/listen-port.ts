/** What a program listens on, and whether two can. */
import { isIPv6 } from 'node:net';

export interface ListenPort {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
}

/** Whether only one of them can have it. */
export function isSharedPort(a: ListenPort, b: ListenPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.address === b.address || isAmong(a.address, b.address) || isAmong(b.address, a.address);
}

/** Whether the other stands for every address of the host, or for every one of that family: ipv6(7), `net.ipv6.bindv6only`. */
function isAmong(address: string, all: string): boolean {
  return all === '::' || (all === '0.0.0.0' && !isIPv6(address));
}
