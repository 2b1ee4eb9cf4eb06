import { loadInventory } from '../inventory/load.ts';
import type { Inventory } from '../inventory/types.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Options } from './arguments/options.ts';

/** The inventory that the command line names, with the variables that it sets. @throws ProvisionError as `loadInventory` */
export async function loadOptions({ inventory, extraVars }: Options, keyring: Keyring): Promise<Inventory> {
  return loadInventory(inventory, { env: process.env, keyring, extraVars });
}
