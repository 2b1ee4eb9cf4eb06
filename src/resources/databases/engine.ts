/** What a database engine brings along, so that `databaseRole` can look after its roles: one file per engine. */
import type { Text } from '../../shell/secret.ts';
import type { Script } from '../../shell/sh.ts';
import type { Change } from '../contract.ts';

export type Access = 'owner' | 'read-write' | 'read-only';

/** One login of one database. */
export interface Role {
  readonly container: string;
  readonly database: string;
  readonly name: string;
  readonly access: Access;
  readonly password: Text;
  /** The role that makes the tables which this one may use. */
  readonly owner: string;
}

/** One line of what an engine told, read from JSON: what it is about, then its values. */
export type Row = readonly [what: string, ...values: (string | number | boolean | null | readonly string[])[]];

export interface DatabaseEngine {
  /** Asks the server in that container about all these roles with one client; prints a JSON array per line. */
  probe(container: string, roles: readonly Role[]): Script;
  diff(role: Role, rows: readonly Row[]): readonly Change[];
  /** Makes the role what it shall be; where it owns the database, makes that as well. */
  apply(role: Role, rows: readonly Row[]): Script;
}

/** Privileges as one text, the same whatever their order. */
export function list(privileges: readonly string[]): string {
  return privileges.length === 0 ? 'none' : [...privileges].sort().join(', ');
}

/** One change, unless it is none. */
export function update(what: string, from: unknown, to: string): Change[] {
  return from === to ? [] : [{ action: 'update', what, from: String(from ?? 'none'), to }];
}

/** Some of so many objects, by their names. */
export function examples(count: Row[number] | undefined, names: Row[number] | undefined): string {
  const shown = names as readonly string[];
  const more = Number(count) - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
