/** What the wizard encrypts and opens, and what the run that follows needs for opening it. */
import type { Secret } from '../shell/secret.ts';
import type { Ask, Keyring } from '../vault/keyring.ts';
import type { VaultPassword, VaultPasswords } from '../vault/vault.ts';
import type { Written } from '../wizard/write-answers.ts';
import type { Options } from './arguments/options.ts';

export type TypedSecrets = ReturnType<typeof typedSecrets>;

/**
 * Secrets that are encrypted during this run: what is needed to log in must be at hand in the clear as well.
 * @param askUser of the wizard; none: on the terminal
 */
export function typedSecrets(options: Options, askUser?: Ask) {
  const plain = new Map<string, Secret>();
  const password = remembered<VaultPassword>();
  const passwords = remembered<VaultPasswords>();

  /** Where nothing names a password, the wizard asks for it. */
  async function unlock(): Promise<VaultPasswords> {
    const { keyringOf } = await import('./keyring.ts');
    const named = await keyringOf(options, askUser).unlock();
    if (named.length > 0 || askUser === undefined) return named;
    return keyringOf({ ...options, askVaultPass: true }, askUser).unlock();
  }

  return {
    async seal(secret: Secret): Promise<string> {
      const [{ passwordToEncrypt }, { encryptVault }] = await Promise.all([
        import('./vault-password.ts'),
        import('../vault/vault.ts'),
      ]);
      const { id, password: key } = await password.get(() => passwordToEncrypt(options, askUser));
      const envelope = encryptVault(secret.reveal(), key, id);
      plain.set(envelope, secret);
      return envelope;
    },
    async open(envelope: string): Promise<Secret> {
      const typed = plain.get(envelope);
      if (typed !== undefined) return typed;
      const { decryptVault } = await import('../vault/vault.ts');
      const known = await passwords.get(unlock);
      try {
        return decryptVault(envelope, known);
      } catch (error) {
        passwords.forget();
        throw error;
      }
    },
    /** What was typed here need not be typed again for the run; undefined where nothing was encrypted or opened. */
    async keyring(): Promise<Keyring | undefined> {
      const [own, opened = []] = await Promise.all([password.known(), passwords.known()]);
      const known = own === undefined ? opened : [own, ...opened];
      return known.length === 0 ? undefined : { unlock: async () => known };
    },
  };
}

/** Asked for once; what came to nothing, or was refused, is asked for again. */
function remembered<T>() {
  let value: Promise<T> | undefined;
  return {
    get(ask: () => Promise<T>): Promise<T> {
      value ??= ask().catch((error: unknown) => {
        value = undefined;
        throw error;
      });
      return value;
    },
    forget(): void {
      value = undefined;
    },
    known: async () => value,
  };
}

/** What the command line needs besides, where something is encrypted. */
export async function vaultWords(
  { isEncrypted }: Written,
  { vaultPasswordFiles }: Options,
): Promise<readonly string[]> {
  if (!isEncrypted) return [];
  const [{ vaultEnvironment }, { passwordSources }] = await Promise.all([
    import('./keyring.ts'),
    import('../vault/sources.ts'),
  ]);
  if (passwordSources({ files: [], ask: false }, vaultEnvironment()).length > 0) return [];
  if (vaultPasswordFiles.length === 0) return ['--ask-vault-pass'];
  return vaultPasswordFiles.flatMap((file) => ['--vault-password-file', lasting(file)]);
}

/** What a shell made of `<(…)` is gone with the run. */
function lasting(file: string): string {
  return file.replace(/(^|@)\/(?:dev|proc\/self)\/fd\/\d+$/, '$1FILE');
}
