/** Becoming root: the command line that does it, and what its refusals mean. */
import type { ErrorCode } from '../errors.ts';
import { ProvisionError } from '../errors.ts';
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

interface Refusal {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** Worded by sudo 1.8 to 1.9, sudo-rs, opendoas, and su of util-linux, shadow and busybox, all in the C locale. */
const REFUSALS: Record<BecomeMethod, readonly Refusal[]> = {
  none: [],
  sudo: [
    {
      pattern: /must have a tty to run sudo|a terminal is required to (run|read)|no tty present/,
      code: 'become-requires-tty',
      message: 'sudo insists on a terminal for {user}',
      hint: 'Add this line with `visudo` on the host: Defaults:{user} !requiretty',
    },
    {
      pattern: /not in the sudoers file|not allowed to (execute|run)|may not run sudo|I'm afraid I can't do that/i,
      code: 'become-not-allowed',
      message: '{user} may not become root with sudo',
      hint: 'Let {user} use sudo on the host (for example `usermod -aG sudo {user}` on Debian), or log in as another user.',
    },
    {
      pattern: /try again|incorrect (password|authentication) attempt|authentication fail|maximum .* attempts/i,
      code: 'become-password-wrong',
      message: 'sudo refuses the password of {user}',
      hint: 'Correct the become password of this host in the inventory. It was tried once, so that no account is locked.',
    },
    {
      pattern: /(password|authentication) is required/i,
      code: 'become-password-missing',
      message: 'sudo asks for the password of {user}, and none is configured',
      hint: 'Set the become password of this host, or let {user} use sudo without one; where {user} may not use sudo at all, sudo says the same.',
    },
    {
      pattern: /sudo'?: (No such file|command not found|not found)|can't execute 'sudo'/,
      code: 'become-not-found',
      message: 'sudo is not installed on the host',
      hint: 'Log in as root, install sudo, or choose another way to become root (`become: su` or `become: doas`).',
    },
  ],
  doas: [
    {
      pattern: /doas'?: (No such file|command not found|not found)|can't execute 'doas'/,
      code: 'become-not-found',
      message: 'doas is not installed on the host',
      hint: 'Log in as root, install doas, or choose another way to become root (`become: sudo` or `become: su`).',
    },
    {
      pattern: /authenti\w+ required|authorization required|a tty is required/i,
      code: 'become-requires-tty',
      message: 'doas asks for the password of {user}, which it takes from a terminal alone',
      hint: 'Add this line to /etc/doas.conf on the host: permit nopass {user} as root',
    },
    {
      pattern: /not permitted|not enabled|not installed setuid/i,
      code: 'become-not-allowed',
      message: '{user} may not become root with doas',
      hint: 'Add this line to /etc/doas.conf on the host: permit nopass {user} as root',
    },
  ],
  su: [
    {
      pattern: /su'?: (No such file|command not found|not found)|can't execute 'su'/,
      code: 'become-not-found',
      message: 'su is not installed on the host',
      hint: 'Log in as root, or choose another way to become root (`become: sudo` or `become: doas`).',
    },
    {
      pattern: /must be run from a terminal|requires? a t(ty|erminal)/i,
      code: 'become-requires-tty',
      message: 'su insists on a terminal',
      hint: 'Log in as root, or choose another way to become root (`become: sudo` or `become: doas`).',
    },
    {
      pattern: /permission denied|not allowed|must be suid/i,
      code: 'become-not-allowed',
      message: '{user} may not become root with su',
      hint: 'Let {user} use su on the host (group `wheel` where pam_wheel is on), or log in as another user.',
    },
    {
      pattern: /authentication failure|incorrect password/i,
      code: 'become-password-wrong',
      message: 'su refuses the password of root',
      hint: 'Correct the become password of this host in the inventory: su wants the password of root, not of {user}.',
    },
  ],
};

/** What it means that the program ended before it said hello. `output` is all that it wrote, on both streams. */
export function becomeError(address: HostAddress, output: string, code: number | undefined): ProvisionError {
  const method = becomeMethod(address);
  const refusal = REFUSALS[method].find(({ pattern }) => pattern.test(output));
  const detail = lastLines(output);
  if (refusal !== undefined) return refused(address, refusal, detail);
  const status = code === undefined ? '' : ` (exit status ${code})`;
  return new ProvisionError('shell-unusable', `the login shell of ${address.user} did not start our shell${status}`, {
    host: address.name,
    detail,
    hint: `Try \`ssh ${address.user}@${address.hostname} /bin/sh -c true\`: it must work without a word. Accounts with nologin cannot be used.`,
  });
}

/** The password was asked for a second time: it is wrong. */
export function passwordWrong(address: HostAddress): ProvisionError {
  return known(address, 'become-password-wrong', {
    code: 'become-password-wrong',
    pattern: /^/,
    message: 'the password to become root is refused',
    hint: 'Correct the become password of this host in the inventory.',
  });
}

/** The password was asked for, and there is none. */
export function passwordMissing(address: HostAddress): ProvisionError {
  return known(address, 'become-password-missing', {
    code: 'become-password-missing',
    pattern: /^/,
    message: `${becomeMethod(address)} asks for a password, and none is configured`,
    hint: 'Set the become password of this host in the inventory.',
  });
}

function known(address: HostAddress, code: ErrorCode, otherwise: Refusal): ProvisionError {
  return refused(address, REFUSALS[becomeMethod(address)].find((refusal) => refusal.code === code) ?? otherwise);
}

function refused({ name, user }: HostAddress, refusal: Refusal, detail?: string): ProvisionError {
  const fill = (text: string) => text.replaceAll('{user}', user);
  return new ProvisionError(refusal.code, fill(refusal.message), { host: name, hint: fill(refusal.hint), detail });
}

/** The end of a program's output, for an error's detail; undefined where it said nothing. */
export function lastLines(output: string, count = 10): string | undefined {
  const lines = output.trimEnd().split('\n').slice(-count).join('\n').trimStart();
  return lines === '' ? undefined : lines;
}
