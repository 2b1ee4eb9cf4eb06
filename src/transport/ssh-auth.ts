/** What to log in with: loads keys and agent, and offers them in order. */
import { existsSync, readFileSync } from 'node:fs';
import type { AnyAuthMethod, BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import { ProvisionError, whyUnreadable } from '../errors.ts';
import { BaseAgent as AgentBase, OpenSSHAgent, parseKey } from './ssh2.ts';
import type { HostAddress, KeyFile } from './types.ts';

/** One way to log in, and how it is named in messages. */
export interface AuthAttempt {
  readonly name: string;
  readonly method: AnyAuthMethod;
}

export interface Credentials {
  readonly attempts: readonly AuthAttempt[];
  /** Keys that nobody insists on and that cannot be used, and why: of interest when nothing else got us in. */
  readonly skipped: readonly string[];
}

/**
 * All that this host may be logged in to with, the likeliest first: each refused attempt is a round trip. Keys that the
 * user named come before those of the agent, of which a server takes only some (MaxAuthTries); then keys in their
 * default places; passwords last.
 *
 * @throws ProvisionError `key-unreadable` for a key that was named and cannot be used
 */
export async function loadCredentials(address: HostAddress): Promise<Credentials> {
  const { user: username, agentSocket, identitiesOnly = false } = address;
  const keys = await Promise.all(address.keyFiles.map((keyFile) => loadKey(address, keyFile)));
  const usable = keys.filter((key) => 'key' in key);
  const attemptsOf = (required: boolean) =>
    usable.filter((key) => key.required === required).map((key) => keyAttempt(username, key, agentSocket));
  const agent: readonly AuthAttempt[] =
    agentSocket === undefined || identitiesOnly
      ? []
      : [{ name: 'keys of the agent', method: { type: 'agent', username, agent: agentSocket } }];
  return {
    attempts: [...attemptsOf(true), ...agent, ...attemptsOf(false), ...passwordAttempts(address)],
    skipped: keys.flatMap((key) => ('skipped' in key ? key.skipped : [])),
  };
}

interface LoadedKey {
  readonly path: string;
  readonly required: boolean;
  /** The private key; where it is encrypted and no passphrase is known, its public half, for the agent to sign with. */
  readonly key: ParsedKey | { readonly publicBlob: Buffer };
}

function keyAttempt(username: string, { path, key }: LoadedKey, agentSocket: string | undefined): AuthAttempt {
  if (!('publicBlob' in key)) return { name: `key ${path}`, method: { type: 'publickey', username, key } };
  const agent = onlyKey(agentSocket as string, key.publicBlob);
  return { name: `key ${path} through the agent`, method: { type: 'agent', username, agent } };
}

function passwordAttempts({ user: username, password: secret }: HostAddress): AuthAttempt[] {
  if (secret === undefined) return [];
  const password = secret.reveal();
  return [
    { name: 'password', method: { type: 'password', username, password } },
    {
      name: 'password (keyboard-interactive)',
      method: {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
      },
    },
  ];
}

async function loadKey(
  address: HostAddress,
  { path, required, missing = false }: KeyFile,
): Promise<LoadedKey | { readonly skipped: readonly string[] }> {
  try {
    return { path, required, key: await readKey(address, path) };
  } catch (error) {
    // A key in its default place that cannot be used is no reason to stop: nobody asked for it.
    if (required || !(error instanceof ProvisionError)) throw error;
    return { skipped: missing || existsSync(path) ? [error.message] : [] };
  }
}

async function readKey(address: HostAddress, path: string): Promise<LoadedKey['key']> {
  const content = readText(address, path);
  const passphrase = address.passphrase?.reveal();
  const parsed = parseOnce(content, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key !== undefined && !(key instanceof Error) && key.isPrivateKey()) return key;
  const problem = whyNoPrivateKey(content);
  if (problem !== undefined) throw unreadable(address, path, problem.why, problem.hint);
  if (passphrase !== undefined) throw unreadable(address, path, 'the passphrase is wrong', HINTS.passphrase);
  const publicBlob = publicHalf(content);
  if (publicBlob !== undefined && address.agentSocket !== undefined) return { publicBlob };
  throw unreadable(address, path, 'it is protected by a passphrase, and none is configured', HINTS.passphrase);
}

/** At once: some bytes, which a thousand hosts share, are not worth four turns of a thread each. */
function readText(address: HostAddress, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(address, path, whyUnreadable(error), HINTS.path);
  }
}

