/** Where our own files lie. The same code runs as the sources of a checkout, as their bundle, and as an installed package. */
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds `package.json`, `files/` and, as sources or below `dist`, the code. */
const ROOT = dirname(findPackageJSON(import.meta.url) ?? import.meta.dirname);
const IS_SOURCE = import.meta.filename.endsWith('.ts');
const CODE = IS_SOURCE ? ROOT : join(ROOT, 'dist');

/** What the file names of our own modules end in. */
export const EXTENSION = IS_SOURCE ? '.ts' : '.js';

/** Absolute path of `package.json`. */
export const PACKAGE_FILE = join(ROOT, 'package.json');

/** Absolute path of the folder of the roles that come with provision. */
export const SHIPPED_ROLES = join(CODE, 'roles');

/** Absolute path of the module that roles import as `provision`. */
export const PUBLIC_API = join(CODE, 'src', `index${EXTENSION}`);

/** Absolute path of the module that roles import as `zod`: the very one that our schemas are made with. */
export const ZOD = IS_SOURCE ? fileURLToPath(import.meta.resolve('zod')) : join(CODE, 'zod.js');

/** Absolute path of a file in `docs/`. */
export function shippedDocument(name: string): string {
  return join(ROOT, 'docs', name);
}

/** Absolute path of the JSON Schema of inventories, for editors. */
export const INVENTORY_SCHEMA = shippedDocument('inventory.schema.json');

/** Absolute path of the recipe of throwaway hosts. */
export function shippedDockerfile(): string {
  return join(ROOT, 'Dockerfile.testhost');
}

/** Absolute path of a file in `files/`. */
export function shippedFile(name: string): string {
  return join(ROOT, 'files', name);
}
