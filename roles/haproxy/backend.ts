/** The applications behind haproxy, wherever they come from: the stack of this host or of others, or listed servers. */
import type { HaproxyParams } from './params.ts';

export interface Backend {
  readonly name: string;
  readonly servers: readonly Server[];
  readonly health: { readonly path: string; readonly status: number; readonly body?: string | undefined } | undefined;
  readonly maxconn: number | undefined;
  /** Paths by which the application is operated, as it sees them: for nobody from outside. */
  readonly controlPaths: readonly string[];
}

export interface Server {
  readonly name: string;
  /** An address or a name; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** The place in a stack that it stands for; undefined for what the inventory lists by itself. */
  readonly slot?: { readonly host: string; readonly stack: string; readonly name: string } | undefined;
}

export type BackendParams = HaproxyParams['backends'][string];

/** A backend whose servers the inventory lists. */
export function listedBackend(name: string, { servers = [], health, maxconn }: BackendParams): Backend {
  return {
    name,
    servers: servers.map((address, i) => ({ name: `${name}-${i + 1}`, ...splitAddress(address) })),
    health,
    maxconn,
    controlPaths: [],
  };
}

/** `[::1]:80`, where an IPv6 address needs its brackets. */
export function joinAddress({ host, port }: Pick<Server, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The reverse of `joinAddress`. */
export function splitAddress(address: string): Pick<Server, 'host' | 'port'> {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