const HINTS = {
  isPublic: 'Give the path of the private key, without .pub.',
  path: 'Check the path of the private key in the inventory or in ~/.ssh/config.',
  passphrase: 'Set `provision_ssh_passphrase` of this host, or load the key into the agent: `ssh-add PATH`.',
};

/** @returns why nobody can log in with that; undefined for a private key, also for one that needs a passphrase */
export function whyNoPrivateKey(content: string): { readonly why: string; readonly hint: string } | undefined {
  const parsed = parseOnce(content, undefined);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key !== undefined && !(key instanceof Error)) {
    return key.isPrivateKey() ? undefined : { why: 'it is a public key', hint: HINTS.isPublic };
  }
  return isEncrypted(content) ? undefined : { why: 'it is no private key', hint: HINTS.path };
}

/** Decrypting a key takes a tenth of a second of pure JavaScript (bcrypt), which many hosts share. */
const parsedKeys = new Map<string, ReturnType<typeof parseKey>>();

function parseOnce(content: string, passphrase: string | undefined) {
  const id = `${passphrase ?? ''}\0${content}`;
  const parsed = parsedKeys.get(id) ?? parseKey(content, passphrase);
  parsedKeys.set(id, parsed);
  return parsed;
}

function isEncrypted(content: string): boolean {
  return /ENCRYPTED/.test(content) || (openSshKey(content)?.cipher ?? 'none') !== 'none';
}

function publicHalf(content: string): Buffer | undefined {
  return openSshKey(content)?.publicBlob;
}

/** The part of an OpenSSH private key that is never encrypted (PROTOCOL.key of OpenSSH). */
function openSshKey(content: string): { cipher: string; publicBlob: Buffer } | undefined {
  const [, base64] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)-----END/.exec(content) ?? [];
  const bytes = Buffer.from(base64 ?? '', 'base64');
  let at = 'openssh-key-v1\0'.length;
  const next = () => {
    const length = bytes.readUInt32BE(at);
    const field = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return field;
  };
  try {
    const cipher = next().toString('latin1');
    next(); // key derivation function
    next(); // its options
    at += 4; // number of keys: always one
    return { cipher, publicBlob: next() };
  } catch {
    return undefined;
  }
}

/** The agent, narrowed to one key: all others would cost a round trip each, and a server's patience. */
function onlyKey(socket: string, publicBlob: Buffer): BaseAgent<ParsedKey> {
  const agent = new OpenSSHAgent(socket);
  const narrowed = {
    getIdentities(callback: IdentityCallback<ParsedKey>) {
      agent.getIdentities((error, keys = []) => {
        callback(
          error,
          keys.filter((key) => 'getPublicSSH' in key && key.getPublicSSH().equals(publicBlob)),
        );
      });
    },
    sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions, callback: SignCallback) {
      agent.sign(key, data, options, callback);
    },
  };
  // ssh2 asks whether it is an instance of its base class.
  return Object.setPrototypeOf(narrowed, AgentBase.prototype) as BaseAgent<ParsedKey>;
}

function unreadable({ name }: HostAddress, path: string, why: string, hint: string): ProvisionError {
  return new ProvisionError('key-unreadable', `the private key ${path} cannot be used: ${why}`, {
    host: name,
    hint: hint.replace('PATH', path),
  });
}
