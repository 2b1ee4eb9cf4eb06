/** Where vault passwords come from: what the command line and the environment name. Nothing is read here. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import type { AnsibleConfig } from './ansible-config.ts';
import { DEFAULT_ID, isVaultId } from './envelope.ts';

/** Where one password comes from. */
export type PasswordSource =
  | { readonly id: string; readonly from: 'prompt' }
  | { readonly id: string; readonly from: 'file'; readonly path: string; readonly setBy: string };

export interface SourceWishes {
  /** Each `FILE`, `ID@FILE` or `ID@prompt`. */
  readonly files: readonly string[];
  /** Ask for the password. */
  readonly ask: boolean;
}

const OPTION = '--vault-password-file';
const PROMPT = 'prompt';

const OURS = 'PROVISION_VAULT_PASSWORD_FILE';

/** What names passwords besides the command line. */
export interface Environment {
  readonly env: NodeJS.ProcessEnv;
  readonly ansible: AnsibleConfig | undefined;
}

/**
 * All sources: those of the command line, then ours, then those of Ansible.
 * @throws ProvisionError `usage` where one of them is not `FILE` or `ID@FILE`
 */
export function passwordSources(wishes: SourceWishes, environment: Environment): readonly PasswordSource[] {
  return sourcesByOrigin(wishes, environment).flat();
}

/** As `passwordSources`: a list for the command line, one for our variable, one for Ansible's settings. */
export function sourcesByOrigin(
  { files, ask }: SourceWishes,
  { env, ansible }: Environment,
): readonly (readonly PasswordSource[])[] {
  const asked: readonly PasswordSource[] = ask ? [{ id: DEFAULT_ID, from: 'prompt' }] : [];
  return [
    [...files.map((file) => parseSource(file)), ...asked],
    env[OURS] ? [parseSource(env[OURS], OURS)] : [],
    ansibleSources(env, ansible),
  ];
}

/** A variable counts before the same setting of ansible.cfg. */
function ansibleSources(env: NodeJS.ProcessEnv, config: AnsibleConfig | undefined): readonly PasswordSource[] {
  const file = env.ANSIBLE_VAULT_PASSWORD_FILE
    ? parseSource(env.ANSIBLE_VAULT_PASSWORD_FILE, 'ANSIBLE_VAULT_PASSWORD_FILE')
    : config?.passwordFile && parseSource(config.passwordFile, `vault_password_file in ${config.path}`);
  const [list, setBy] = env.ANSIBLE_VAULT_IDENTITY_LIST
    ? [env.ANSIBLE_VAULT_IDENTITY_LIST, 'ANSIBLE_VAULT_IDENTITY_LIST']
    : [config?.identityList ?? '', `vault_identity_list in ${config?.path}`];
  const identities = list.split(',').map((entry) => entry.trim());
  return [
    ...(file ? [file] : []),
    ...identities.filter((entry) => entry !== '').map((entry) => parseSource(entry, setBy)),
  ];
}

/**
 * `FILE`, `ID@FILE` or `ID@prompt`. What stands before the first @ is an id if one could be called so: `./a@b` is a file.
 * @param setBy how messages call the option or variable
 * @throws ProvisionError `usage`
 */
export function parseSource(text: string, setBy = OPTION): PasswordSource {
  const [before = '', ...rest] = text.split('@');
  const hasId = rest.length > 0 && isVaultId(before);
  const file = hasId ? rest.join('@') : text;
  if (file === '' || file.startsWith('@')) {
    throw new ProvisionError('usage', `${setBy} needs the path of a file, or ID@FILE`, {
      hint: `Write ${OPTION} prod@prod.password, for example.`,
    });
  }
  if (hasId && file === PROMPT) return { id: before, from: 'prompt' };
  // The shell leaves a ~ that does not stand at the start of a word.
  const path = file.startsWith('~/') ? join(homedir(), file.slice(2)) : file;
  return { id: hasId ? before : DEFAULT_ID, from: 'file', path, setBy };
}
