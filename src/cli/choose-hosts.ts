/** Which hosts the commands are asked for that only look at the inventory. */
import { ProvisionError } from '../errors.ts';
import { limitHosts } from '../inventory/patterns.ts';
import type { Host, Inventory } from '../inventory/types.ts';
import { suggest } from '../schema/nearest.ts';
import type { Options } from './options.ts';

/** All hosts, or those of `--limit`. @throws ProvisionError as `limitHosts` */
export function selectedHosts(inventory: Inventory, { limit }: Options): readonly Host[] {
  return limit === undefined ? [...inventory.hosts.values()] : limitHosts(inventory, limit);
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
  const message = `no host is named ${JSON.stringify(name)}${options.limit === undefined ? '' : ' within the limit'}`;
  throw new ProvisionError('inventory-no-host-matches', message, { hint: suggest(name, names) });
}
