/** What database servers store instead of a password, computed here, so that they never see the password itself. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/**
 * PostgreSQL's `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803, RFC 7677).
 * @param salt raw bytes, 16 by PostgreSQL's habit
 */
export function scramVerifier(password: string, salt: Uint8Array, iterations = 4096): string {
  // PostgreSQL prepares passwords by SASLprep (RFC 4013), the heart of which is this normalisation.
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const storedKey = sha256(hmac(salted, 'Client Key')).toString('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
}

/** MariaDB's `mysql_native_password`: `*` and SHA-1 of SHA-1 of the password in capital hexadecimal digits. */
export function nativePasswordHash(password: string): string {
  const once = createHash('sha1').update(password).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}

/**
 * MySQL's `caching_sha2_password`: `$A$<rounds/1000 in hexadecimal>$<20 bytes of salt><digest>`.
 * The digest is that of SHA-crypt; the salt's bytes are 1 to 127 without `$`.
 */
export function cachingSha2Hash(password: string, salt: Uint8Array, rounds = 5000): Buffer {
  const head = `$A$${(rounds / 1000).toString(16).toUpperCase().padStart(3, '0')}$`;
  return Buffer.concat([Buffer.from(head), salt, Buffer.from(sha256Crypt(password, salt, rounds))]);
}

/**
 * The digest of SHA-crypt with SHA-256 in its own base 64: https://www.akkadia.org/drepper/SHA-crypt.txt, whose steps
 * the comments name. Unlike crypt(3) it takes a salt of more than 16 bytes, as MySQL does.
 */
export function sha256Crypt(password: string, salt: Uint8Array, rounds: number): string {
  const key = Buffer.from(password);
  // 4-8
  const b = sha256(key, salt, key);
  // 1-3, 9-12
  const a = createHash('sha256').update(key).update(salt).update(repeat(b, key.length));
  for (let bits = key.length; bits > 0; bits >>= 1) a.update(bits & 1 ? b : key);
  let digest = a.digest();
  // 13-16
  const p = repeat(sha256(...Array<Buffer>(key.length).fill(key)), key.length);
  // 17-20
  const s = repeat(sha256(...Array<Uint8Array>(16 + (digest[0] ?? 0)).fill(salt)), salt.length);
  // 21
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    const hash = createHash('sha256').update(odd ? p : digest);
    if (round % 3 !== 0) hash.update(s);
    if (round % 7 !== 0) hash.update(p);
    digest = hash.update(odd ? digest : p).digest();
  }
  return encode(digest);
}

const DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Step 22: three bytes at a time, their places 10 apart and rotating, lowest digit first. */
function encode(digest: Buffer): string {
  const at = (i: number) => digest[i] ?? 0;
  let text = '';
  for (let i = 0, [x, y, z] = [0, 10, 20]; i < 10; i += 1, [x, y, z] = [z + 1, x + 1, y + 1]) {
    text += digits((at(x) << 16) | (at(y) << 8) | at(z), 4);
  }
  return text + digits((at(31) << 8) | at(30), 3);
}

function digits(value: number, count: number): string {
  return Array.from({ length: count }, (_, i) => DIGITS[(value >> (6 * i)) & 63]).join('');
}

/** The bytes over and over, up to that length. */
function repeat(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

function sha256(...chunks: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
