/** What a role is: parameters in, desired states out. No I/O. */
import type * as z from 'zod';
import type { Handler, Resource } from '../resources/contract.ts';
import type { Secret } from '../shell/secret.ts';
import type { Facts } from './facts.ts';

/** A host of the same inventory, as far as the roles of others may know it. */
export interface Peer {
  readonly name: string;
  /** As it is reached from here. */
  readonly hostname: string;
  /** The names of its roles. */
  readonly roles: readonly string[];
  /**
   * The parameter of that name, as that host's roles have checked it; undefined where none of them reads it. A secret in it
   * that the host generates has no value here.
   */
  param(name: string): unknown;
}

/** Hosts that a role needs to know, and the path of the variable that names them. */
export interface PeerPattern {
  readonly pattern: string;
  readonly parameter: readonly PropertyKey[];
}

/** A load balancer on a host: what a redeploy must know of it to take servers out and in. */
export interface Balancer {
  /** Path of the socket at which the worker in charge takes commands. */
  readonly adminSocket: string;
  /** Path of the socket of the master, through which the workers of before a reload are reached. */
  readonly masterSocket: string;
  readonly configFile: string;
  /** What an apply has changed `configFile` from. */
  readonly backupFile: string;
  /** A folder: while a file is in it, an apply leaves `configFile` as it is. */
  readonly holdFolder: string;
  readonly reload: Handler;
  readonly servers: readonly BalancedServer[];
  /** What a slot of a service was called, as far as it had a server here, should the inventory no longer have the service. */
  formerServers?(slot: FormerSlot): readonly Pick<BalancedServer, 'backend' | 'server'>[];
  /** What a visitor may ask for at the balancer's address: a page that answers while all is well. */
  readonly site: { readonly tls: boolean; readonly port: number; readonly path: string } | undefined;
}

/** Which slot of which host a server of a load balancer stands for. */
export interface BalancedServer {
  readonly backend: string;
  readonly server: string;
  /** The host's name in the inventory. */
  readonly host: string;
  readonly stack: string;
  /** As the stack calls it: `app-1`. */
  readonly slot: string;
}

/** A place of a service that is gone. */
export interface FormerSlot extends Pick<BalancedServer, 'host' | 'slot'> {
  readonly service: string;
}

export interface RoleContext<Params> {
  readonly params: Params;
  /** What is known of the host. A role that differs with them is evaluated again when the host answers otherwise. */
  readonly facts: Facts;
  /** The host's name in the inventory. */
  readonly host: string;
  /**
   * A secret of that name, generated once and kept root-only on the host: for what the role itself needs, such as a
   * salt or a database's root password. Its value is known after the first exchange.
   */
  secret(name: string): Secret;
  /** Absolute path on this machine of a path written in the inventory, which is relative to the inventory's folder. */
  localPath(path: string): string;
  /**
   * The hosts that a pattern of hosts and groups selects, in the order of the pattern, whether this run works on them or
   * not. The role's own `peers` must name the pattern.
   * @throws ProvisionError `role-invalid` where it does not
   */
  peers(pattern: string): readonly Peer[];
}

export interface RoleDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  /** The inventory variables that the role reads, by their names. Each is optional or has a default, or must be set. */
  readonly params: z.ZodObject<Shape>;
  resources(context: RoleContext<z.output<z.ZodObject<Shape>>>): readonly Resource[];
  /** The patterns that `peers` of the context will be asked for. Only what they select is read, before any host is touched. */
  peers?(params: z.output<z.ZodObject<Shape>>): readonly PeerPattern[];
  /** The load balancer that the resources bring. No I/O either. */
  balancer?(context: RoleContext<z.output<z.ZodObject<Shape>>>): Balancer;
}

/**
 * Defines a role; export it as the default of its file.
 *
 * @example
 * export default defineRole({
 *   name: 'motd',
 *   params: z.object({ motd: z.string().default('Welcome') }),
 *   resources: ({ params }) => [file({ path: '/etc/motd', content: `${params.motd}\n` })],
 * });
 */
export function defineRole<Shape extends z.ZodRawShape>(role: RoleDefinition<Shape>): RoleDefinition<Shape> {
  return role;
}
