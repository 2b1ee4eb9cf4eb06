/** What is encrypted in an inventory: single values (`!vault |`), and whole files. */
import type { ScalarTag } from 'yaml';
import { ProvisionError } from '../../errors.ts';
import { Secret } from '../../shell/secret.ts';
import { isVault, parseEnvelope } from '../../vault/envelope.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { decryptVault, openVault, type VaultPasswords } from '../../vault/vault.ts';
import { type Host, isContainer } from '../types.ts';

/** Makes a secret of an encrypted value that stands there. @throws ProvisionError `vault-damaged` */
export type Seal = (text: string, location: string) => Secret;

/** Ansible knows both. */
const TAGS = ['!vault', '!vault-encrypted'];

/** Lets the parser leave encrypted values as they are. */
export const VAULT_TAGS: readonly ScalarTag[] = TAGS.map((tag) => ({ tag, resolve: (text) => text }));

export function isVaultTag(tag: string | undefined): boolean {
  return tag !== undefined && TAGS.includes(tag);
}

/**
 * The encrypted values of a file. Their form is checked at once. They are decrypted when their variable is read: a run on
 * some hosts does without the passwords of the others, and deriving keys takes some milliseconds for each value.
 */
export function createSeals(): { seal: Seal; unlock(keyring: Keyring): Promise<void> } {
  let count = 0;
  let passwords: VaultPasswords = [];

  function seal(text: string, location: string): Secret {
    count += 1;
    if (!isVault(text)) throw notEncrypted(location);
    at(location, () => parseEnvelope(text));
    return Secret.lazy(`encrypted at ${location}`, () => at(location, () => decryptVault(text, passwords).reveal()));
  }

  return {
    seal,
    async unlock(keyring) {
      if (count > 0) passwords = await keyring.unlock();
    },
  };
}

/**
 * Decrypts everything encrypted in these values of a host: what cannot be decrypted shows now, before a host is touched.
 * @throws ProvisionError as `decryptVault`
 */
export function decryptAll(values: unknown, { name }: Pick<Host, 'name'>): void {
  if (isContainer(values)) for (const value of Object.values(values)) decryptAll(value, { name });
  if (!(values instanceof Secret)) return;
  try {
    // To tell whether it is known it must be decrypted.
    void values.isKnown;
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ host: name }) : error;
  }
}

/** The content of an encrypted file. @throws ProvisionError as `openVault` and `unlock` of the keyring */
export async function openFile(content: Buffer, file: string, keyring: Keyring): Promise<Buffer> {
  const text = content.toString('utf8');
  at(file, () => parseEnvelope(text));
  const passwords = await keyring.unlock();
  return at(file, () => openVault(text, passwords).bytes);
}

/** Tells where what fails stands. */
function at<T>(location: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ location }) : error;
  }
}

function notEncrypted(location: string): ProvisionError {
  return new ProvisionError('vault-damaged', 'what follows !vault is no encrypted text', {
    location,
    hint: 'Let `provision vault encrypt-string` make it. A text that starts with ! needs quotes.',
  });
}
