import * as z from 'zod';
import type { RoleDefinition } from '../../engine/role.ts';
import { ProvisionError } from '../../errors.ts';
import type { Resolver } from '../expressions/references.ts';
import type { Host, Inventory } from '../types.ts';
import { parseVariables } from '../variables.ts';
import { loadRole } from './roles.ts';

/** The variable `roles`. */
export const ROLES_SCHEMA = z.object({
  roles: z
    .array(z.string())
    .refine((names) => new Set(names).size === names.length, 'must name each role once')
    .default([]),
});

/** The names of a host's roles, in the order in which they are applied. @throws ProvisionError `inventory-bad-parameter` */
export function roleNames(resolver: Resolver): readonly string[] {
  return parseVariables(ROLES_SCHEMA, resolver, 'provision').roles;
}

/** Loads the roles of one host. @throws ProvisionError (the reader) as `roleNames` and `loadRole` */
export type RoleReader = (resolver: Resolver) => Promise<readonly RoleDefinition[]>;

/** Each role is loaded once, however many hosts have it. */
export function createRoleReader({ dir }: Pick<Inventory, 'dir'>): RoleReader {
  const loaded = new Map<string, Promise<RoleDefinition>>();

  function loadOnce(name: string): Promise<RoleDefinition> {
    const loading = loaded.get(name) ?? loadRole(name, dir);
    loaded.set(name, loading);
    return loading;
  }

  return (resolver) =>
    Promise.all(
      roleNames(resolver).map((name, i) =>
        loadOnce(name).catch((error: unknown) => {
          throw error instanceof ProvisionError ? error.at(placeOf(resolver.host, i)) : error;
        }),
      ),
    );
}

function placeOf(host: Host, role: number): { host: string; location: string } {
  return { host: host.name, location: host.origin(['roles', role]) ?? host.location };
}
