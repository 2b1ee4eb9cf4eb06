/** Inventories for tests, in a folder of their own, with the roles of `fixtures` beside them. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { type HostSelection, type ResolvedHost, resolveHosts } from '../../src/inventory/resolve.ts';
import type { Inventory } from '../../src/inventory/types.ts';
import { type Keyring, NO_KEYS } from '../../src/vault/keyring.ts';

const ROLES = join(import.meta.dirname, 'fixtures', 'roles');

type Files = Readonly<Record<string, string | Uint8Array>>;

interface Setting extends HostSelection {
  readonly env?: NodeJS.ProcessEnv;
  /** Further files by their paths beside the inventory. */
  readonly files?: Files;
  /** Opens what is encrypted. */
  readonly keyring?: Keyring;
}

/** A folder with these files, gone when the test is done. */
export function folderWith(files: Files): string {
  const dir = mkdtempSync(join(tmpdir(), 'provision-inventory-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return dir;
}

/** Loads `prod.yml` with this content. */
export function load(
  content: string | Uint8Array,
  { env = {}, files = {}, keyring = NO_KEYS }: Setting = {},
): Promise<Inventory> {
  const roles = readdirSync(ROLES).map((name) => [
    `roles/${name}`,
    `export { default } from '${join(ROLES, name)}';\n`,
  ]);
  const dir = folderWith({ 'prod.yml': content, ...Object.fromEntries(roles), ...files });
  return loadInventory(join(dir, 'prod.yml'), { env, keyring });
}

/** The hosts of `prod.yml` with this content. */
export async function resolve(content: string, setting: Setting = {}): Promise<ResolvedHost[]> {
  return resolveHosts(await load(content, setting), setting);
}

/** All that an error tells, without the folder of the test: `code place: message`, then hint and detail, a line each. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProvisionError)) throw error;
  const { code, location, message, hint, detail } = error;
  const head = `${code}${location === undefined ? '' : ` ${location}`}: ${message}`;
  const text = [head, hint, detail].filter((part) => part !== undefined).join('\n');
  return text.replaceAll(/\/[^\s:]*\/provision-inventory-[^/]+\//g, '');
}
