/** What the tests of vaults share: vaults that ansible-vault 2.14 has made, and their passwords. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProvisionError } from '../../src/errors.ts';
import { Secret } from '../../src/shell/secret.ts';
import type { VaultPassword } from '../../src/vault/vault.ts';

export const HORSE = 'correct horse';
export const UMLAUTS = 'pässwörd';

export function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', `${name}.vault`), 'utf8');
}

export function key(password: string, id = 'default'): VaultPassword {
  return { id, password: Secret.named('password', password) };
}

/** `code: message` of what the call throws. */
export function errorOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ProvisionError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'it did not fail';
}
