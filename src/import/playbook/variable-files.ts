/** Files of variables: of roles, of plays, and of the inventory beside a playbook. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Variable } from '../variable.ts';
import type { Told } from './play.ts';
import { isRecord, placeOf, readYaml } from './yaml-source.ts';

/** The variables in a file; undefined where it is encrypted as a whole, or not there. @throws ProvisionError `playbook-invalid` */
export function readVariableFile(
  path: string,
  shown: string,
  tell?: (told: Told) => void,
): Record<string, unknown> | undefined {
  if (!existsSync(path)) return undefined;
  const value = readYaml(path, shown, tell);
  if (value === null) return {};
  return isRecord(value) ? value : undefined;
}

/**
 * What `group_vars` and `host_vars` beside the playbook set. The inventory keeps them; here they only tell what a variable is.
 * @param variables where they are added, unless a role sets them as well
 */
export function readInventoryVariables(
  folder: string,
  shown: (path: string) => string,
  variables: Map<string, Variable>,
): void {
  for (const part of ['group_vars', 'host_vars']) {
    for (const file of filesBelow(join(folder, part))) {
      const found = readVariableFile(file, shown(file)) ?? {};
      for (const [name, value] of Object.entries(found)) {
        if (!variables.has(name)) variables.set(name, { value, place: placeOf(found, name), isInventory: true });
      }
    }
  }
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) =>
      statSync(path).isDirectory() ? filesBelow(path) : /(\.ya?ml|\/[^.]+)$/.test(path) ? [path] : [],
    );
}
