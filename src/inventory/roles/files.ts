/** Where roles lie: those of the user in a folder of theirs, and those that come with provision. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROLE_ENDINGS } from '../../engine/role-origin.ts';
import { EXTENSION, SHIPPED_ROLES } from '../../installation.ts';

const SHIPPED_ENDINGS = [EXTENSION, `/index${EXTENSION}`];

/** The file of the role of that name; the user's own counts. Undefined where there is none. */
export function roleFile(name: string, userDir: string): string | undefined {
  const own = ROLE_ENDINGS.map((ending) => join(userDir, `${name}${ending}`));
  const shipped = SHIPPED_ENDINGS.map((ending) => join(SHIPPED_ROLES, `${name}${ending}`));
  return [...own, ...shipped].find((file) => existsSync(file));
}

/** Whether that file of a role came with provision. */
export function isShipped(file: string): boolean {
  return dirname(file) === SHIPPED_ROLES || dirname(dirname(file)) === SHIPPED_ROLES;
}

/** The names of all roles that an inventory beside that folder may use. */
export function roleNames(userDir: string): ReadonlySet<string> {
  return new Set([...ownRoleNames(userDir), ...namesIn(SHIPPED_ROLES, SHIPPED_ENDINGS)]);
}

/** The names of the user's own roles; none where there is no such folder. */
export function ownRoleNames(userDir: string): readonly string[] {
  return namesIn(userDir, ROLE_ENDINGS);
}

function namesIn(dir: string, endings: readonly string[]): readonly string[] {
  if (!existsSync(dir)) return [];
  const names = new Set(readdirSync(dir).map((entry) => entry.replace(/\.[tj]s$/, '')));
  return [...names].filter((name) => endings.some((ending) => existsSync(join(dir, `${name}${ending}`)))).sort();
}
