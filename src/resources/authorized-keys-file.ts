/** The lines of an authorized_keys file, as sshd(8) reads them. Texts hold a character for each byte of the file. */
import { createHash } from 'node:crypto';

export interface AuthorizedKey {
  /** `restrict,command="…"`; the empty string where there are none. */
  readonly options: string;
  readonly type: string;
  /** The key itself, in base64: what tells one key from another. */
  readonly blob: string;
  readonly comment: string;
}

export interface WantedKeys {
  readonly keys: readonly string[];
  readonly exclusive: boolean;
  readonly state: 'present' | 'absent';
}

// Blanks and quotes within options stand in double quotes, a quote there has a backslash before it.
const OPTIONS = /^(?:[^\s"\\]|"(?:[^"\\]|\\.)*"|\\)+/;
const KEY = /^([A-Za-z0-9@._-]+)[ \t]+([A-Za-z0-9+/]+=*)(?:[ \t]+(.*))?$/;

/** The key of a line; undefined for comments, empty lines, and what sshd would pass over. */
export function parseKeyLine(line: string): AuthorizedKey | undefined {
  const text = line.trim();
  if (text.startsWith('#')) return undefined;
  const plain = parseKey(text, '');
  if (plain) return plain;
  const [options = ''] = OPTIONS.exec(text) ?? [];
  return options === '' ? undefined : parseKey(text.slice(options.length).trim(), options);
}

/** What is wrong with a line that shall be a public key; undefined where nothing is. */
export function publicKeyProblem(line: string): string | undefined {
  if (parseKeyLine(line)) return undefined;
  if (/PRIVATE KEY/.test(line)) return 'is a private key: give the public one, from the file ending in .pub';
  return 'must be a public key as in a .pub file, whole: type, base64, and a comment if you like';
}

/** The file with what is wanted in it. Lines that are not concerned stay as they are, in their order. */
export function mergeKeys(content: string, { keys, exclusive, state }: WantedKeys): string {
  if (exclusive) return keys.map((key) => `${key}\n`).join('');
  const wanted = new Map(keys.map((key) => [parseKeyLine(key)?.blob, key]));
  const lines = linesOf(content);
  if (state === 'absent') {
    const kept = lines.filter((line) => !wanted.has(parseKeyLine(line)?.blob ?? ''));
    return kept.length === lines.length ? content : join(kept);
  }
  const updated = lines.map((line) => withOptions(line, wanted.get(parseKeyLine(line)?.blob ?? '')));
  const present = new Set(lines.map((line) => parseKeyLine(line)?.blob));
  const missing = [...wanted].filter(([blob]) => !present.has(blob)).map(([, key]) => key);
  const isSame = missing.length === 0 && updated.every((line, i) => line === lines[i]);
  return isSame ? content : join([...updated, ...missing]);
}

export function keysOf(content: string): readonly AuthorizedKey[] {
  return linesOf(content).flatMap((line) => parseKeyLine(line) ?? []);
}

/** `ssh-ed25519 SHA256:… alice@laptop`, as ssh-keygen(1) shows keys; safe to print, whatever the comment holds. */
export function describeKey({ type, blob, comment }: AuthorizedKey): string {
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '');
  const shown = Buffer.from(comment, 'latin1').toString().replace(/\p{C}/gu, '?');
  return `${type} SHA256:${digest} ${shown}`.trimEnd();
}

/** The line with the options that are wanted; where none are asked for, those that someone gave the key stay. */
function withOptions(line: string, wanted: string | undefined): string {
  const key = parseKeyLine(line);
  const options = wanted === undefined ? '' : (parseKeyLine(wanted)?.options ?? '');
  if (key === undefined || options === '' || options === key.options) return line;
  return `${options} ${key.type} ${key.blob} ${key.comment}`.trimEnd();
}

function linesOf(content: string): readonly string[] {
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function join(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function parseKey(text: string, options: string): AuthorizedKey | undefined {
  const [, type = '', blob = '', comment = ''] = KEY.exec(text) ?? [];
  return isWhole(type, blob) ? { options, type, blob, comment } : undefined;
}

/** A public key is a row of byte strings, each with its length before it, the first one naming its type: RFC 4253, 6.6. */
function isWhole(type: string, blob: string): boolean {
  const bytes = Buffer.from(blob, 'base64');
  const strings: Buffer[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return at === bytes.length && strings.length > 1 && strings[0]?.toString('latin1') === type;
}
