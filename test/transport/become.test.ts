import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.ts';
import { rootCommand } from '../../src/transport/become.ts';
import { becomeError, lastLines, passwordMissing, passwordWrong } from '../../src/transport/become-errors.ts';
import type { Become } from '../../src/transport/types.ts';
import { addressOf } from './address.ts';

const ENVIRONMENT = 'LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const SHELL = `env -i ${ENVIRONMENT} HOME=/root sh -c 'echo "$1$2"' provision aa bb`;
const password = Secret.named('become', 'canary');

function commandOf(user: string, become: Become) {
  return rootCommand(addressOf({ user, become }), 'echo "$1$2"', ['aa', 'bb'], '0123abcd');
}

describe('the command that becomes root', () => {
  it.each([
    ['root', { method: 'auto' }, `exec ${SHELL}`],
    ['root', { method: 'auto', password }, `exec ${SHELL}`],
    ['deploy', { method: 'none' }, `exec ${SHELL}`],
    ['deploy', { method: 'auto' }, `exec env ${ENVIRONMENT} sudo -n -u root -- ${SHELL}`],
    ['deploy', { method: 'auto', password }, `exec env ${ENVIRONMENT} sudo -S -p '0123''abcd' -u root -- ${SHELL}`],
    ['root', { method: 'sudo' }, `exec env ${ENVIRONMENT} sudo -n -u root -- ${SHELL}`],
    ['deploy', { method: 'doas', password }, `exec env ${ENVIRONMENT} doas -n ${SHELL}`],
    [
      'deploy',
      { method: 'su', password },
      `exec env ${ENVIRONMENT} su -s /bin/sh -c ` +
        `'exec env -i ${ENVIRONMENT} HOME=/root sh -c "$0" "$@"' root 'echo "$1$2"' provision aa bb`,
    ],
  ] as [string, Become, string][])('of %s by %o', (user, become, line) => {
    expect(commandOf(user, become).line).toBe(line);
  });

  it.each([
    ['sudo', '0123abcd', true],
    ['sudo', 'We trust you have received the usual lecture.\n\n0123abcd', true],
    ['sudo', '[sudo: 0123abcd] Password: ', true],
    ['sudo', '+ exec sudo -S -p 0123abcd -u root -- env -i\n', false],
    ['sudo', "exec sudo -S -p '0123''abcd'", false],
    ['sudo', 'Password: ', false],
    ['su', 'Password: ', true],
    ['su', 'Your password: expired\n', false],
  ] as const)('of %s: after %j the password is sent: %s', (method, errors, isPrompt) => {
    expect(commandOf('deploy', { method, password }).prompt?.test(errors)).toBe(isPrompt);
  });
});

describe('what a refusal means', () => {
  it.each([
    ['sudo', 1, 'sudo: a password is required\n', 'become-password-missing'],
    ['sudo', 1, 'sudo: interactive authentication is required\n', 'become-password-missing'],
    ['sudo', 1, 'NONCEguest is not in the sudoers file.\n', 'become-not-allowed'],
    ['sudo', 1, 'guest is not in the sudoers file.  This incident will be reported.\n', 'become-not-allowed'],
    [
      'sudo',
      1,
      "Sorry, user guest is not allowed to execute '/usr/bin/env -i' as root on web1.\n",
      'become-not-allowed',
    ],
    ['sudo', 1, 'Sorry, user guest may not run sudo on web1.\n', 'become-not-allowed'],
    ['sudo', 1, "sudo: I'm sorry guest. I'm afraid I can't do that\n", 'become-not-allowed'],
    ['sudo', 1, 'sudo: sorry, you must have a tty to run sudo\n', 'become-requires-tty'],
    ['sudo', 1, 'sudo: no tty present and no askpass program specified\n', 'become-requires-tty'],
    ['sudo', 1, 'sudo: a terminal is required to read the password; either use the -S option\n', 'become-requires-tty'],
    ['sudo', 1, 'NONCEsudo: 1 incorrect password attempt\n', 'become-password-wrong'],
    ['sudo', 1, 'sudo: Authentication failed, try again.\n', 'become-password-wrong'],
    ['sudo', 1, 'sudo: maximum 1 incorrect authentication attempts\n', 'become-password-wrong'],
    ['sudo', 127, "env: 'sudo': No such file or directory\n", 'become-not-found'],
    ['sudo', 127, 'env: »sudo“: Datei oder Verzeichnis nicht gefunden\n', 'become-not-found'],
    ['sudo', 127, '', 'become-not-found'],
    ['sudo', 127, 'bash: line 1: exec: env: not found\n', 'shell-unusable'],
    ['sudo', 127, 'bash: Zeile 1: exec: env: Nicht gefunden.\n', 'shell-unusable'],
    ['doas', 127, 'zsh:1: command not found: env\n', 'shell-unusable'],
    ['sudo', 1, 'This account is currently not available.\n', 'shell-unusable'],
    ['doas', 1, 'doas: Operation not permitted\n', 'become-not-allowed'],
    ['doas', 1, 'doas: doas is not enabled, /etc/doas.conf: No such file or directory\n', 'become-not-allowed'],
    ['doas', 1, 'doas: Authentication required\n', 'become-requires-tty'],
    ['doas', 1, 'doas: a tty is required\n', 'become-requires-tty'],
    ['doas', 127, "env: can't execute 'doas': No such file or directory\n", 'become-not-found'],
    ['su', 1, 'Password: su: Authentication failure\n', 'become-password-wrong'],
    ['su', 1, 'Password: su: incorrect password\n', 'become-password-wrong'],
    ['su', 1, 'Password: su: Permission denied\n', 'become-not-allowed'],
    ['su', 1, 'su: must be suid to work properly\n', 'become-not-allowed'],
    ['su', 1, 'su: must be run from a terminal\n', 'become-requires-tty'],
    ['none', 1, 'sudo: a password is required\n', 'shell-unusable'],
    ['none', 127, 'bash: line 1: exec: env: not found\n', 'shell-unusable'],
    ['none', undefined, '', 'shell-unusable'],
  ] as const)('%s, status %s: %j is %s', (method, status, output, code) => {
    const error = becomeError(addressOf({ user: 'guest', become: { method } }), output, status);
    expect(error).toMatchObject({ code, host: 'web1', detail: lastLines(output) });
    expect(`${error.message} ${error.hint}`).not.toMatch(/[{}]|undefined/);
    expect(error.hint).toMatch(/\.$|\b(root|requiretty)$/);
  });

  it('says that a start-up file has lost PATH', () => {
    const error = becomeError(addressOf({ user: 'deploy' }), 'bash: line 1: exec: env: not found\n', 127);
    expect(error.message).toBe('the login shell of deploy does not find the programs of the host');
    expect(error.hint).toMatch(/^Correct PATH in what the shell of deploy reads/);
  });

  it('says which line of sudoers lets a user in without a terminal', () => {
    const error = becomeError(addressOf({ user: 'deploy' }), 'sudo: sorry, you must have a tty to run sudo', 1);
    expect(error.message).toBe('sudo insists on a terminal for deploy');
    expect(error.hint).toBe('Add this line with `visudo` on the host: Defaults:deploy !requiretty');
  });

  it('knows a password that is asked for again, or for nothing', () => {
    const su = addressOf({ user: 'guest', become: { method: 'su' } });
    expect(passwordWrong(su)).toMatchObject({
      code: 'become-password-wrong',
      message: 'su refuses the password of root',
    });
    expect(passwordMissing(su)).toMatchObject({ code: 'become-password-missing' });
  });
});
