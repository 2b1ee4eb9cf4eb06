import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { PUBLIC_API, ZOD } from '../installation.ts';

/** What a role may import by name wherever it lies. */
const OURS: ReadonlyMap<string, string> = new Map([
  ['provision', pathToFileURL(PUBLIC_API).href],
  ['zod', pathToFileURL(ZOD).href],
]);

let isRegistered = false;

/**
 * Imports a module of the user's; `provision` and `zod` in it are ours, also where no package is installed beside it. A
 * `.ts` file is a module whatever a package.json near it says, which is there for something else.
 */
export async function importRole(url: string): Promise<Readonly<Record<string, unknown>>> {
  if (!isRegistered) {
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(resolveOurs(specifier, context.parentURL), context);
        return isUsersTypeScript(resolved.url) ? { ...resolved, format: 'module-typescript' } : resolved;
      },
    });
    isRegistered = true;
  }
  return import(url);
}

function isUsersTypeScript(url: string): boolean {
  return url.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/');
}

/** Packages that others installed keep what they depend on. */
function resolveOurs(specifier: string, importer = ''): string {
  return importer.includes('/node_modules/') ? specifier : (OURS.get(specifier) ?? specifier);
}
