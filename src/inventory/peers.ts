import type { Peer } from '../engine/role.ts';
import { ProvisionError } from '../errors.ts';
import { evaluateParams, type RoleUse } from './params.ts';
import { selectHosts } from './patterns.ts';
import type { ReadHost } from './resolve.ts';
import type { Host, Inventory } from './types.ts';

/** Reads the hosts that the roles of a host name; gives what selects among them. */
export type PeerReader = (host: Host, roles: readonly RoleUse[]) => Promise<(pattern: string) => readonly Peer[]>;

/**
 * Peers are read when a role names them, each once however many hosts ask for it: what no role names costs nothing, and
 * may be wrong.
 * @throws ProvisionError (the reader) whatever is wrong with a pattern or with a host that it selects
 */
export function createPeerReader(inventory: Inventory, read: (host: Host) => Promise<ReadHost>): PeerReader {
  const peers = new Map<string, Promise<Peer>>();

  function readOnce(host: Host): Promise<Peer> {
    const reading = peers.get(host.name) ?? read(host).then(toPeer);
    peers.set(host.name, reading);
    return reading;
  }

  return async (host, roles) => {
    const wanted = roles.flatMap(({ definition, params }) => definition.peers?.(params as never) ?? []);
    if (wanted.length === 0) return refuse;
    const selected = new Map<string, readonly Peer[]>();
    for (const { pattern, parameter } of wanted) {
      const found: Peer[] = [];
      // One after the other, so that of several that are wrong always the same one is reported.
      for (const peer of select(inventory, host, pattern, parameter)) found.push(await readOnce(peer));
      selected.set(pattern, found);
    }
    return (pattern) => selected.get(pattern) ?? refuse(pattern);
  };
}

function toPeer({ resolver, settings, definitions }: ReadHost): Peer {
  const { name } = resolver.host;
  const uses = evaluateParams(definitions, resolver);
  return {
    name,
    hostname: settings.hostname ?? name,
    roles: definitions.map((definition) => definition.name),
    param: (variable) =>
      uses.find(({ definition }) => Object.hasOwn(definition.params.shape, variable))?.params[variable],
  };
}

/** As `selectHosts`; what is wrong with the pattern is told where the inventory names it. */
function select(inventory: Inventory, host: Host, pattern: string, parameter: readonly PropertyKey[]): readonly Host[] {
  try {
    return selectHosts(inventory, pattern);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    throw error.at({ host: host.name, location: host.origin(parameter) ?? host.location });
  }
}

function refuse(pattern: string): never {
  throw new ProvisionError(
    'role-invalid',
    `a role asks for the hosts ${JSON.stringify(pattern)} without having named them`,
    {
      hint: 'Let `peers` of its definition give this pattern as well.',
    },
  );
}
