/** The files of users' roles: what they are called, and which role came from which. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RoleDefinition } from './role.ts';

/** How the file of a user's role ends, after the role's name: Node runs TypeScript as it is, outside of `node_modules`. */
export const ROLE_ENDINGS = ['.ts', '.js', '/index.ts', '/index.js'];

/** The user's role of each file that was imported as one. */
const imported = new Map<string, string>();

/** Notes that this file, without links in its path, is about to be imported as a user's role. */
export function rememberRoleFile(file: string, role: string): void {
  imported.set(file, role);
}

/** Where an error comes from that was thrown in a user's role, or in a file beside one. */
export interface RolePlace {
  /** Undefined where only a file beside it is named. */
  readonly role: string | undefined;
  /** `/home/me/inventory/roles/motd.ts:12:7`. */
  readonly location: string;
}

/** The first place in the users' roles that the stack of an error leads through; undefined where there is none. */
export function placeInRoles({ stack = '' }: Error): RolePlace | undefined {
  const folders = [...imported.keys()].map((file) => `${dirname(file)}/`);
  const own = framesOf(stack).filter(({ file }) => folders.some((folder) => file.startsWith(folder)));
  const [first] = own.filter(({ file }) => !file.includes('/node_modules/'));
  if (first === undefined) return undefined;
  const role = own.map(({ file }) => imported.get(file)).find((name) => name !== undefined);
  return { role, location: `${first.file}:${first.position}` };
}

function framesOf(stack: string): { readonly file: string; readonly position: string }[] {
  return stack.split('\n').flatMap((line) => {
    const [, url, path = '', position = ''] = /(?:(file:\/\/\/[^()]*)|(\/[^()]*)):(\d+:\d+)\)?$/.exec(line) ?? [];
    return position === '' ? [] : [{ file: url === undefined ? path : fileURLToPath(url), position }];
  });
}

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
