import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProvisionError } from '../errors.ts';
import type { HostAddress } from './types.ts';

/**
 * A TCP connection. Nagle's algorithm is off: SSH waits for answers to small messages, and each would be held back
 * until the far side has acknowledged the last one.
 *
 * @throws ProvisionError `unreachable`
 */
export function openSocket(address: HostAddress): Promise<Socket> {
  const { hostname, port, connectTimeoutMs } = address;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port, noDelay: true, keepAlive: true, timeout: connectTimeoutMs });
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout').removeAllListeners('error');
      resolve(socket);
    });
    socket.once('timeout', () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    socket.once('error', (error: NodeJS.ErrnoException) => reject(unreachable(address, error)));
  });
}

/**
 * Has all that is written to a stream at one time go out together. By itself ssh2 writes each message in three pieces: its length, its
 * text, its seal. Each would wake the far side, which can do nothing yet with the first two.
 */
export function writeTogether(stream: Duplex): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]) => {
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    return write(...args);
  };
}

const REASONS: Record<string, readonly [why: string, hint: string]> = {
  ECONNREFUSED: ['refuses connections', 'Is sshd running there, and is the port right?'],
  ENOTFOUND: ['has a name that does not resolve', 'Check how it is written (`ansible_host`), and the name servers.'],
  EAI_AGAIN: ['has a name that cannot be looked up now', 'The name server does not answer: check your network.'],
  ETIMEDOUT: ['does not answer', 'Is it up, and does a firewall let you through?'],
  EHOSTUNREACH: ['cannot be reached', 'Is it up, and is there a route to it?'],
  ENETUNREACH: ['is on a network that cannot be reached', 'Check your network or VPN.'],
  ECONNRESET: ['closes the connection', 'Is it an SSH port, and does a firewall let you through?'],
};

/** Says of a failed connection what it means. */
export function unreachable(address: HostAddress, cause: NodeJS.ErrnoException): ProvisionError {
  const [why, hint] = REASONS[cause.code ?? ''] ?? [
    `cannot be reached: ${cause.message}`,
    'Check address and network.',
  ];
  return new ProvisionError('unreachable', `${address.hostname} port ${address.port} ${why}`, {
    host: address.name,
    hint,
    cause,
  });
}
