/**
 * SHA-crypt with SHA-256, the `$5$` of crypt(3), after Ulrich Drepper's specification. Node has none, and the libraries that
 * there are err for some lengths of the password.
 */
import { createHash } from 'node:crypto';

const DIGEST_BYTES = 32;
const MIN_ROUNDS = 1000;
const MAX_ROUNDS = 999_999_999;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Which bytes of the digest are written together, the most significant first. */
const TRIPLES = [
  [0, 10, 20],
  [21, 1, 11],
  [12, 22, 2],
  [3, 13, 23],
  [24, 4, 14],
  [15, 25, 5],
  [6, 16, 26],
  [27, 7, 17],
  [18, 28, 8],
  [9, 19, 29],
] as const;

/**
 * The hash as `/etc/shadow` has it.
 *
 * @example sha256Crypt('Hello world!', { salt: 'saltstring', rounds: 5000 })
 * @param salt at most 16 characters, without a `$`
 * @param rounds 1,000 to 999,999,999
 */
export function sha256Crypt(password: string, { salt, rounds }: { salt: string; rounds: number }): string {
  if (!/^[^$\0\n]{0,16}$/.test(salt)) throw new TypeError('a salt has at most 16 characters, and none of them is a $');
  if (!(rounds >= MIN_ROUNDS && rounds <= MAX_ROUNDS)) throw new TypeError(`rounds must be at least ${MIN_ROUNDS}`);
  return `$5$rounds=${rounds}$${salt}$${encode(digestOf(Buffer.from(password), Buffer.from(salt), rounds))}`;
}

function digestOf(password: Buffer, salt: Buffer, rounds: number): Buffer {
  const other = sha256(password, salt, password);
  const mixed = [...binaryDigits(password.length)].map((digit) => (digit === '1' ? other : password));
  let digest = sha256(password, salt, stretch(other, password.length), ...mixed);

  const p = stretch(sha256(...Array<Buffer>(password.length).fill(password)), password.length);
  const s = stretch(sha256(...Array<Buffer>(16 + (digest[0] ?? 0)).fill(salt)), salt.length);
  for (let round = 0; round < rounds; round += 1) {
    const isOdd = round % 2 === 1;
    digest = sha256(
      isOdd ? p : digest,
      ...(round % 3 === 0 ? [] : [s]),
      ...(round % 7 === 0 ? [] : [p]),
      isOdd ? digest : p,
    );
  }
  return digest;
}

/** The digits of a number from the least significant one on. */
function binaryDigits(number: number): string {
  return number === 0 ? '' : [...number.toString(2)].reverse().join('');
}

/** A digest again and again, as many bytes of it as wanted. */
function stretch(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

/** Base64 of crypt(3): little endian, with an alphabet of its own. */
function encode(digest: Buffer): string {
  const byte = (i: number) => digest[i] ?? 0;
  const whole = TRIPLES.map(([a, b, c]) => characters((byte(a) << 16) | (byte(b) << 8) | byte(c), 4));
  return `${whole.join('')}${characters((byte(DIGEST_BYTES - 1) << 8) | byte(DIGEST_BYTES - 2), 3)}`;
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, i) => ALPHABET[(value >> (6 * i)) & 63]).join('');
}
