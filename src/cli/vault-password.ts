/** Which password to encrypt with. */
import { ProvisionError } from '../errors.ts';
import { Secret } from '../shell/secret.ts';
import { DEFAULT_ID, isVaultId } from '../vault/envelope.ts';
import { type Ask, askForPassword } from '../vault/keyring.ts';
import { readPassword } from '../vault/password-file.ts';
import { type PasswordSource, parseSource, sourcesByOrigin } from '../vault/sources.ts';
import type { VaultPassword } from '../vault/vault.ts';
import type { Options } from './arguments/options.ts';
import { askHidden, vaultEnvironment } from './keyring.ts';

/**
 * The password that the command line names, else our variable, else Ansible's settings; where neither does it is asked for, twice. With
 * `--encrypt-vault-id` the one of that id.
 * @throws ProvisionError `usage` where it could be several, `vault-id-unknown`, and as `readPassword`
 */
export async function passwordToEncrypt(options: Options, askUser: Ask = askHidden): Promise<VaultPassword> {
  const { vaultPasswordFiles: files, askVaultPass: ask, encryptVaultId: id } = options;
  if (id !== undefined && !isVaultId(id)) {
    throw new ProvisionError('usage', `${JSON.stringify(id)} cannot be a vault id`, {
      hint: 'Use letters, digits, `_`, `-` and `.`.',
    });
  }
  const origins = sourcesByOrigin({ files, ask }, vaultEnvironment());
  const nearest = origins.find((sources) => sources.length > 0);
  if (nearest === undefined) return read({ id: id ?? DEFAULT_ID, from: 'prompt' }, askUser);
  if (id === undefined) {
    if (nearest.length > 1) throw severalPasswords(nearest);
    return read(nearest[0] as PasswordSource, askUser);
  }
  const source = origins.flat().find((candidate) => candidate.id === id);
  if (source !== undefined) return read(source, askUser);
  throw new ProvisionError('vault-id-unknown', `no password is given for the vault id ${id}`, {
    hint: `Give it: --vault-password-file ${id}@FILE.`,
  });
}

/** The password to change to; its id is undefined where the command line does not say: each file keeps its own. */
export async function newPassword({ newVaultPasswordFile: file }: Options): Promise<Partial<VaultPassword> & Password> {
  if (file === undefined) return { password: (await read({ id: DEFAULT_ID, from: 'prompt' })).password };
  const source = parseSource(file, '--new-vault-password-file');
  const { id, password } = await read(source);
  return id === DEFAULT_ID ? { password } : { id, password };
}

type Password = Pick<VaultPassword, 'password'>;

async function read(source: PasswordSource, askUser: Ask = askHidden): Promise<VaultPassword> {
  const { id } = source;
  const value =
    source.from === 'prompt' ? await askForPassword(id, askUser, { again: true }) : await readPassword(source, []);
  return { id, password: Secret.named(`vault password ${id}`, value) };
}

function severalPasswords(sources: readonly PasswordSource[]): ProvisionError {
  const ids = sources.map(({ id }) => id).join(', ');
  return new ProvisionError('usage', `several vault passwords are given: ${ids}`, {
    hint: 'Say which one to encrypt with: --encrypt-vault-id ID.',
  });
}
