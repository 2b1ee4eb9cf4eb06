/** As much of OpenPGP (RFC 9580) as it takes to know a public key by its fingerprint. No signature is verified here. */
import { createHash } from 'node:crypto';

/** Packet type ID: section 5. */
const PUBLIC_KEY = 6;
const ARMOR =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----[^\n]*\n(?:[^\n]*: [^\n]*\n)*\s*([A-Za-z0-9+/=\s]+?)(?:\n=[A-Za-z0-9+/]{4}\s*)?\s*-----END/g;

/** The bytes of keys that are given in ASCII armor, one block or several, in base64, or as bytes of either kind. */
export function keyBytes(content: string | Buffer): Buffer {
  const text = typeof content === 'string' ? content : content.toString('latin1');
  const blocks = [...text.matchAll(ARMOR)].map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  if (blocks.length > 0) return Buffer.concat(blocks);
  return typeof content === 'string' ? Buffer.from(content, 'base64') : content;
}

/** The key in ASCII armor (section 6), with the checksum that older programs ask for. */
export function armor(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  const begin = '-----BEGIN PGP PUBLIC KEY BLOCK-----';
  return [begin, '', ...lines, `=${crc24(bytes).toString('base64')}`, begin.replace('BEGIN', 'END'), ''].join('\n');
}

/** The fingerprints of all primary keys in it, in capital hexadecimal digits; none where it holds no public key. */
export function fingerprints(bytes: Buffer): string[] {
  const found: string[] = [];
  for (const { type, body } of packets(bytes)) {
    if (type === PUBLIC_KEY) found.push(fingerprint(body));
  }
  return found;
}

/** Section 5.5.4: of version 4 with SHA-1, of version 6 with SHA-256. */
function fingerprint(body: Buffer): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const isOld = body[0] === 4;
  const hash = createHash(isOld ? 'sha1' : 'sha256');
  hash.update(Buffer.from([isOld ? 0x99 : 0x9b])).update(isOld ? length.subarray(2) : length);
  return hash.update(body).digest('hex').toUpperCase();
}

/** Section 4.2. It ends where the bytes are no packet, or one of a length that is not known beforehand, which no key has. */
function* packets(bytes: Buffer): Generator<{ type: number; body: Buffer }> {
  let rest = bytes;
  while (rest.length > 1 && byte(rest, 0) >= 0x80) {
    const tag = byte(rest, 0);
    const isNewFormat = (tag & 0x40) !== 0;
    const { header, length } = isNewFormat ? newLength(rest) : oldLength(rest, tag & 3);
    if (length < 0 || rest.length < header + length) return;
    yield { type: isNewFormat ? tag & 0x3f : (tag >> 2) & 0xf, body: rest.subarray(header, header + length) };
    rest = rest.subarray(header + length);
  }
}

function newLength(packet: Buffer): { header: number; length: number } {
  const first = byte(packet, 1);
  if (first < 192) return { header: 2, length: first };
  if (first < 224) return { header: 3, length: ((first - 192) << 8) + byte(packet, 2) + 192 };
  return first === 255 && packet.length > 5 ? { header: 6, length: packet.readUInt32BE(2) } : { header: 0, length: -1 };
}

function oldLength(packet: Buffer, kind: number): { header: number; length: number } {
  const size = [1, 2, 4][kind];
  if (size === undefined || packet.length <= size) return { header: 0, length: -1 };
  return { header: 1 + size, length: packet.readUIntBE(1, size) };
}

function byte(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

/** Section 6.1.1. */
function crc24(bytes: Buffer): Buffer {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit += 1) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= 0x1864cfb;
    }
  }
  return Buffer.from([crc >> 16, crc >> 8, crc].map((part) => part & 0xff));
}
