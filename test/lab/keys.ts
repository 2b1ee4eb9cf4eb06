import { dirname } from 'node:path';
import { type KeyPair, keyPairIn } from '../../src/throwaway/key.ts';
import { stateFile } from './state.ts';

/** The key pair that logs in to every throwaway host: its private file's path and the public line; made at the first call. */
export function labKey(): KeyPair {
  return keyPairIn(dirname(stateFile('id_ed25519')), 'provision-lab');
}
