/** What the wizard encrypts, and what the run that follows needs for opening it. */
import type { Secret } from '../shell/secret.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { VaultPassword } from '../vault/vault.ts';
import type { Written } from '../wizard/wizard.ts';
import type { Options } from './options.ts';

export type TypedSecrets = ReturnType<typeof typedSecrets>;

/** Secrets that are encrypted during this run: what is needed to log in must be at hand in the clear as well. */
export function typedSecrets(options: Options) {
  const plain = new Map<string, Secret>();
  let password: Promise<VaultPassword> | undefined;
  return {
    async seal(secret: Secret): Promise<string> {
      const [{ passwordToEncrypt }, { encryptVault }] = await Promise.all([
        import('./vault-password.ts'),
        import('../vault/vault.ts'),
      ]);
      // One that was refused is asked for again.
      password ??= passwordToEncrypt(options).catch((error: unknown) => {
        password = undefined;
        throw error;
      });
      const { id, password: key } = await password;
      const envelope = encryptVault(secret.reveal(), key, id);
      plain.set(envelope, secret);
      return envelope;
    },
    async open(envelope: string): Promise<Secret> {
      const typed = plain.get(envelope);
      if (typed !== undefined) return typed;
      const [{ keyringOf }, { decryptVault }] = await Promise.all([
        import('./keyring.ts'),
        import('../vault/vault.ts'),
      ]);
      return decryptVault(envelope, await keyringOf(options).unlock());
    },
    /** What was typed here need not be typed again for the run; undefined where nothing was encrypted. */
    async keyring(): Promise<Keyring | undefined> {
      const known = await password;
      return known && { unlock: async () => [known] };
    },
  };
}

/** What the command line needs besides, where something is encrypted. */
export async function vaultWords({ isEncrypted }: Written, { vaultPasswordFiles }: Options): Promise<string> {
  if (!isEncrypted) return '';
  const [{ vaultEnvironment }, { passwordSources }] = await Promise.all([
    import('./keyring.ts'),
    import('../vault/sources.ts'),
  ]);
  if (passwordSources({ files: [], ask: false }, vaultEnvironment()).length > 0) return '';
  if (vaultPasswordFiles.length === 0) return ' --ask-vault-pass';
  return vaultPasswordFiles.map((file) => ` --vault-password-file ${file}`).join('');
}
