/** The conversation with sudo, played by shell scripts that say what sudo says. */
import { describe, expect, it } from 'vitest';
import type { ProvisionError } from '../../src/errors.ts';
import { Secret } from '../../src/shell/secret.ts';
import { openLocalLink } from '../../src/transport/link-local.ts';
import { openRootChannel } from '../../src/transport/root-channel.ts';
import type { HostAddress, Link } from '../../src/transport/types.ts';
import { addressOf } from './address.ts';

const operator = addressOf({
  transport: 'local',
  user: 'operator',
  become: { method: 'sudo', password: Secret.named('become', 'right canary') },
});

/** A link where this script takes the place of sudo; it finds the prompt in $PROMPT, and what sudo shall start in "$@". */
function sudoIs(script: string): Link {
  const link = openLocalLink();
  const sudo = `sudo() {
    while [ "$1" != -- ]; do [ "$1" != -p ] || PROMPT=$2; shift; done; shift
    ${script}
  }; `;
  return { ...link, open: (command) => link.open(sudo + command.replace(/^exec env \S+ \S+ sudo/, 'sudo')) };
}

/** Starts a program that says hello and then what it reads from its input. */
async function start(link: Link, address: HostAddress = operator): Promise<string> {
  const { channel, output } = await openRootChannel(link, address, 'echo "$1$2 hello"; cat; echo');
  channel.stdin.end('data for the program');
  const line = await output.line();
  channel.destroy();
  return line;
}

async function failure(promise: Promise<unknown>): Promise<ProvisionError> {
  return promise.then(
    () => expect.unreachable('it did not fail'),
    (error: ProvisionError) => error,
  );
}

const CHECK = 'read -r password; [ "$password" = "right canary" ] || { echo "Sorry, try again." >&2; exit 1; }';

describe('a password', () => {
  it.each([
    ['sudo asks for it', `printf %s "$PROMPT" >&2; ${CHECK}; "$@"`],
    ['sudo-rs asks for it', `printf '[sudo: %s] Password: ' "$PROMPT" >&2; ${CHECK}; "$@"`],
    [
      'the prompt comes in pieces',
      `printf '[sudo: %s' "$PROMPT" >&2; sleep 0.2; printf '] Password:' >&2; sleep 0.2; printf ' ' >&2; ${CHECK}; "$@"`,
    ],
    [
      'a lecture comes before',
      `echo "We trust you have received the usual lecture." >&2; printf %s "$PROMPT" >&2; ${CHECK}; "$@"`,
    ],
    ['nobody asks for it', '"$@"'],
  ])('reaches sudo alone when %s', async (_, script) => {
    expect(await start(sudoIs(script))).toBe('data for the program');
  });

  it('is not sent when the prompt stands within a line, as in an echo of the command', async () => {
    const echo = 'echo "+ exec sudo -S -p $PROMPT -u root -- env" >&2; "$@"';
    expect(await start(sudoIs(echo))).toBe('data for the program');
  });

  it('is offered once', async () => {
    const script = `for i in 1 2 3; do printf %s "$PROMPT" >&2; read -r password || exit 1; echo "Sorry, try again." >&2; done`;
    const error = await failure(start(sudoIs(script)));
    expect(error).toMatchObject({ code: 'become-password-wrong', message: 'sudo refuses the password of operator' });
  });

  it('leaves no trace of its prompt in what sudo says afterwards', async () => {
    const script = `printf %s "$PROMPT" >&2; read -r password; echo "env: 'sh': Permission denied" >&2; exit 126`;
    const error = await failure(start(sudoIs(script)));
    expect(JSON.stringify([error.message, error.detail])).toContain(`"env: 'sh': Permission denied`);
  });

  it('that sudo does not have stops there', async () => {
    const guest = addressOf({ transport: 'local', user: 'guest', become: { method: 'su' } });
    const link = openLocalLink();
    const asking: Link = { ...link, open: () => link.open('printf "Password: " >&2; read -r password') };
    expect(await failure(start(asking, guest))).toMatchObject({ code: 'become-password-missing' });
  });
});

describe('a channel that cannot be opened', () => {
  it.each([
    ['(SSH) Channel open failure: open failed', 'shell-unusable'],
    ['Not connected', 'connection-lost'],
  ])('because of %j is %s', async (message, code) => {
    const link: Link = { ...openLocalLink(), open: () => Promise.reject(new Error(message)) };
    expect(await failure(start(link))).toMatchObject({ code, host: 'web1' });
  });
});
