/** What a role is: parameters in, desired states out. No I/O. */
import type * as z from 'zod';
import type { Resource } from '../resources/contract.ts';
import type { Secret } from '../shell/secret.ts';
import type { Facts } from './facts.ts';

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
}

export interface RoleDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  /** The inventory variables that the role reads, by their names. Each is optional or has a default, or must be set. */
  readonly params: z.ZodObject<Shape>;
  resources(context: RoleContext<z.output<z.ZodObject<Shape>>>): readonly Resource[];
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
