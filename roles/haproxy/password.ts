import { createHmac } from 'node:crypto';
import { Secret, type Text } from '../../src/index.ts';
import { sha256Crypt } from './sha256-crypt.ts';

/**
 * The crypt(3) hash of a user's password.
 *
 * haproxy computes it again for every request, so it has as few rounds as SHA-crypt allows. The salt is derived from one
 * that the host keeps: random to everyone else, and the same in every run, or the configuration would never converge.
 */
export function passwordHash(user: string, password: Text, hostSalt: Secret): Secret {
  return Secret.derive([password, hostSalt], (password, hostSalt) =>
    sha256Crypt(password, { salt: userSalt(user, hostSalt), rounds: 1000 }),
  );
}

/** 16 characters, the longest salt that SHA-crypt takes. */
function userSalt(user: string, hostSalt: string): string {
  return createHmac('sha256', hostSalt).update(user).digest('base64').replaceAll('+', '.').slice(0, 16);
}
