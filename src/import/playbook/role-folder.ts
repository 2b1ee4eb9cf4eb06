/** The files of a role's folder. */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isRecord } from './yaml-source.ts';

/** Files of a role by what they hold: `tasks`, `vars`. */
export type Parts = Readonly<Record<string, string>>;

/** `tasks_from` and the like of an include. */
export function partsOf(entry: unknown): Parts {
  if (!isRecord(entry)) return {};
  const parts = ['tasks', 'vars', 'defaults', 'handlers'];
  return Object.fromEntries(
    parts.flatMap((part) => (`${part}_from` in entry ? [[part, String(entry[`${part}_from`])]] : [])),
  );
}

/** The file that holds a part of a role, if it is there. @param name without its ending */
export function partFiles(folder: string, part: string, name = 'main'): readonly string[] {
  return [name, `${name}.yml`, `${name}.yaml`]
    .map((file) => join(folder, part, file))
    .filter((path) => existsSync(path) && statSync(path).isFile())
    .slice(0, 1);
}

export function isRoleFolder(path: string): boolean {
  return (
    basename(path) !== '' &&
    ['tasks', 'handlers', 'defaults', 'vars', 'meta'].some((part) => partFiles(path, part).length > 0)
  );
}
