import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { PUBLIC_API, ZOD } from '../../installation.ts';

/** What a role may import by name wherever it lies. */
const OURS: ReadonlyMap<string, string> = new Map([
  ['provision', pathToFileURL(PUBLIC_API).href],
  ['zod', pathToFileURL(ZOD).href],
]);

/** A role does no I/O: it is there at once, or never. */
const LOAD_LIMIT_MS = 10_000;

let isRegistered = false;

/**
 * Imports a module of the user's; `provision` and `zod` in it are ours, also where no package is installed beside it. A
 * `.ts` file is a module whatever a package.json near it says, which is there for something else.
 * @throws what the module throws, or an Error where it has not ended after the limit
 */
export async function importRole(url: string, limitMs = LOAD_LIMIT_MS): Promise<Readonly<Record<string, unknown>>> {
  if (!isRegistered) {
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(resolveOurs(specifier, context.parentURL), context);
        return isUsersTypeScript(resolved.url) ? { ...resolved, format: 'module-typescript' } : resolved;
      },
    });
    isRegistered = true;
  }
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => overdue.reject(new Error(`it waits for something (\`await\`) that did not come within ${limitMs / 1000} s`)),
    limitMs,
  );
  return Promise.race([import(url), overdue.promise]).finally(() => clearTimeout(timer));
}

function isUsersTypeScript(url: string): boolean {
  return url.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/');
}

/** Packages that others installed keep what they depend on. */
function resolveOurs(specifier: string, importer = ''): string {
  return importer.includes('/node_modules/') ? specifier : (OURS.get(specifier) ?? specifier);
}
