import { ProvisionError } from '../errors.ts';
import { openRootShell } from './root-shell.ts';
import type { Connection, HostAddress, Link } from './types.ts';

/**
 * Logs in to a host, becomes root there and opens the root shell.
 *
 * @throws ProvisionError `unreachable`, `authentication-failed`, `host-key-*`, `key-unreadable`, `become-*`,
 * `shell-unusable`, `unsupported-host`; each knows its host
 */
export async function connect(address: HostAddress): Promise<Connection> {
  try {
    const link = await openLink(address);
    try {
      return await openRootShell(link, address);
    } catch (error) {
      await link.close();
      throw error;
    }
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ host: address.name }) : error;
  }
}

/** Loads only the transport that is asked for: ssh2 alone takes longer to load than most commands to run. */
async function openLink(address: HostAddress): Promise<Link> {
  if (address.transport === 'local') return (await import('./link-local.ts')).openLocalLink();
  if (address.transport === 'openssh') return (await import('./link-openssh.ts')).openOpensshLink(address);
  return (await import('./link-ssh.ts')).openSshLink(address);
}
