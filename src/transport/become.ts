/** Becoming root: the command line that does it. */
import { quote } from '../shell/sh.ts';
import type { HostAddress } from './types.ts';

/** A command line for the login shell, and how to answer the one question it may ask. */
export interface RootCommand {
  readonly line: string;
  /** Found at the end of standard error when the password is asked for. */
  readonly prompt: RegExp | undefined;
}

export type BecomeMethod = 'none' | 'sudo' | 'doas' | 'su';

const ENVIRONMENT = ['LC_ALL=C', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
const CLEAN_SHELL = ['env', '-i', ...ENVIRONMENT, 'HOME=/root', 'sh', '-c'];

export function becomeMethod({ become, user }: HostAddress): BecomeMethod {
  if (become.method !== 'auto') return become.method;
  return user === 'root' ? 'none' : 'sudo';
}

/**
 * The command line that runs a shell program as root with these arguments.
 *
 * The prompt's nonce stands in it in two halves: a login shell that echoes its commands cannot pass for sudo. Without a
 * password sudo and doas are told not to ask; with one, sudo still asks only where its rules want it.
 */
export function rootCommand(
  address: HostAddress,
  program: string,
  args: readonly string[],
  nonce: string,
): RootCommand {
  const method = becomeMethod(address);
  const shell = [...CLEAN_SHELL, program, 'provision', ...args].map(quote).join(' ');
  const run = `exec env ${ENVIRONMENT.join(' ')}`;
  const half = nonce.length / 2;

  if (method === 'none') return { line: `exec ${shell}`, prompt: undefined };
  if (method === 'doas') return { line: `${run} doas -n ${shell}`, prompt: undefined };
  if (method === 'su') {
    // su takes one command and hands it the arguments that follow; nested quotes would not survive every login shell.
    const wrapped = ['exec', ...CLEAN_SHELL, '"$0" "$@"'].join(' ');
    const words = ['-s', '/bin/sh', '-c', wrapped, 'root', program, 'provision', ...args];
    return { line: `${run} su ${words.map(quote).join(' ')}`, prompt: /[Pp]assword: ?$/ };
  }
  if (address.become.password === undefined) return { line: `${run} sudo -n -u root -- ${shell}`, prompt: undefined };
  const prompt = `'${nonce.slice(0, half)}''${nonce.slice(half)}'`;
  // sudo-rs writes `[sudo: PROMPT] Password: ` where sudo writes the prompt alone.
  return {
    line: `${run} sudo -S -p ${prompt} -u root -- ${shell}`,
    prompt: new RegExp(`${nonce}(\\] [Pp]assword)?:? ?$`),
  };
}
