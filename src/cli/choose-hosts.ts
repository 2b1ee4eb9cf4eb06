/** Which hosts a command is asked for. */
import { ProvisionError } from '../errors.ts';
import { limitHosts } from '../inventory/patterns.ts';
import { hostsOfShard, shardName } from '../inventory/shard.ts';
import type { Host, Inventory } from '../inventory/types.ts';
import { formatCount } from '../report/count.ts';
import { recordJson } from '../report/json.ts';
import { plural } from '../report/plan-text.ts';
import { suggest } from '../schema/nearest.ts';
import type { Options } from './arguments/options.ts';
import { printLines } from './print.ts';

/** All hosts, or those of `--limit`; of these the ones of `--shard`. @throws ProvisionError as `limitHosts` */
export function selectedHosts(inventory: Inventory, options: Options): readonly Host[] {
  const { limit } = options;
  return takeShard(limit === undefined ? [...inventory.hosts.values()] : limitHosts(inventory, limit), options);
}

/**
 * Those of the chosen hosts that are in the shard, all without one, and tells so: on standard error, or as a line of JSON. A shard
 * may be empty where hosts are few: as many jobs as ever run then, and some have nothing to do.
 */
export function takeShard<T extends { readonly name: string }>(
  chosen: readonly T[],
  { shard, json }: Pick<Options, 'shard' | 'json'>,
): readonly T[] {
  if (shard === undefined) return chosen;
  const hosts = hostsOfShard(chosen, shard);
  const name = shardName(shard);
  if (json) {
    printLines([recordJson('shard', { shard: name, hosts: hosts.map((host) => host.name), chosen: chosen.length })]);
  } else {
    const count = hosts.length === 0 ? 'none' : formatCount(hosts.length);
    const all = `${formatCount(chosen.length)} ${plural(chosen.length, 'host')}`;
    process.stderr.write(`shard ${name}: ${count} of ${all}${hosts.length === 0 ? ', nothing to do' : ''}\n`);
  }
  return hosts;
}

/**
 * The host of that name, this machine by its own names although the inventory lacks it; without a name the only one there is.
 * @throws ProvisionError `usage`, `inventory-no-host-matches`
 */
export function hostNamed(name: string | undefined, inventory: Inventory, options: Options): Host {
  const hosts = selectedHosts(inventory, options);
  const names = hosts.map((host) => host.name);
  const [only, ...others] = hosts;
  if (name === undefined && only !== undefined && others.length === 0) return only;
  if (name === undefined) {
    const hint = `Name one of them: --host ${names[0]}. ${suggest('', names)}`;
    throw new ProvisionError('usage', `the inventory has ${hosts.length} hosts, and none is named`, { hint });
  }
  const found = hosts.find((host) => host.name === name) ?? inventory.implicitHost(name);
  if (found !== undefined) return found;
  const message = `no host is named ${JSON.stringify(name)}${withinWhat(options)}`;
  throw new ProvisionError('inventory-no-host-matches', message, { hint: suggest(name, names) });
}

function withinWhat({ limit, shard }: Options): string {
  if (shard !== undefined) return ` within shard ${shardName(shard)}`;
  return limit === undefined ? '' : ' within the limit';
}
