import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { PUBLIC_API, ZOD } from '../installation.ts';

/** What a role may import by name wherever it lies. */
const OURS: ReadonlyMap<string, string> = new Map([
  ['provision', pathToFileURL(PUBLIC_API).href],
  ['zod', pathToFileURL(ZOD).href],
]);

let isRegistered = false;

/** Imports a module of the user's; `provision` and `zod` in it are ours, also where no package is installed beside it. */
export async function importRole(url: string): Promise<Readonly<Record<string, unknown>>> {
  if (!isRegistered) {
    registerHooks({ resolve: (specifier, context, next) => next(resolveOurs(specifier, context.parentURL), context) });
    isRegistered = true;
  }
  return import(url);
}

/** Packages that others installed keep what they depend on. */
function resolveOurs(specifier: string, importer = ''): string {
  return importer.includes('/node_modules/') ? specifier : (OURS.get(specifier) ?? specifier);
}
