import { dirname, isAbsolute, relative, resolve } from 'node:path';

/** Where relative paths begin: those that are typed in the current folder, those of the inventory in its own. */
export interface Places {
  /** The current folder, absolute. */
  readonly folder: string;
  /** The inventory, absolute. */
  readonly file: string;
}

/** A path that was typed, as the inventory has it. */
export function toInventoryPath(path: string, { folder, file }: Places): string {
  if (path === '' || path.startsWith('~') || isAbsolute(path)) return path;
  return relative(dirname(file), resolve(folder, path)) || '.';
}

/** The other way round. */
export function fromInventoryPath(path: string, { folder, file }: Places): string {
  if (path === '' || path.startsWith('~') || isAbsolute(path)) return path;
  return relative(folder, resolve(dirname(file), path)) || '.';
}
