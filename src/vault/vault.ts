/** Ansible Vault 1.1 and 1.2: AES-256-CTR with an HMAC-SHA256, keys by PBKDF2. What we write Ansible reads, and the other way round. */
import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { ProvisionError } from '../errors.ts';
import { Secret } from '../shell/secret.ts';
import { BLOCK_BYTES, DEFAULT_ID, damaged, type Envelope, formatEnvelope, isVault, parseEnvelope } from './envelope.ts';

/** A password and the id that vaults name it by. */
export interface VaultPassword {
  readonly id: string;
  readonly password: Secret;
}

export type VaultPasswords = readonly VaultPassword[];

/** What was in a vault. */
export interface Opened {
  readonly bytes: Buffer;
  /** The id that stands in its header. */
  readonly id: string;
  /** What opened it: not necessarily the password of that id. */
  readonly password: Secret;
}

/** All of these are Ansible's. */
const ITERATIONS = 10_000;
const KEY_BYTES = 32;
const SALT_BYTES = 32;

/**
 * Encrypts a text or the content of a file.
 *
 * @param id which password it is: stands openly in the header, unless it is `default`
 * @example encryptVault('hunter2', password, 'prod') // "$ANSIBLE_VAULT;1.2;AES256;prod\n6338…\n"
 * @throws ProvisionError `vault-refused` where it is encrypted already, or the password is empty
 */
export function encryptVault(plain: string | Uint8Array, password: Secret, id = DEFAULT_ID): string {
  if (isVault(plain)) {
    const hint = 'Give it another password with `provision vault rekey`.';
    throw new ProvisionError('vault-refused', 'it is encrypted already', { hint });
  }
  if (password.reveal() === '') {
    throw new ProvisionError('vault-refused', 'the password is empty', { hint: 'Choose another one.' });
  }
  const salt = randomBytes(SALT_BYTES);
  const keys = deriveKeys(password, salt);
  // CTR needs no padding: Ansible has it from the mode that it used before.
  const cipher = createCipheriv('aes-256-ctr', keys.cipher, keys.counter);
  const ciphertext = Buffer.concat([cipher.update(pad(Buffer.from(plain))), cipher.final()]);
  return formatEnvelope({ id, salt, mac: macOf(ciphertext, keys.mac), ciphertext });
}

/**
 * Decrypts a vault that holds a text.
 * @throws ProvisionError as `openVault`, and `vault-refused` where it is not UTF-8
 */
export function decryptVault(text: string, passwords: VaultPasswords): Secret {
  const { bytes, id } = openVault(text, passwords);
  return Secret.named(`vault ${id}`, textOf(bytes));
}

/**
 * Decrypts a vault. The password of its id is tried first, then, as Ansible does, all others: ids are only names.
 * @throws ProvisionError `vault-damaged`, `vault-password-missing`, `vault-password-wrong`, `vault-id-unknown`
 */
export function openVault(text: string, passwords: VaultPasswords): Opened {
  const envelope = parseEnvelope(text);
  const { id } = envelope;
  const named = passwords.filter((candidate) => candidate.id === id);
  const others = passwords.filter((candidate) => candidate.id !== id);
  for (const { password } of [...named, ...others]) {
    const bytes = decrypt(envelope, password);
    if (bytes !== undefined) return { bytes, id, password };
  }
  throw cannotOpen(id, passwords);
}

/** Bytes as UTF-8 text. @throws ProvisionError `vault-refused` where they are none */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProvisionError('vault-refused', 'what is encrypted here is not UTF-8 text', {
      hint: 'A value must be text. A file of any content comes out of `provision vault decrypt`.',
    });
  }
}

interface Keys {
  readonly cipher: Buffer;
  readonly mac: Buffer;
  readonly counter: Buffer;
}

function deriveKeys(password: Secret, salt: Buffer): Keys {
  const bytes = pbkdf2Sync(password.reveal(), salt, ITERATIONS, 2 * KEY_BYTES + BLOCK_BYTES, 'sha256');
  return {
    cipher: bytes.subarray(0, KEY_BYTES),
    mac: bytes.subarray(KEY_BYTES, 2 * KEY_BYTES),
    counter: bytes.subarray(2 * KEY_BYTES),
  };
}

function macOf(ciphertext: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(ciphertext).digest();
}

/** @returns undefined where the password is another one, or the text was changed: there is no telling these apart */
function decrypt({ salt, mac, ciphertext }: Envelope, password: Secret): Buffer | undefined {
  const keys = deriveKeys(password, salt);
  if (!timingSafeEqual(macOf(ciphertext, keys.mac), mac)) return undefined;
  const decipher = createDecipheriv('aes-256-ctr', keys.cipher, keys.counter);
  return unpad(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}

/** PKCS #7: filled up to whole blocks with bytes that say how many they are. See RFC 5652, section 6.3. */
function pad(bytes: Buffer): Buffer {
  const missing = BLOCK_BYTES - (bytes.length % BLOCK_BYTES);
  return Buffer.concat([bytes, Buffer.alloc(missing, missing)]);
}

function unpad(bytes: Buffer): Buffer {
  const count = bytes.at(-1) ?? 0;
  const padding = bytes.subarray(bytes.length - count);
  const isRight = count >= 1 && count <= BLOCK_BYTES && padding.every((byte) => byte === count);
  if (!isRight) throw damaged('what it decrypts to does not end as it must');
  return bytes.subarray(0, bytes.length - count);
}

function cannotOpen(id: string, passwords: VaultPasswords): ProvisionError {
  const ids = [...new Set(passwords.map((given) => given.id))];
  if (ids.length === 0) return passwordMissing(id);
  if (ids.includes(id)) {
    const name = id === DEFAULT_ID ? '' : ` ${id}`;
    const message = `the vault password${name} is wrong${ids.length > 1 ? ', and no other one fits' : ''}`;
    return new ProvisionError('vault-password-wrong', message, {
      hint: 'Check which password it was encrypted with. If that is the right one, the encrypted text was changed since.',
    });
  }
  const message = `no password is given for the vault id ${id}, and the one of ${ids.join(', ')} does not fit`;
  return new ProvisionError('vault-id-unknown', message, { hint: `Give it: --vault-password-file ${sourceFor(id)}.` });
}

/** @param id of what is encrypted */
export function passwordMissing(id: string): ProvisionError {
  const name = id === DEFAULT_ID ? '' : ` ${id}`;
  return new ProvisionError('vault-password-missing', `this is encrypted, and no vault password${name} is given`, {
    hint: `Give it: --vault-password-file ${sourceFor(id)}, or --ask-vault-pass on a terminal.`,
  });
}

function sourceFor(id: string): string {
  return id === DEFAULT_ID ? 'FILE' : `${id}@FILE`;
}
