import { ProvisionError } from '../errors.ts';
import { takeTurn } from './handshakes.ts';
import { openRootShell } from './root-shell.ts';
import type { Connection, HostAddress, Link } from './types.ts';

/** A login at a jump host takes no longer, unless that is the one that hangs. */
const JUMP_TURN_MS = 4_000;

/**
 * Logs in to a host, becomes root there and opens the root shell.
 *
 * @throws ProvisionError `unreachable`, `authentication-failed`, `host-key-*`, `key-unreadable`, `become-*`,
 * `shell-unusable`, `unsupported-host`; each knows its host
 */
export async function connect(address: HostAddress): Promise<Connection> {
  try {
    return await (address.transport === 'openssh' ? openShellInTurn(address) : openShell(address));
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ host: address.name }) : error;
  }
}

async function openShell(address: HostAddress): Promise<Connection> {
  const link = await openLink(address);
  try {
    return await openRootShell(link, address);
  } catch (error) {
    await link.close();
    throw error;
  }
}

/**
 * The system's ssh logs in when the root shell is opened, and at its first jump host first. When it is past that it does not tell: after
 * some seconds a host that hangs behind it must not keep the turn from others.
 */
async function openShellInTurn(address: HostAddress): Promise<Connection> {
  const [jump = address] = address.jumps;
  const end = await takeTurn(jump);
  let isOver = false;
  function endTurn(): void {
    if (!isOver) end();
    isOver = true;
  }
  const timer = jump === address ? undefined : setTimeout(endTurn, JUMP_TURN_MS);
  try {
    return await openShell(address);
  } finally {
    clearTimeout(timer);
    endTurn();
  }
}

/** Loads only the transport that is asked for: ssh2 alone takes longer to load than most commands to run. */
async function openLink(address: HostAddress): Promise<Link> {
  if (address.transport === 'local') return (await import('./link-local.ts')).openLocalLink();
  if (address.transport === 'openssh') return (await import('./link-openssh.ts')).openOpensshLink(address);
  return (await import('./link-ssh.ts')).openSshLink(address);
}
