import { registerHooks } from 'node:module';

/** `.ts` in a checkout, `.js` once compiled: what our own files end in. */
export const EXTENSION = import.meta.filename.endsWith('.ts') ? '.ts' : '.js';

/** What a role may import by name wherever it lies. Looked up before the hook is there, which would ask itself otherwise. */
const OURS: Readonly<Record<string, string>> = {
  provision: new URL(`../index${EXTENSION}`, import.meta.url).href,
  zod: import.meta.resolve('zod'),
};

let isRegistered = false;

/** Imports a module of the user's; `provision` and `zod` in it are ours, also where no package is installed beside it. */
export async function importRole(url: string): Promise<Readonly<Record<string, unknown>>> {
  if (!isRegistered) {
    registerHooks({ resolve: (specifier, context, next) => next(OURS[specifier] ?? specifier, context) });
    isRegistered = true;
  }
  return import(url);
}
