/** A link over the SSH protocol, spoken by ssh2. */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { ProvisionError } from '../errors.ts';
import { type HostKeyCheck, hostKeyCheck } from './host-key.ts';
import { type AuthAttempt, type Credentials, loadCredentials } from './ssh-auth.ts';
import { openSocket, unreachable } from './tcp.ts';
import type { Channel, HostAddress, Link } from './types.ts';

/** How often a connection is tried again that broke before anyone was asked for a key. */
const HANDSHAKE_TRIES = 3;
const RETRY_AFTER_MS = 300;

interface SshLink extends Link {
  /** A TCP connection from the host on to another. */
  forward(to: HostAddress): Promise<Duplex>;
}

/**
 * Logs in, through its jump hosts where there are any. Everything local is checked first: keys, known hosts.
 *
 * @throws ProvisionError `unreachable`, `authentication-failed`, `host-key-*`, `key-unreadable`
 */
export async function openSshLink(address: HostAddress): Promise<Link> {
  const ways = await Promise.all([...address.jumps, address].map(prepare));
  let link: SshLink | undefined;
  for (const way of ways) {
    const through = link;
    try {
      link = await openThrough(through, way);
    } catch (error) {
      await through?.close();
      throw way.address === address ? error : jumpFailed(address, way.address, error);
    }
  }
  return link as SshLink;
}

/** A host and all that is needed to log in to it. */
interface Way {
  readonly address: HostAddress;
  readonly credentials: Credentials;
  readonly hostKey: HostKeyCheck;
}

async function prepare(address: HostAddress): Promise<Way> {
  return { address, credentials: await loadCredentials(address), hostKey: hostKeyCheck(address) };
}

/** sshd drops connections at random while many are logging in (MaxStartups): those are tried again, a little later. */
async function openThrough(through: SshLink | undefined, way: Way): Promise<SshLink> {
  for (let tries = 1; ; tries++) {
    const socket = await (through === undefined ? openSocket(way.address) : through.forward(way.address));
    try {
      return toLink(await logIn(socket, way), through);
    } catch (error) {
      socket.destroy();
      if (!(error instanceof HandshakeDropped)) throw error;
      if (tries === HANDSHAKE_TRIES) throw unreachable(way.address, Object.assign(error, { code: 'ECONNRESET' }));
      await delay(RETRY_AFTER_MS * tries * (0.5 + Math.random()));
    }
  }
}

/** The connection broke before the handshake was through. */
class HandshakeDropped extends Error {}

async function logIn(socket: Duplex, { address, credentials, hostKey }: Way): Promise<Client> {
  const client = new ssh2.Client();
  const tried: string[] = [];
  let left = [...credentials.attempts];
  let accepts: readonly string[] = [];
  let refusal: ProvisionError | undefined;
  let secured = false;

  return await new Promise<Client>((resolve, reject) => {
    client.once('ready', () => {
      client.removeListener('error', failed).removeListener('close', dropped);
      resolve(client);
    });
    client.once('handshake', () => {
      secured = true;
    });
    client.on('error', failed);
    client.on('close', dropped);

    function failed(error: Error & { level?: string }): void {
      // An agent that cannot be asked, or cannot sign: ssh2 goes on with the next method by itself.
      if (error.level === 'agent') return;
      client.on('error', () => {});
      reject(reason(error));
    }

    function dropped(): void {
      failed(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    }

    function reason(error: Error & { level?: string }): Error {
      if (refusal !== undefined) return refusal;
      if (error.level === 'client-authentication')
        return refused(address, { tried, accepts, skipped: credentials.skipped });
      if (error.level === 'client-timeout') return unreachable(address, Object.assign(error, { code: 'ETIMEDOUT' }));
      // sshd hangs up after too many attempts (MaxAuthTries).
      if (tried.length > 0) return refused(address, { tried, accepts, skipped: credentials.skipped }, error);
      if (!secured && isDrop(error)) return new HandshakeDropped(error.message, { cause: error });
      return unreachable(address, error);
    }

    client.connect({
      sock: socket,
      username: address.user,
      readyTimeout: address.connectTimeoutMs,
      keepaliveInterval: address.keepAliveMs,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: hostKey.algorithms, compress: ['none'] },
      hostVerifier: (key: Buffer) => {
        refusal = hostKey.verify(key);
        return refusal === undefined;
      },
      authHandler: (methodsLeft: readonly string[] | null, _partial, next) => {
        if (methodsLeft !== null) {
          accepts = methodsLeft;
          left = left.filter(({ method }) => methodsLeft.includes(wireName(method.type)));
        }
        const attempt = left.shift();
        if (attempt === undefined) return next(false as never);
        tried.push(attempt.name);
        next(attempt.method);
      },
    });
  });
}

/** An agent's keys are public keys to the server. */
function wireName(type: AuthAttempt['method']['type']): string {
  return type === 'agent' ? 'publickey' : type;
}

function isDrop(error: Error & { code?: string }): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || /lost before handshake/.test(error.message);
}

function toLink(client: Client, through: SshLink | undefined): SshLink {
  const closed = Promise.withResolvers<string>();
  client.on('error', (error) => closed.resolve(error.message));
  client.on('close', () => {
    closed.resolve('the host closed the connection');
    void through?.close();
  });

  return {
    closed: closed.promise,
    open: (command) =>
      new Promise((resolve, reject) => {
        client.exec(command, (error, channel) => (error ? reject(error) : resolve(toChannel(channel, closed.promise))));
      }),
    forward: (to) =>
      new Promise((resolve, reject) => {
        client.forwardOut('127.0.0.1', 0, to.hostname, to.port, (error, channel) => {
          if (error) reject(unreachable(to, error));
          else resolve(channel);
        });
      }),
    async close() {
      closed.resolve('it was closed');
      client.end();
    },
  };
}

function toChannel(channel: ClientChannel, linkClosed: Promise<string>): Channel {
  const closed = Promise.withResolvers<Awaited<Channel['closed']>>();
  let code: number | undefined;
  let reason: string | undefined;
  // Optional in the protocol: dropbear closes without an exit status.
  channel.on('exit', (status: number | null, signal?: string) => {
    code = status ?? undefined;
    reason = signal && `ended by ${signal}`;
  });
  channel.on('close', () => closed.resolve({ code, reason }));
  void linkClosed.then((linkReason) => closed.resolve({ code, reason: linkReason }));
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    closed: closed.promise,
    destroy() {
      channel.close();
      channel.destroy();
    },
  };
}

interface Refusal {
  readonly tried: readonly string[];
  readonly accepts: readonly string[];
  readonly skipped: readonly string[];
}

function refused({ name, user }: HostAddress, { tried, accepts, skipped }: Refusal, cause?: Error): ProvisionError {
  const list = tried.length === 0 ? 'nothing to log in with was found' : `tried ${tried.join(', ')}`;
  const wants = accepts.length === 0 ? '' : `; the host accepts ${accepts.join(', ')}`;
  return new ProvisionError('authentication-failed', `${user} cannot log in: ${list}${wants}`, {
    host: name,
    detail: skipped.length === 0 ? undefined : skipped.join('\n'),
    hint: 'Check user, key and password in the inventory, and what `authorized_keys` of that user holds on the host.',
    cause,
  });
}

function jumpFailed({ name }: HostAddress, jump: HostAddress, error: unknown): unknown {
  if (!(error instanceof ProvisionError)) return error;
  const { code, location, hint, detail, cause } = error;
  return new ProvisionError(code, `the jump host ${jump.name}: ${error.message}`, {
    host: name,
    location,
    hint,
    detail,
    cause,
  });
}
