import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import { stateFile } from './state.ts';

/** The key pair that logs in to every throwaway host: its private file's path and the public line; made at the first call. */
export function labKey(): { keyFile: string; publicKey: string } {
  const keyFile = stateFile('id_ed25519');
  if (!existsSync(keyFile)) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'provision-lab' });
    writeFileSync(`${keyFile}.pub`, `${pair.public}\n`);
    writeFileSync(keyFile, pair.private, { mode: 0o600 });
  }
  return { keyFile, publicKey: readFileSync(`${keyFile}.pub`, 'utf8').trim() };
}
