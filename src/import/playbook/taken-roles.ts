/** Roles that were taken already: Ansible does a role once in a play, however many name it, unless it is given something else. */
import { partFiles } from './role-folder.ts';
import { isRecord, readYaml } from './yaml-source.ts';

export interface TakenRoles {
  /**
   * Whether the same was taken before, and is done wherever this would be; it is taken from now on.
   * @param entry of `roles` or of dependencies @param conditions of all that it stands in
   */
  isTaken(folder: string, entry: unknown, conditions: readonly unknown[]): boolean;
}

export function createTakenRoles(): TakenRoles {
  const taken = new Map<string, readonly string[]>();

  return {
    isTaken(folder, entry, conditions) {
      if (mayBeTwice(folder)) return false;
      const { role: _, name: __, ...given } = isRecord(entry) ? entry : {};
      const key = `${folder} ${JSON.stringify(given)}`;
      const own = conditions.map((condition) => JSON.stringify(condition));
      const before = taken.get(key);
      taken.set(key, before ?? own);
      return before?.every((condition) => own.includes(condition)) ?? false;
    },
  };
}

/** `allow_duplicates` of its meta. */
function mayBeTwice(folder: string): boolean {
  const [meta] = partFiles(folder, 'meta');
  const about = meta === undefined ? undefined : readYaml(meta, meta);
  return isRecord(about) && /^(true|yes|on)$/i.test(String(about.allow_duplicates));
}
