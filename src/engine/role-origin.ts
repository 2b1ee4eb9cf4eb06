/** The files of users' roles: what they are called, and which role came from which. */
import type { RoleDefinition } from './role.ts';

/** How the file of a user's role ends, after the role's name: Node runs TypeScript as it is, outside of `node_modules`. */
export const ROLE_ENDINGS = ['.ts', '.js', '/index.ts', '/index.js'];

/** Beside the definitions and not in them: those are the user's own objects. */
const origins = new WeakMap<RoleDefinition, string>();

/** Notes the absolute path of the file that a user's role was loaded from. */
export function rememberRoleOrigin(definition: RoleDefinition, file: string): void {
  origins.set(definition, file);
}

/** Absolute path of the file that a user's role was loaded from; undefined for a role that comes with provision. */
export function roleOrigin(definition: RoleDefinition): string | undefined {
  return origins.get(definition);
}
