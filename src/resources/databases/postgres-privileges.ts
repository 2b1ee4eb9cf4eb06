/** What a role may do in a PostgreSQL database: what is asked, what is wanted, and the statements that bring it about. */

import type { Access, Role } from './engine.ts';
import { joinSql, type Sql, sqlDialect } from './sql.ts';

export const { query, name } = sqlDialect({ nameQuote: '"', backslashEscapes: false });

/** What privileges are on; the letters are those of pg_default_acl.defaclobjtype. */
export const OBJECTS = { schemas: 'n', tables: 'r', sequences: 's' } as const;

export type ObjectKind = keyof typeof OBJECTS;

export const PRIVILEGES: Record<Exclude<Access, 'owner'>, Record<ObjectKind, readonly string[]>> = {
  'read-only': { schemas: ['USAGE'], tables: ['SELECT'], sequences: ['SELECT'] },
  'read-write': {
    schemas: ['USAGE'],
    tables: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    sequences: ['SELECT', 'UPDATE', 'USAGE'],
  },
};

/** The schemas that are not the server's own. */
export const OWN_SCHEMAS: Sql = { sql: `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'` };

/** A privilege from aclexplode, told with the right to pass it on. */
const WORD: Sql = { sql: `privilege_type || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END` };

/** What these roles may do with the database as a whole, by name; asked for in any database of the server. */
export function askOnDatabase(database: string, roles: readonly string[]): Sql {
  return query`
SELECT json_build_array('granted', ${database}, r.rolname, 'database',
                        ARRAY(SELECT ${WORD} FROM aclexplode(d.datacl) WHERE grantee = r.oid ORDER BY 1), 1, ARRAY[d.datname])
  FROM pg_database d, pg_roles r WHERE d.datname = ${database} AND r.rolname IN (${roles});`;
}

/** What one database tells of these roles. The privileges are those given to a role by name, counted by their combination. */
export function askPrivileges(database: string, roles: readonly string[]): Sql {
  return query`
SELECT json_build_array('schema', ${database}, pg_get_userbyid(nspowner), has_schema_privilege('public', oid, 'CREATE'))
  FROM pg_namespace WHERE nspname = 'public';
SELECT json_build_array('granted', ${database}, role, kind, privileges, count(*), (array_agg(object ORDER BY object))[1:3])
  FROM (
    SELECT r.rolname AS role, 'schemas' AS kind, n.nspname AS object,
           ARRAY(SELECT ${WORD} FROM aclexplode(n.nspacl) WHERE grantee = r.oid ORDER BY 1) AS privileges
      FROM pg_namespace n, pg_roles r WHERE ${OWN_SCHEMAS}
    UNION ALL
    SELECT r.rolname, CASE c.relkind WHEN 'S' THEN 'sequences' ELSE 'tables' END, format('%s.%s', n.nspname, c.relname),
           ARRAY(SELECT ${WORD} FROM aclexplode(c.relacl) WHERE grantee = r.oid
                 UNION SELECT ${WORD} || ' on columns' FROM pg_attribute a, aclexplode(a.attacl)
                   WHERE a.attrelid = c.oid AND grantee = r.oid ORDER BY 1)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles r
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${OWN_SCHEMAS}
  ) AS privileges_of WHERE role IN (${roles}) GROUP BY role, kind, privileges;
SELECT json_build_array('owns', ${database}, r.rolname, count(*), (array_agg(c.relname ORDER BY c.relname))[1:3])
  FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
  WHERE r.rolname IN (${roles}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') GROUP BY r.rolname;
SELECT json_build_array('default', ${database}, r.rolname, pg_get_userbyid(d.defaclrole), n.nspname, lower(d.defaclobjtype::text),
                        ARRAY(SELECT ${WORD} FROM aclexplode(d.defaclacl) WHERE grantee = r.oid ORDER BY 1))
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, pg_roles r
  WHERE r.rolname IN (${roles}) AND EXISTS (SELECT FROM aclexplode(d.defaclacl) WHERE grantee = r.oid);`;
}

/**
 * Takes everything from the role that is not its due, and gives it what is: in one transaction, so that nobody who is
 * connected sees a moment without. `\gexec` makes psql run what a query returned.
 */
export function setPrivileges(role: Role, access: Exclude<Access, 'owner'>): Sql {
  const { schemas, tables, sequences } = PRIVILEGES[access];
  const [to, owner] = [name(role.name), name(role.owner)];
  const words = (privileges: readonly string[]): Sql => ({ sql: privileges.join(', ') });
  const inEverySchema = (statement: string): Sql =>
    query`SELECT format(${statement}, n.nspname, ${role.name}) FROM pg_namespace n WHERE ${OWN_SCHEMAS} \gexec`;
  return joinSql([
    query`BEGIN;`,
    leaveGroups(role),
    query`REASSIGN OWNED BY ${to} TO ${owner};`,
    query`REVOKE CREATE ON SCHEMA public FROM PUBLIC;`,
    query`REVOKE ALL ON DATABASE ${name(role.database)} FROM ${to} CASCADE;`,
    query`GRANT CONNECT ON DATABASE ${name(role.database)} TO ${to};`,
    inEverySchema('REVOKE ALL ON SCHEMA %I FROM %I CASCADE'),
    inEverySchema('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I CASCADE'),
    inEverySchema('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM %I CASCADE'),
    inEverySchema(`GRANT ${schemas.join(', ')} ON SCHEMA %I TO %I`),
    inEverySchema(`GRANT ${tables.join(', ')} ON ALL TABLES IN SCHEMA %I TO %I`),
    inEverySchema(`GRANT ${sequences.join(', ')} ON ALL SEQUENCES IN SCHEMA %I TO %I`),
    query`SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s REVOKE ALL ON %s FROM %I', pg_get_userbyid(d.defaclrole),
              CASE WHEN n.nspname IS NOT NULL THEN format('IN SCHEMA %I', n.nspname) END,
              CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'n' THEN 'SCHEMAS'
                                   WHEN 'f' THEN 'FUNCTIONS' WHEN 'L' THEN 'LARGE OBJECTS' ELSE 'TYPES' END, r.rolname)
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, pg_roles r
  WHERE r.rolname = ${role.name} AND EXISTS (SELECT FROM aclexplode(d.defaclacl) WHERE grantee = r.oid) \gexec`,
    query`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ${words(schemas)} ON SCHEMAS TO ${to};`,
    query`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ${words(tables)} ON TABLES TO ${to};`,
    query`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ${words(sequences)} ON SEQUENCES TO ${to};`,
    query`COMMIT;`,
  ]);
}

/**
 * Ends the role's memberships. From PostgreSQL 16 on, one that someone else granted must be taken back in their name; before,
 * who that was need not exist any more.
 */
function leaveGroups(role: Role): Sql {
  return query`SELECT format('REVOKE %I FROM %I%s CASCADE', g.rolname, m.rolname,
              CASE WHEN by.rolname IS NOT NULL THEN format(' GRANTED BY %I', by.rolname) END)
  FROM pg_auth_members a JOIN pg_roles g ON g.oid = roleid JOIN pg_roles m ON m.oid = member
    LEFT JOIN pg_roles by ON by.oid = a.grantor AND current_setting('server_version_num')::int >= 160000
  WHERE m.rolname = ${role.name} \gexec`;
}
