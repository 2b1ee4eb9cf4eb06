/** The text form of a vault: a header line, then hexadecimal lines. See Ansible's `parsing/vault/__init__.py`. */
import { ProvisionError } from '../errors.ts';

/** What a vault is made of. */
export interface Envelope {
  /** Names the password; `default` where the header names none. */
  readonly id: string;
  readonly salt: Buffer;
  /** HMAC-SHA256 of the ciphertext. */
  readonly mac: Buffer;
  readonly ciphertext: Buffer;
}

/** What a vault's id is where none is named. */
export const DEFAULT_ID = 'default';

/** AES works in blocks of so many bytes, and the last one is padded. */
export const BLOCK_BYTES = 16;

const MAGIC = '$ANSIBLE_VAULT';
const VERSIONS = ['1.1', '1.2'];
const CIPHER = 'AES256';
const MAC_BYTES = 32;
const LINE_COLUMNS = 80;
const BYTE_ORDER_MARK = '\uFEFF';

/** Whether a text or file is a vault. */
export function isVault(content: string | Uint8Array): boolean {
  const start = content.slice(0, MAGIC.length + 3);
  const text = typeof start === 'string' ? start : Buffer.from(start).toString('utf8');
  return withoutMark(text).startsWith(MAGIC);
}

/** Whether the header of a vault could hold that id, and an option `ID@FILE` as well. */
export function isVaultId(id: string): boolean {
  return /^[\w.-]+$/.test(id);
}

/** The vault as text, with a line feed at its end. Only an id other than `default` stands in the header, as Ansible has it. */
export function formatEnvelope({ id, salt, mac, ciphertext }: Envelope): string {
  const header = id === DEFAULT_ID ? [MAGIC, '1.1', CIPHER] : [MAGIC, '1.2', CIPHER, id];
  const parts = [salt, mac, ciphertext].map((part) => part.toString('hex')).join('\n');
  const body = Buffer.from(parts, 'latin1').toString('hex');
  const lines = body.match(new RegExp(`.{1,${LINE_COLUMNS}}`, 'g')) ?? [];
  return `${[header.join(';'), ...lines].join('\n')}\n`;
}

/**
 * Takes a vault apart. Line ends may be those of Windows, and blanks around a line do no harm. No part of the text shows in errors.
 * @throws ProvisionError `vault-damaged`
 */
export function parseEnvelope(text: string): Envelope {
  const [header = '', ...lines] = withoutMark(text).trimEnd().split('\n');
  const id = parseHeader(header);
  const [first, second, third] = parseBody(lines);
  if (first === undefined || second === undefined || third === undefined) throw damaged('it is not complete');
  const salt = fromHex(first, 'salt');
  const mac = fromHex(second, 'check sum');
  const ciphertext = fromHex(third, 'content');
  if (salt.length === 0) throw damaged('its salt is missing');
  if (mac.length !== MAC_BYTES) throw damaged(`its check sum has ${mac.length} bytes instead of ${MAC_BYTES}`);
  if (ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES > 0) throw damaged('its end is missing');
  return { id, salt, mac, ciphertext };
}

/** @returns the id */
function parseHeader(header: string): string {
  const [magic, version, cipher, id = ''] = header.split(';').map((field) => field.trim());
  const expected = `${MAGIC};1.1;${CIPHER}`;
  if (magic !== MAGIC || cipher === undefined) throw damaged(`its first line is not of the form ${expected}`);
  if (version === undefined || !VERSIONS.includes(version)) {
    const hint = 'Versions 1.1 and 1.2 are read. Older ones: `ansible-vault rekey` of Ansible 2.9 makes a newer one.';
    throw damaged(`its header names a version other than ${VERSIONS.join(' and ')}`, hint);
  }
  if (cipher !== CIPHER) throw damaged(`its header names a cipher other than ${CIPHER}`);
  return id || DEFAULT_ID;
}

/** The body is hexadecimal twice over: inside are three hexadecimal lines. */
function parseBody(lines: readonly string[]): readonly string[] {
  const trimmed = lines.map((line) => line.trim());
  const wrong = trimmed.findIndex((line) => !isHex(line));
  if (wrong !== -1) throw damaged(`its line ${wrong + 2} holds something other than hexadecimal digits`);
  const body = trimmed.join('');
  if (body.length % 2 > 0) throw damaged('it has an odd number of hexadecimal digits: one is missing');
  return Buffer.from(body, 'hex').toString('latin1').split('\n');
}

function fromHex(text: string, part: string): Buffer {
  if (!isHex(text) || text.length % 2 > 0) throw damaged(`its ${part} is not hexadecimal inside`);
  return Buffer.from(text, 'hex');
}

function isHex(text: string): boolean {
  return /^[\da-f]*$/i.test(text);
}

function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

export function damaged(what: string, hint = 'Restore it from a copy, or encrypt the value anew.'): ProvisionError {
  return new ProvisionError('vault-damaged', `the encrypted text is damaged: ${what}`, { hint });
}
