import { registerHooks } from 'node:module';

/** `.ts` in a checkout, `.js` once compiled: what our own files end in. */
export const EXTENSION = import.meta.filename.endsWith('.ts') ? '.ts' : '.js';

/** What a role may import by name wherever it lies. Looked up before the hook is there, which would ask itself otherwise. */
const OURS: ReadonlyMap<string, string> = new Map([
  ['provision', new URL(`../index${EXTENSION}`, import.meta.url).href],
  ['zod', import.meta.resolve('zod')],
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
