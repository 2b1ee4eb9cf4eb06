/** Vault passwords, from the options, the environment and the terminal. */
import { closeSync, openSync } from 'node:fs';
import { homedir } from 'node:os';
import { ReadStream } from 'node:tty';
import { ProvisionError } from '../errors.ts';
import { readAnsibleConfig } from '../vault/ansible-config.ts';
import { type Ask, createKeyring, type Keyring } from '../vault/keyring.ts';
import { type Environment, passwordSources } from '../vault/sources.ts';
import type { Options } from './arguments/options.ts';

/** What opens the encrypted parts of an inventory. */
export function keyringOf({ vaultPasswordFiles, askVaultPass }: Options, askUser: Ask = askHidden): Keyring {
  return createKeyring(passwordSources({ files: vaultPasswordFiles, ask: askVaultPass }, vaultEnvironment()), askUser);
}

/** What names vault passwords besides the options. */
export function vaultEnvironment(): Environment {
  const { env } = process;
  return { env, ansible: readAnsibleConfig({ env, folder: process.cwd(), home: homedir() }) };
}

/**
 * Asks on the terminal, without showing what is typed; again where nothing is.
 * @returns undefined where there is no terminal
 * @throws ProvisionError `interrupted`
 */
export async function askHidden(question: string): Promise<string | undefined> {
  const terminal = openTerminal();
  if (terminal === undefined) return undefined;
  const { password } = await import('@inquirer/prompts');
  try {
    const validate = (text: string) => text.trim() !== '' || 'must be given';
    return await password(
      { message: question, mask: true, validate },
      { input: terminal.input, output: process.stderr },
    );
  } catch (error) {
    const isBroken = error instanceof Error && error.name === 'ExitPromptError';
    throw isBroken ? new ProvisionError('interrupted', 'interrupted at a question', { hint: 'Start again.' }) : error;
  } finally {
    terminal.close();
  }
}

interface Terminal {
  readonly input: NodeJS.ReadStream;
  close(): void;
}

/** Standard input; where that is a pipe, the terminal behind it: `echo … | provision vault encrypt-string`. */
function openTerminal(): Terminal | undefined {
  if (!process.stderr.isTTY) return undefined;
  if (process.stdin.isTTY) return { input: process.stdin, close() {} };
  try {
    const fd = openSync('/dev/tty', 'r+');
    try {
      const input = new ReadStream(fd);
      return { input, close: () => void input.destroy() };
    } catch {
      closeSync(fd);
      return undefined;
    }
  } catch {
    return undefined;
  }
}
