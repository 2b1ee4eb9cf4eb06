/** What it means that somebody may not become root. */
import { type ErrorCode, ProvisionError } from '../errors.ts';
import { type BecomeMethod, becomeMethod } from './become.ts';
import type { HostAddress } from './types.ts';

type BecomeErrorCode = Extract<ErrorCode, `become-${string}`>;

interface Refusal {
  readonly code: BecomeErrorCode;
  /** How the program says so. Not given where it asks instead of saying. */
  readonly pattern?: RegExp;
  /** `{user}` stands for the name of the user who logged in. */
  readonly message: string;
  readonly hint: string;
}

const NOPASS = 'Add this line to /etc/doas.conf on the host: permit nopass {user} as root';

/** Worded by sudo 1.8 to 1.9, sudo-rs, opendoas, and su of util-linux, shadow and busybox, all in the C locale. */
const REFUSALS: Record<BecomeMethod, readonly Refusal[]> = {
  none: [],
  sudo: [
    {
      code: 'become-requires-tty',
      pattern: /must have a tty to run sudo|a terminal is required|no tty present/i,
      message: 'sudo insists on a terminal for {user}',
      hint: 'Add this line with `visudo` on the host: Defaults:{user} !requiretty',
    },
    {
      code: 'become-not-allowed',
      pattern: /not in the sudoers file|is not allowed to|may not run|I'm afraid I can't do that/i,
      message: '{user} may not become root with sudo',
      hint: 'Let {user} use sudo on the host (`usermod -aG sudo {user}` on Debian), or log in as another user.',
    },
    {
      code: 'become-password-wrong',
      pattern: /try again|incorrect (password|authentication) attempt|authentication failed/i,
      message: 'sudo refuses the password of {user}',
      hint: 'Correct `ansible_become_password` of this host. It was tried once, so that no account is locked.',
    },
    {
      code: 'become-password-missing',
      pattern: /(password|authentication) is required/i,
      message: 'sudo asks for the password of {user}, and none is configured',
      hint:
        'Set `ansible_become_password` of this host, or let {user} use sudo without one. ' +
        'Where {user} may not use sudo at all, sudo says the same.',
    },
  ],
  doas: [
    {
      code: 'become-requires-tty',
      pattern: /authentication required|authorization required|a tty is required/i,
      message: 'doas asks for the password of {user}, which it takes from a terminal alone',
      hint: NOPASS,
    },
    {
      code: 'become-not-allowed',
      pattern: /not permitted|not enabled|not installed setuid/i,
      message: '{user} may not become root with doas',
      hint: NOPASS,
    },
  ],
  su: [
    {
      code: 'become-requires-tty',
      pattern: /must be run from a terminal/i,
      message: 'su insists on a terminal',
      hint: 'Log in as root, or choose another way to become root: sudo or doas.',
    },
    {
      code: 'become-not-allowed',
      pattern: /permission denied|must be suid/i,
      message: '{user} may not become root with su',
      hint: 'Let {user} use su on the host (by its group, where pam_wheel is on), or log in as another user.',
    },
    {
      code: 'become-password-wrong',
      pattern: /authentication failure|incorrect password/i,
      message: 'su refuses the password of root',
      hint: 'Correct `ansible_become_password` of this host: su wants the password of root, not of {user}.',
    },
    {
      code: 'become-password-missing',
      message: 'su asks for the password of root, and none is configured',
      hint: 'Set `ansible_become_password` of this host: su wants the password of root, not of {user}.',
    },
  ],
};

/** env(1) exits so where it cannot find the command, in whatever language it says so; so does a shell that cannot find env. */
const NOT_FOUND = 127;

/** What it means that the program ended before it said hello. `output` is all that it wrote, on both streams. */
export function becomeError(address: HostAddress, output: string, code: number | undefined): ProvisionError {
  const method = becomeMethod(address);
  const detail = lastLines(output);
  const refusal = REFUSALS[method].find(({ pattern }) => pattern?.test(output));
  if (refusal !== undefined) return refused(address, refusal, detail);
  if (code === NOT_FOUND && saysNoEnv(output, method)) return noPrograms(address, detail);
  if (method !== 'none' && code === NOT_FOUND) return notInstalled(address, method, detail);
  return noShell(address, method, code, detail);
}

/** The password was asked for a second time. */
export function passwordWrong(address: HostAddress): ProvisionError {
  return asked(address, 'become-password-wrong');
}

/** The password was asked for, and there is none. */
export function passwordMissing(address: HostAddress): ProvisionError {
  return asked(address, 'become-password-missing');
}

/** The end of a program's output, for an error's detail; undefined where it said nothing. */
export function lastLines(output: string, count = 10): string | undefined {
  const lines = output.trimEnd().split('\n').slice(-count).join('\n').trimStart();
  return lines === '' ? undefined : lines;
}

function asked(address: HostAddress, code: BecomeErrorCode): ProvisionError {
  const refusal = REFUSALS[becomeMethod(address)].find((entry) => entry.code === code);
  if (refusal === undefined) throw new TypeError(`${becomeMethod(address)} never asks for a password`);
  return refused(address, refusal);
}

function refused({ name, user }: HostAddress, { code, message, hint }: Refusal, detail?: string): ProvisionError {
  const fill = (text: string) => text.replaceAll('{user}', user);
  return new ProvisionError(code, fill(message), { host: name, hint: fill(hint), detail });
}

function notInstalled({ name }: HostAddress, method: BecomeMethod, detail: string | undefined): ProvisionError {
  const others = ['sudo', 'doas', 'su'].filter((other) => other !== method).join(' or ');
  return new ProvisionError('become-not-found', `${method} is not installed on the host`, {
    host: name,
    detail,
    hint: `Log in as root, install ${method}, or choose another way to become root: ${others}.`,
  });
}

/** Whether a shell says that it finds no env(1), which would itself name the command that it does not find. */
function saysNoEnv(output: string, method: BecomeMethod): boolean {
  return output.split('\n').some((line) => /\benv: |: env\s*$/.test(line) && !line.includes(method));
}

function noPrograms({ name, user }: HostAddress, detail: string | undefined): ProvisionError {
  return new ProvisionError('shell-unusable', `the login shell of ${user} does not find the programs of the host`, {
    host: name,
    detail,
    hint: `Correct PATH in what the shell of ${user} reads when it starts, such as ~/.bashrc, ~/.profile or ~/.zshenv.`,
  });
}

function noShell(
  { name, user, hostname }: HostAddress,
  method: BecomeMethod,
  code: number | undefined,
  detail: string | undefined,
): ProvisionError {
  const login = `the login shell of ${user}`;
  const starter = method === 'none' ? login : `${login}, or ${method},`;
  const status = code === undefined ? '' : ` (exit status ${code})`;
  return new ProvisionError('shell-unusable', `${starter} did not start our shell${status}`, {
    host: name,
    detail,
    hint:
      `Try \`ssh ${user}@${hostname} /bin/sh -c true\`: it must work without a word. ` +
      'Accounts whose shell is nologin or false cannot be used.',
  });
}
