import { ProvisionError } from '../errors.ts';
import { Secret } from '../shell/secret.ts';
import { DEFAULT_ID } from './envelope.ts';
import { readPassword } from './password-file.ts';
import type { PasswordSource } from './sources.ts';
import type { VaultPassword, VaultPasswords } from './vault.ts';

/** The vault passwords of a run. */
export interface Keyring {
  /**
   * Reads and asks for the passwords; once, however often it is called.
   * @throws ProvisionError `vault-password-unreadable`, `vault-password-missing` where nobody can be asked
   */
  unlock(): Promise<VaultPasswords>;
}

/** Asks the user for what must not show. @returns undefined where there is no terminal */
export type Ask = (question: string) => Promise<string | undefined>;

/** No passwords: what is encrypted cannot be read. */
export const NO_KEYS: Keyring = { unlock: async () => [] };

/** Passwords from these sources, taken only when something is encrypted. */
export function createKeyring(sources: readonly PasswordSource[], ask: Ask): Keyring {
  let unlocked: Promise<VaultPasswords> | undefined;
  return {
    unlock() {
      unlocked ??= readPasswords(sources, ask);
      return unlocked;
    },
  };
}

/** One after the other: two questions at a time would not do, and a password may open the file of a later one. */
async function readPasswords(sources: readonly PasswordSource[], ask: Ask): Promise<VaultPasswords> {
  const passwords: VaultPassword[] = [];
  for (const source of sources) {
    const value =
      source.from === 'prompt' ? await askForPassword(source.id, ask) : await readPassword(source, passwords);
    passwords.push({ id: source.id, password: Secret.named(`vault password ${source.id}`, value) });
  }
  return passwords;
}

/** @param again ask twice: for a new password, of which nobody would notice a slip */
export async function askForPassword(id: string, ask: Ask, { again = false } = {}): Promise<string> {
  const name = id === DEFAULT_ID ? '' : ` of ${id}`;
  const what = again ? `New vault password${name}` : `Vault password${name}`;
  // As Ansible has it: blanks around it are not part of it.
  const password = (await ask(`${what}:`))?.trim();
  if (password === undefined) {
    throw new ProvisionError('vault-password-missing', `there is no terminal to ask for the vault password${name} on`, {
      hint: `Give it by a file: --vault-password-file ${id === DEFAULT_ID ? 'FILE' : `${id}@FILE`}.`,
    });
  }
  if (password === '') {
    const hint = again ? 'Choose another.' : 'Type the one that it was encrypted with.';
    throw new ProvisionError('vault-refused', 'the password is empty', { hint });
  }
  if (again && (await ask(`${what}, once more:`))?.trim() !== password) {
    throw new ProvisionError('vault-refused', 'the two passwords differ', { hint: 'Try again.' });
  }
  return password;
}
