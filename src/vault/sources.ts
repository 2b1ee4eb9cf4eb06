/** Where vault passwords come from: what the command line and the environment name. Nothing is read here. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ProvisionError } from '../errors.ts';
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

/** The variables that name a password file: ours, and Ansible's. */
const VARIABLES = ['PROVISION_VAULT_PASSWORD_FILE', 'ANSIBLE_VAULT_PASSWORD_FILE'] as const;

/**
 * All sources: those of the command line before those of the environment.
 * @throws ProvisionError `usage` where one of them is not `FILE` or `ID@FILE`
 */
export function passwordSources({ files, ask }: SourceWishes, env: NodeJS.ProcessEnv): readonly PasswordSource[] {
  const asked: readonly PasswordSource[] = ask ? [{ id: DEFAULT_ID, from: 'prompt' }] : [];
  return [...files.map((file) => parseSource(file)), ...asked, ...environmentSources(env)];
}

/** The sources that the environment names. */
export function environmentSources(env: NodeJS.ProcessEnv): readonly PasswordSource[] {
  return VARIABLES.flatMap((name) => (env[name] ? [parseSource(env[name], name)] : []));
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
