/** The format of known_hosts files, sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT". Pure but for `rememberHostKey`. */
import { createHmac } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { matchesPatterns } from './host-patterns.ts';

export interface KnownHost {
  readonly revoked: boolean;
  /** Whether the line is about this host, as `nameOf` writes it. */
  readonly matches: (name: string) => boolean;
  /** `ssh-ed25519`, `ssh-rsa`. */
  readonly type: string;
  readonly key: Buffer;
  /** `/home/me/.ssh/known_hosts:12`. */
  readonly location: string;
}

export interface HostKeyVerdict {
  readonly status: 'known' | 'unknown' | 'changed' | 'revoked';
  /** Where the line stands that decided it. */
  readonly location?: string;
}

/** The entries of a file. Lines that are empty, comments, of certificate authorities or malformed are skipped, as ssh does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((line, i) => {
    const words = line.trim().split(/[ \t]+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts = '', type = '', base64 = ''] = words;
    if (hosts === '' || hosts.startsWith('#') || base64 === '') return [];
    if (marker !== undefined && marker !== '@revoked') return [];
    const key = Buffer.from(base64, 'base64');
    return [{ revoked: marker === '@revoked', matches: matcher(hosts), type, key, location: `${file}:${i + 1}` }];
  });
}

/** What the entries say of a host that shows this key. */
export function checkHostKey(entries: readonly KnownHost[], host: string, port: number, key: Buffer): HostKeyVerdict {
  const ofHost = entriesOf(entries, host, port);
  const same = ofHost.filter((entry) => entry.key.equals(key));
  const revoked = same.find((entry) => entry.revoked);
  if (revoked !== undefined) return { status: 'revoked', location: revoked.location };
  const [found] = same;
  if (found !== undefined) return { status: 'known', location: found.location };
  // As ssh does: a key that is known for the host's port 22 is good for its other ports, where nothing else is known.
  const other = ofHost.find((entry) => !entry.revoked);
  if (other !== undefined) return { status: 'changed', location: other.location };
  if (port === 22) return { status: 'unknown' };
  const onDefaultPort = checkHostKey(entries, host, 22, key);
  return onDefaultPort.status === 'changed' ? { status: 'unknown' } : onDefaultPort;
}

/** The types of the keys that are known for a host: ask for these first, or a host with keys of several types looks changed. */
export function knownKeyTypes(entries: readonly KnownHost[], host: string, port: number): string[] {
  const ofHost = entriesOf(entries, host, port);
  const usable = (ofHost.length > 0 ? ofHost : entriesOf(entries, host, 22)).filter((entry) => !entry.revoked);
  return [...new Set(usable.map((entry) => entry.type))];
}

/** Adds a line for a host, and makes file and folder where they are missing; nothing if the key stands there already. */
export function rememberHostKey(file: string, host: string, port: number, key: Buffer): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const before = readIfThere(file);
  if (checkHostKey(parseKnownHosts(before, file), host, port, key).status === 'known') return;
  const newline = before === '' || before.endsWith('\n') ? '' : '\n';
  const line = `${newline}${nameOf(host, port)} ${keyType(key)} ${key.toString('base64')}\n`;
  // One write with O_APPEND: lines of several processes do not mix.
  appendFileSync(file, line, { mode: 0o600 });
}

/** The type of a public key in its wire format (RFC 4253, 6.6): a length, then the name. */
export function keyType(key: Buffer): string {
  return key.length < 4 ? '' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

function entriesOf(entries: readonly KnownHost[], host: string, port: number): KnownHost[] {
  const name = nameOf(host, port);
  return entries.filter((entry) => entry.matches(name));
}

function nameOf(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

function matcher(hosts: string): (name: string) => boolean {
  if (hosts.startsWith('|1|')) return hashMatcher(hosts);
  const patterns = hosts.toLowerCase().split(',');
  return (name) => matchesPatterns(patterns, name);
}

/** `|1|SALT|HASH`: the name hashed with HMAC-SHA1, so that the file does not tell where its owner logs in. */
function hashMatcher(hosts: string): (name: string) => boolean {
  const [, , salt = '', hash = ''] = hosts.split('|');
  const key = Buffer.from(salt, 'base64');
  const expected = Buffer.from(hash, 'base64');
  return (name) => createHmac('sha1', key).update(name).digest().equals(expected);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
