/** A link over the SSH protocol, spoken by ssh2. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import { ProvisionError } from '../errors.ts';
import { takeTurn } from './handshakes.ts';
import { hostKeyCheck } from './host-key.ts';
import { loadCredentials } from './ssh-auth.ts';
import { HandshakeDropped, type Login, logIn } from './ssh-login.ts';
import { openSocket, unreachable, writeTogether } from './tcp.ts';
import type { Channel, HostAddress, Link } from './types.ts';

/** How often a connection is tried again that broke before anyone was asked for a key. */
const HANDSHAKE_TRIES = 5;
const RETRY_AFTER_MS = 200;

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

/**
 * A TCP connection to a host's SSH server, through its jump hosts where there are any; no login yet at the host itself.
 *
 * @throws ProvisionError as `openSshLink`, for the jump hosts
 */
export async function openSocketTo(address: HostAddress): Promise<Duplex> {
  const last = address.jumps.at(-1);
  if (last === undefined) return openSocket(address);
  const link = (await openSshLink({ ...last, jumps: address.jumps.slice(0, -1) })) as SshLink;
  const stream = await link.forward(address);
  stream.once('close', () => void link.close());
  return stream;
}

async function prepare(address: HostAddress): Promise<Login> {
  return { address, credentials: await loadCredentials(address), hostKey: hostKeyCheck(address) };
}

/**
 * sshd drops connections at random while many are logging in (MaxStartups), and others than we do so as well: those that were
 * dropped are tried again, a little later.
 */
async function openThrough(through: SshLink | undefined, way: Login): Promise<SshLink> {
  for (let tries = 1; ; tries++) {
    try {
      return await openInTurn(through, way);
    } catch (error) {
      if (!(error instanceof HandshakeDropped)) throw error;
      if (tries === HANDSHAKE_TRIES) throw unreachable(way.address, Object.assign(error, { code: 'ECONNRESET' }));
      await delay(RETRY_AFTER_MS * tries * (0.5 + Math.random()));
    }
  }
}

async function openInTurn(through: SshLink | undefined, way: Login): Promise<SshLink> {
  const endTurn = await takeTurn(way.address);
  try {
    const socket = await (through === undefined ? openSocket(way.address) : through.forward(way.address));
    writeTogether(socket);
    const client = await logIn(socket, way).catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
    return toLink(client, socket, through);
  } finally {
    endTurn();
  }
}

function toLink(client: Client, socket: Duplex, through: SshLink | undefined): SshLink {
  const closed = Promise.withResolvers<string>();
  client.on('error', (error) => closed.resolve(error.message));
  client.on('close', () => {
    closed.resolve('the host closed the connection');
    void through?.close();
  });

  return {
    closed: closed.promise,
    closesInOrder: true,
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
      // The host answers the end with its own, for which this process need not stay.
      if (socket instanceof Socket) socket.unref();
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
