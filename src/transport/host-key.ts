/** Decides whether the key that a host shows is the right one. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { ProvisionError, whyUnreadable } from '../errors.ts';
import {
  checkHostKey,
  type KnownHost,
  keyType,
  knownKeyTypes,
  parseKnownHosts,
  rememberHostKey,
} from './known-hosts.ts';
import type { HostAddress } from './types.ts';

export interface HostKeyCheck {
  /** Algorithms to offer, those of the keys that are known first. */
  readonly algorithms: ServerHostKeyAlgorithm[];
  /** Undefined if the key is right. May write down a new one, if the policy is `accept-new`. */
  verify(key: Buffer): ProvisionError | undefined;
}

const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** An RSA key signs with either of two hashes; the third, SHA-1, is no longer accepted. */
const RSA_ALGORITHMS: readonly string[] = ['rsa-sha2-512', 'rsa-sha2-256'];

/** @throws ProvisionError `file-unreadable` where a known_hosts file cannot be read, `inventory-bad-parameter` where a pinned key is none */
export function hostKeyCheck(address: HostAddress): HostKeyCheck {
  const { pinned } = address.hostKeys;
  return pinned.length > 0 ? againstPinned(address, pinned) : againstKnownHosts(address);
}

/** What a host shows, and what is known of it. */
export interface ShownHostKey {
  /** As the inventory pins it: `ssh-ed25519 AAAA…`. */
  readonly key: string;
  /** As ssh prints it: `ssh-ed25519 SHA256:…`. */
  readonly fingerprint: string;
  readonly isKnown: boolean;
}

/**
 * Looks at a key that a host has shown. Writes nothing down.
 * @throws ProvisionError `host-key-changed`, `host-key-revoked`; and as `hostKeyCheck`
 */
export function judgeHostKey(address: HostAddress, key: Buffer): ShownHostKey {
  const strict: HostAddress = { ...address, hostKeys: { ...address.hostKeys, mode: 'strict' } };
  const problem = hostKeyCheck(strict).verify(key);
  if (problem !== undefined && problem.code !== 'host-key-unknown') throw problem;
  const line = `${keyType(key)} ${key.toString('base64')}`;
  return { key: line, fingerprint: fingerprint(key), isKnown: problem === undefined };
}

function againstPinned(address: HostAddress, lines: readonly string[]): HostKeyCheck {
  const keys = lines.map((line) => pinnedKey(address, line));
  return {
    algorithms: preferring(keys.map(keyType)),
    verify(key) {
      if (keys.some((pinned) => pinned.equals(key))) return undefined;
      return keyChanged(address, key, 'the key that the inventory pins');
    },
  };
}

function pinnedKey({ name }: HostAddress, line: string): Buffer {
  const [type, base64 = ''] = line.trim().split(/\s+/);
  const key = Buffer.from(base64, 'base64');
  if (type !== '' && keyType(key) === type) return key;
  throw new ProvisionError('inventory-bad-parameter', `the pinned host key is no public key: ${line}`, {
    host: name,
    hint: 'Give it as /etc/ssh/ssh_host_ed25519_key.pub on the host shows it: ssh-ed25519 AAAA…',
  });
}

function againstKnownHosts(address: HostAddress): HostKeyCheck {
  const { knownHostsFiles, mode, alias } = address.hostKeys;
  const [host, port] = alias === undefined ? [address.hostname, address.port] : [alias, 22];
  const entries = knownHostsFiles.flatMap((file) => readKnownHosts(address, file));
  return {
    algorithms: preferring(knownKeyTypes(entries, host, port)),
    verify(key) {
      const { status, location } = checkHostKey(entries, host, port, key);
      if (status === 'known') return undefined;
      if (status === 'revoked') return keyRevoked(address, key, location);
      if (status === 'changed') return keyChanged(address, key, 'the one that is known', location);
      const [file] = knownHostsFiles;
      if (mode === 'strict' || file === undefined) return keyUnknown(address, key);
      return remember(address, file, host, port, key);
    },
  };
}

function readKnownHosts({ name }: HostAddress, file: string): KnownHost[] {
  try {
    return parseKnownHosts(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unusableFile(name, file, 'read', error);
  }
}

function remember({ name }: HostAddress, file: string, host: string, port: number, key: Buffer) {
  try {
    rememberHostKey(file, host, port, key);
    return undefined;
  } catch (error) {
    return unusableFile(name, file, 'written', error);
  }
}

function unusableFile(host: string, file: string, done: 'read' | 'written', cause: unknown): ProvisionError {
  return new ProvisionError(
    'file-unreadable',
    `the list of known hosts cannot be ${done}: ${done === 'read' ? whyUnreadable(cause) : (cause as Error).message}`,
    {
      host,
      location: file,
      hint: 'Mend its permissions, or name another file.',
      cause,
    },
  );
}

function preferring(types: readonly string[]): ServerHostKeyAlgorithm[] {
  const known = (algorithm: string) => types.includes(RSA_ALGORITHMS.includes(algorithm) ? 'ssh-rsa' : algorithm);
  return [...ALGORITHMS.filter(known), ...ALGORITHMS.filter((algorithm) => !known(algorithm))];
}

/** As ssh prints it. */
function fingerprint(key: Buffer): string {
  const hash = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return `${keyType(key)} SHA256:${hash}`;
}

function keyUnknown({ name, hostname, port, hostKeys }: HostAddress, key: Buffer): ProvisionError {
  const where = port === 22 ? hostname : `-p ${port} ${hostname}`;
  const [file = '~/.ssh/known_hosts'] = hostKeys.knownHostsFiles;
  return new ProvisionError('host-key-unknown', `the host key is not known: ${fingerprint(key)}`, {
    host: name,
    hint:
      'Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host. If they agree, log in once with ' +
      `\`ssh ${where}\` to add it to ${file}, or pin the key with \`provision_host_key\`, or allow new hosts with ` +
      '`provision_host_key_checking: accept-new`.',
  });
}

function keyChanged({ name }: HostAddress, key: Buffer, expected: string, location?: string): ProvisionError {
  return new ProvisionError('host-key-changed', `the host key is not ${expected}: the host shows ${fingerprint(key)}`, {
    host: name,
    location,
    hint:
      'Somebody may be listening in. Only if you know why it changed (a host set up anew): remove the old key' +
      `${location === undefined ? '' : ` at ${location}`} and put the new one in its place.`,
  });
}

function keyRevoked({ name }: HostAddress, key: Buffer, location: string | undefined): ProvisionError {
  return new ProvisionError('host-key-revoked', `the host key is revoked: ${fingerprint(key)}`, {
    host: name,
    location,
    hint: 'Do not use this host until it has a new key: `ssh-keygen -A` after removing the old ones on the host.',
  });
}
