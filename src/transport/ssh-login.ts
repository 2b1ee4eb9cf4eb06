/** The handshake and the login of one SSH connection. */
import type { Duplex } from 'node:stream';
import type { Client as Ssh2Client } from 'ssh2';
import { ProvisionError } from '../errors.ts';
import type { HostKeyCheck } from './host-key.ts';
import { ignoreHostKeyOffers } from './host-key-offers.ts';
import { signAtOnce } from './sign-at-once.ts';
import type { AuthAttempt, Credentials } from './ssh-auth.ts';
import { Client } from './ssh2.ts';
import { unreachable } from './tcp.ts';
import type { HostAddress } from './types.ts';

/** A host and all that is needed to log in to it. */
export interface Login {
  readonly address: HostAddress;
  readonly credentials: Credentials;
  readonly hostKey: HostKeyCheck;
}

/** The connection broke before anyone was asked for a key: worth another try. */
export class HandshakeDropped extends Error {}

/** As ssh2 marks its errors with the stage that they come from. */
type Ssh2Error = Error & { readonly level?: string; readonly code?: string };

/**
 * Logs in over a connection that stands already.
 *
 * @throws HandshakeDropped, or ProvisionError `unreachable`, `authentication-failed`, `host-key-*`
 */
export function logIn(socket: Duplex, { address, credentials, hostKey }: Login): Promise<Ssh2Client> {
  const client = new Client();
  const tried: string[] = [];
  let left = credentials.attempts;
  let accepts: readonly string[] = [];
  let keyRefusal: ProvisionError | undefined;
  let isSecured = false;
  let isIn = false;

  /** What ended the login; which stage it had reached tells more than the words of the error. */
  function reason(error: Ssh2Error): Error {
    if (keyRefusal !== undefined) return keyRefusal;
    if (error.level === 'client-timeout') return unreachable(address, Object.assign(error, { code: 'ETIMEDOUT' }));
    // Also where sshd hangs up after too many attempts (MaxAuthTries).
    if (tried.length > 0 || error.level === 'client-authentication') {
      return refused(address, { tried, accepts, skipped: credentials.skipped, last: error });
    }
    if (!isSecured && isDrop(error)) return new HandshakeDropped(error.message, { cause: error });
    return unreachable(address, error);
  }

  /** The next thing to try of those that the host accepts; sent only when the server's refusal of the last one is here. */
  function nextAttempt(methodsLeft: readonly string[] | null): AuthAttempt | undefined {
    if (methodsLeft !== null) {
      accepts = methodsLeft;
      left = left.filter(({ method }) => methodsLeft.includes(wireName(method.type)));
    }
    const [attempt] = left;
    left = left.slice(1);
    if (attempt !== undefined) tried.push(attempt.name);
    return attempt;
  }

  return new Promise((resolve, reject) => {
    function fail(error: Ssh2Error): void {
      // An agent that cannot be asked, or cannot sign: ssh2 goes on with the next method by itself.
      if (!isIn && error.level !== 'agent') reject(reason(error));
    }

    // The listeners stay: an error event without one would end the process.
    client.on('error', fail);
    client.on('close', () => fail(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })));
    client.once('handshake', () => {
      isSecured = true;
    });
    client.once('ready', () => {
      isIn = true;
      resolve(client);
    });
    client.connect({
      sock: socket,
      username: address.user,
      readyTimeout: address.connectTimeoutMs,
      keepaliveInterval: address.keepAliveMs,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: hostKey.algorithms, compress: ['none'] },
      // Without a verifier ssh2 accepts any key.
      hostVerifier: (key: Buffer) => {
        keyRefusal = hostKey.verify(key);
        return keyRefusal === undefined;
      },
      authHandler: (methodsLeft: readonly string[] | null, _isPartial, next) => {
        // `false` ends it, which the types do not know.
        next(nextAttempt(methodsLeft)?.method ?? (false as never));
      },
    });
    signAtOnce(client);
    ignoreHostKeyOffers(client);
  });
}

/** An agent's keys are public keys to the server. */
function wireName(type: AuthAttempt['method']['type']): string {
  return type === 'agent' ? 'publickey' : type;
}

function isDrop({ code, message }: Ssh2Error): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE' || /lost before handshake/.test(message);
}

interface Refusal {
  readonly tried: readonly string[];
  readonly accepts: readonly string[];
  readonly skipped: readonly string[];
  readonly last: Ssh2Error;
}

function refused({ name, user }: HostAddress, { tried, accepts, skipped, last }: Refusal): ProvisionError {
  const list = tried.length === 0 ? 'nothing to log in with was found' : `tried ${tried.join(', ')}`;
  const wants = accepts.length === 0 ? '' : `; the host accepts ${accepts.join(', ')}`;
  const said = last.level === 'client-authentication' ? [] : [last.message];
  return new ProvisionError('authentication-failed', `${user} cannot log in: ${list}${wants}`, {
    host: name,
    detail: [...said, ...skipped].join('\n') || undefined,
    hint: 'Check user, key and password in the inventory, and what `authorized_keys` of that user holds on the host.',
    cause: last,
  });
}
