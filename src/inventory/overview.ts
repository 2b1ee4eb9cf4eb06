import { ProvisionError } from '../errors.ts';
import { SSH_ARGUMENTS } from './connection.ts';
import { createResolver, type Resolver } from './expressions/references.ts';
import { roleNames } from './roles/reader.ts';
import { shown } from './secrets/mask.ts';
import { parseSshArguments, type SshArguments } from './ssh-arguments.ts';
import type { Host, Inventory } from './types.ts';
import { namedSecrets } from './view.ts';

/** A host at a glance. */
export interface HostEntry {
  readonly host: string;
  /** `root@203.0.113.10:2222` as far as the inventory says it; a reference that leads nowhere stands as it is written. */
  readonly address: string;
  /** The most specific one last, without `all`. */
  readonly groups: readonly string[];
  /** In the order in which they are applied. */
  readonly roles: readonly string[];
}

/** @throws ProvisionError where the roles of the host cannot be told */
export function overviewOf(host: Host, inventory: Inventory): HostEntry {
  const resolver = createResolver(host, inventory, namedSecrets(host, inventory));
  const groups = host.groups.filter((name) => name !== 'all');
  return { host: host.name, address: addressOf(resolver), groups, roles: roleNames(resolver) };
}

function addressOf(resolver: Resolver): string {
  if ([read('provision_transport'), read('ansible_connection')].includes('local')) return 'this machine';
  const args: SshArguments = Object.assign({}, ...SSH_ARGUMENTS.toReversed().map(readArguments));
  const user = read('ansible_ssh_user') ?? read('ansible_user') ?? args.user;
  const hostname = read('ansible_ssh_host') ?? read('ansible_host') ?? resolver.host.name;
  const port = read('ansible_ssh_port') ?? read('ansible_port') ?? args.port;
  const name = port !== undefined && String(hostname).includes(':') ? `[${hostname}]` : hostname;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;

  /** The list of hosts shall show also what is not complete: an environment that is not set, say. */
  function read(name: string): unknown {
    try {
      return shown(resolver.variable(name));
    } catch (error) {
      if (error instanceof ProvisionError) return shown(resolver.host.vars[name]);
      throw error;
    }
  }

  function readArguments(name: string): SshArguments {
    try {
      return parseSshArguments(String(read(name) ?? ''));
    } catch (error) {
      if (error instanceof ProvisionError) return {};
      throw error;
    }
  }
}
