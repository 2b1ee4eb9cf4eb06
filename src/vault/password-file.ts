/** Reads a vault password from a file, or from what a program prints. */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { parse, resolve } from 'node:path';
import { ProvisionError, whyUnreadable } from '../errors.ts';
import { isVault } from './envelope.ts';
import type { PasswordSource } from './sources.ts';
import { openVault, textOf, type VaultPasswords } from './vault.ts';

type FileSource = Extract<PasswordSource, { from: 'file' }>;

/** A program may ask its user, or another machine; but it may not hang forever. */
const PROGRAM_LIMIT_MS = 60_000;
/** No password is longer: this is another file, or another program. */
const MOST_BYTES = 64 * 1024;
/** How a `*-client` program says that it knows no password of that id. See Ansible's `ClientScriptVaultSecret`. */
const ID_UNKNOWN = 2;
const EXECUTABLE = 0o111;

/**
 * The password of a file, without blanks around it; a file that is executable is run, and what it prints is the password.
 *
 * @param known what opens a password file that is encrypted itself
 * @throws ProvisionError `vault-password-unreadable`
 */
export async function readPassword(
  source: FileSource,
  known: VaultPasswords,
  limitMs = PROGRAM_LIMIT_MS,
): Promise<string> {
  const { path, setBy } = source;
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(
      source,
      `cannot be read: ${whyUnreadable(cause)}`,
      `Check the path; it was given by ${setBy}.`,
      cause,
    );
  });
  if (found.isFile() && (found.mode & EXECUTABLE) !== 0) {
    const output = await run(source, limitMs);
    return filled(source, decode(source, output).replace(/^[\r\n]+|[\r\n]+$/g, ''));
  }
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(
      source,
      `cannot be read: ${whyUnreadable(cause)}`,
      `Check the path; it was given by ${setBy}.`,
      cause,
    );
  });
  if (bytes.length > MOST_BYTES && !isVault(bytes)) throw tooLong(source);
  const plain = isVault(bytes) ? openVault(bytes.toString('utf8'), known).bytes : bytes;
  return filled(source, decode(source, plain).trim());
}

/** @returns what the program printed */
async function run(source: FileSource, limitMs: number): Promise<Buffer> {
  const isClient = parse(source.path).name.endsWith('-client');
  const args = isClient ? ['--vault-id', source.id] : [];
  // It may ask on the terminal: what it says and is told there goes past us.
  const child = spawn(resolve(source.path), args, { stdio: ['inherit', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      end(unreadable(source, `has not ended after ${limitMs / 1000} s`, 'Run it by hand to see what it waits for.'));
    }, limitMs);

    function end(error: ProvisionError): void {
      clearTimeout(timer);
      child.kill('SIGKILL');
      // What it started may hold the pipe open for long.
      child.stdout.destroy();
      fail(error);
    }

    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_BYTES) end(tooLong(source));
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const hint = 'Is it no program? Then take the right to execute it away: chmod -x.';
      end(unreadable(source, `is executable, but cannot be run: ${cause.code}`, hint, cause));
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) return done(Buffer.concat(chunks));
      if (isClient && status === ID_UNKNOWN) {
        return fail(unreadable(source, `knows no password for the id ${source.id}`, 'Check the id before the @.'));
      }
      const how = signal === null ? `with status ${status}` : `by ${signal}`;
      return fail(unreadable(source, `is executable, was run, and ended ${how}`, 'Run it by hand to see why.'));
    });
  });
}

function decode(source: FileSource, bytes: Buffer): string {
  try {
    return textOf(bytes);
  } catch (cause) {
    throw unreadable(source, 'holds something other than UTF-8 text', 'A password is one line of text.', cause);
  }
}

function filled(source: FileSource, password: string): string {
  if (password !== '') return password;
  throw unreadable(source, 'gives an empty password', 'Put the password into it.');
}

function tooLong(source: FileSource): ProvisionError {
  return unreadable(source, `gives more than ${MOST_BYTES} bytes`, 'A password is one line of text.');
}

function unreadable({ path }: FileSource, what: string, hint: string, cause?: unknown): ProvisionError {
  return new ProvisionError('vault-password-unreadable', `the vault password file ${path} ${what}`, { hint, cause });
}
