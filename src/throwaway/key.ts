/** The key pair that logs in to throwaway hosts. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import keygen from 'ssh2/lib/keygen.js';

export interface KeyPair {
  /** Path of the private key. */
  readonly keyFile: string;
  /** `ssh-ed25519 AAAA… NAME`. */
  readonly publicKey: string;
}

/** Made at the first call; later ones find it in the folder. @param name its comment */
export function keyPairIn(folder: string, name: string): KeyPair {
  const keyFile = join(folder, 'id_ed25519');
  try {
    return { keyFile, publicKey: readFileSync(`${keyFile}.pub`, 'utf8').trim() };
  } catch {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const pair = keygen.generateKeyPairSync('ed25519', { comment: name });
    // The public half is the sign that both are there.
    writeFileSync(`${keyFile}.${process.pid}`, pair.private, { mode: 0o600 });
    renameSync(`${keyFile}.${process.pid}`, keyFile);
    writeFileSync(`${keyFile}.pub`, `${pair.public}\n`);
    return { keyFile, publicKey: pair.public };
  }
}
