/** Opens a channel on which one of our programs runs as root, and is known to. */
import { randomBytes } from 'node:crypto';
import { ProvisionError } from '../errors.ts';
import { rootCommand } from './become.ts';
import { becomeError, lastLines, passwordMissing, passwordWrong } from './become-errors.ts';
import { type ByteReader, readBytes } from './byte-reader.ts';
import { connectionLost } from './exchange-errors.ts';
import type { Channel, HostAddress, Link } from './types.ts';

export interface RootChannel {
  readonly channel: Channel;
  /** Its standard output, from what followed the hello. */
  readonly output: ByteReader;
  /** What it told with its hello. */
  readonly told: string;
  /** What the program wrote to standard error last. */
  errorTail(): string | undefined;
}

const TAIL_CHARACTERS = 8192;

/**
 * Starts the program as root and waits for its hello, which ends whatever rc files and the like have printed before.
 * The nonce goes there in two halves that the program joins: no echo of the command can pass for its answer.
 *
 * @throws ProvisionError `become-*`, `shell-unusable`, `unsupported-host`, `connection-lost`
 */
export async function openRootChannel(
  link: Link,
  address: HostAddress,
  program: string,
  args: readonly string[] = [],
): Promise<RootChannel> {
  const nonce = randomBytes(16).toString('hex');
  const promptNonce = randomBytes(16).toString('hex');
  const command = rootCommand(address, program, [nonce.slice(0, 16), nonce.slice(16), ...args], promptNonce);
  const channel = await link.open(command.line).catch((error: Error) => {
    throw cannotOpen(address, error);
  });
  const output = readBytes(channel.stdout);
  // The far side may be gone while we write: what that means is told by `closed`.
  channel.stdin.on('error', () => {});

  let errors = '';
  let noise = '';
  /** What standard error said since the last prompt, which may come in pieces and must not count twice. */
  let unanswered = '';
  const refused = Promise.withResolvers<never>();
  let wasAsked = false;
  let isGreeted = false;

  channel.stderr.on('data', (chunk: Buffer) => {
    errors = tail(errors + chunk.toString('utf8'));
    if (isGreeted) return;
    unanswered = tail(unanswered + chunk.toString('utf8'));
    if (command.prompt?.test(unanswered)) answerPrompt();
  });

  function answerPrompt(): void {
    const { password } = address.become;
    if (wasAsked) refused.reject(passwordWrong(address));
    else if (password === undefined) refused.reject(passwordMissing(address));
    else channel.stdin.write(`${password.reveal()}\n`);
    wasAsked = true;
    unanswered = '';
  }

  /** @returns what the program tells with it */
  async function hello(): Promise<string> {
    for (;;) {
      const line = await output.line();
      const at = line.indexOf(nonce);
      if (at < 0) noise = tail(`${noise}${line}\n`);
      else if (line.startsWith(' hello', at + nonce.length))
        return line.slice(at + nonce.length + ' hello'.length).trim();
      else throw cannotRun(address, line.slice(at + nonce.length + 1));
    }
  }

  async function ended(): Promise<never> {
    const { code, reason = '' } = await channel.closed;
    // After a prompt that was answered, what follows may stand on its line.
    const said = `${noise}${errors}${reason}`.replaceAll(promptNonce, '');
    throw link.explain?.(errors, code) ?? becomeError(address, said, code);
  }

  // Where the output ends first, `closed` has the exit status as well.
  const greeting = hello().catch((error: unknown) =>
    error instanceof ProvisionError ? Promise.reject(error) : ended(),
  );
  const limit = Promise.withResolvers<never>();
  // Logging in had its time limit already, unless the link does so only now: twice the time is enough for both.
  const limitMs = address.connectTimeoutMs * 2;
  const timer = setTimeout(() => limit.reject(silent(address, limitMs, `${noise}${errors}`)), limitMs);
  let told: string;
  try {
    told = await Promise.race([greeting, refused.promise, limit.promise]);
  } catch (error) {
    greeting.catch(() => {});
    channel.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  isGreeted = true;
  errors = '';
  return { channel, output, told, errorTail: () => lastLines(errors) };
}

function tail(text: string): string {
  return text.slice(-TAIL_CHARACTERS);
}

/** No channel, or no program on it: the link is gone, or sshd does not allow it (MaxSessions, a forced command). */
function cannotOpen(address: HostAddress, error: Error): ProvisionError {
  if (/not connected|no response/i.test(error.message)) return connectionLost(address.name, error.message);
  return new ProvisionError('shell-unusable', `the host starts no program for ${address.user}: ${error.message}`, {
    host: address.name,
    hint: 'Look in sshd_config for what limits this user: MaxSessions (10 is usual), ForceCommand, or a Match block.',
    cause: error,
  });
}

/** The program runs, and says why it cannot do its work. */
function cannotRun(address: HostAddress, reason: string): ProvisionError {
  const [, tool = ''] = reason.split(' ');
  return new ProvisionError('unsupported-host', `the host has no \`${tool}\``, {
    host: address.name,
    hint: 'A host needs a POSIX shell and coreutils or busybox: install the package that brings it.',
  });
}

function silent(address: HostAddress, limitMs: number, output: string): ProvisionError {
  const seconds = Math.round(limitMs / 1000);
  return new ProvisionError('shell-unusable', `the login shell of ${address.user} did not answer within ${seconds} s`, {
    host: address.name,
    detail: lastLines(output),
    hint: `Look at what its start-up files wait for: \`ssh ${address.user}@${address.hostname} true\` must end at once.`,
  });
}
