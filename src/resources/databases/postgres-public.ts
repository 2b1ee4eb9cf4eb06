/** What PUBLIC, and so every role, may do in a PostgreSQL database. */
import type { Change } from '../contract.ts';
import { type Access, examples, list, type Row, update } from './engine.ts';
import { OWN_SCHEMAS, PRIVILEGES, query } from './postgres-privileges.ts';
import { joinSql, type Sql } from './sql.ts';

type UserAccess = Exclude<Access, 'owner'>;

/** One row for each privilege of PUBLIC on the database as a whole. */
function onDatabase(database: Sql): Sql {
  return query`SELECT 'database' AS kind, d.datname::text AS object, format('DATABASE %I', d.datname) AS target,
           a.privilege_type AS privilege, a.grantor, d.datdba AS owner
      FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = ${database} AND a.grantee = 0`;
}

/**
 * One row for each privilege of PUBLIC on a thing. Who may create in the schema public is looked after on its own; and what an
 * extension gave to PUBLIC when it was created belongs to it.
 */
const GRANTS = query`(
    ${onDatabase({ sql: 'current_database()' })}
    UNION
    SELECT 'schemas', n.nspname, format('SCHEMA %I', n.nspname), a.privilege_type, a.grantor, n.nspowner
      FROM pg_namespace n, aclexplode(n.nspacl) a WHERE a.grantee = 0 AND n.nspname <> 'public' AND ${OWN_SCHEMAS}
    UNION
    SELECT CASE c.relkind WHEN 'S' THEN 'sequences' ELSE 'tables' END, format('%s.%s', n.nspname, c.relname),
           format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname),
           a.privilege_type, a.grantor, c.relowner
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
           LATERAL (SELECT * FROM aclexplode(c.relacl)
                    UNION ALL SELECT x.* FROM pg_attribute t, aclexplode(t.attacl) x WHERE t.attrelid = c.oid) a
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND a.grantee = 0 AND ${OWN_SCHEMAS} AND NOT EXISTS (
        SELECT FROM pg_init_privs i, aclexplode(i.initprivs) e WHERE i.classoid = 'pg_class'::regclass
          AND i.objoid = c.oid AND e.grantee = 0 AND e.privilege_type = a.privilege_type)
  ) AS public_grants`;

/** One row for each privilege that PUBLIC will have on what a role makes later. */
const DEFAULTS: Sql = {
  sql: `(
    SELECT pg_get_userbyid(d.defaclrole) AS maker, n.nspname AS schema, a.privilege_type AS privilege,
           CASE d.defaclobjtype WHEN 'n' THEN 'schemas' WHEN 'r' THEN 'tables' ELSE 'sequences' END AS kind
      FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
      WHERE a.grantee = 0 AND d.defaclobjtype IN ('n', 'r', 'S')
  ) AS public_defaults`,
};

/** What PUBLIC may do with the database as a whole; asked for in any database of the server. */
export function askPublicOnDatabase(database: string): Sql {
  return countedGrants(database, query`(${onDatabase(query`${database}`)}) AS public_grants`);
}

/** What PUBLIC may do with what is in the database. */
export function askPublic(database: string): Sql {
  return query`${countedGrants(database, query`${GRANTS} WHERE kind <> 'database'`)}
SELECT json_build_array('public default', ${database}, kind, array_agg(privilege ORDER BY privilege), maker, schema)
  FROM ${DEFAULTS} GROUP BY kind, maker, schema ORDER BY kind, maker, schema;`;
}

/** Counted by the kind of things and by what PUBLIC may do with them. */
function countedGrants(database: string, grants: Sql): Sql {
  return query`SELECT json_build_array('public', ${database}, kind, privileges, count(*), (array_agg(object ORDER BY object))[1:3])
  FROM (SELECT kind, object, array_agg(DISTINCT privilege ORDER BY privilege) AS privileges
    FROM ${grants} GROUP BY kind, object) AS objects
  GROUP BY kind, privileges ORDER BY kind, privileges;`;
}

/** What PUBLIC may do beyond the role's access, and so the role as well. Within it, PUBLIC keeps what it has. */
export function publicChanges(access: UserAccess, rows: readonly Row[]): Change[] {
  const due = dueOn(access);
  return rows.flatMap(([what, , kind, privileges, a, b]): Change[] => {
    if (what !== 'public' && what !== 'public default') return [];
    const excess = (privileges as readonly string[]).filter((word) => !due[String(kind)]?.includes(word));
    if (excess.length === 0) return [];
    const objects = what === 'public' ? examples(a, b) : `that ${a} will make${b === null ? '' : ` in ${b}`}`;
    return update(`privileges of PUBLIC on ${kind} ${objects}`, list(excess), 'none of these');
  });
}

/**
 * To be run when the role has its own privileges: then it never lacks what it had by PUBLIC's alone. A superuser revokes what
 * the owner granted; what another did who had the right to, must be taken back in their name.
 */
export function revokeFromPublic(access: UserAccess): Sql {
  const pairs = Object.entries(dueOn(access)).flatMap(([kind, due]) => due.map((word) => query`(${kind}, ${word})`));
  const excess = query`(kind, privilege) NOT IN (VALUES ${joinSql(pairs, ', ')})`;
  return query`SELECT CASE WHEN grantor <> owner THEN format('SET ROLE %I', pg_get_userbyid(grantor)) END,
              format('REVOKE %s ON %s FROM PUBLIC', string_agg(privilege, ', '), target), 'RESET ROLE'
  FROM ${GRANTS} WHERE ${excess} GROUP BY target, grantor, owner \gexec
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s REVOKE %s ON %s FROM PUBLIC', maker,
              CASE WHEN schema IS NOT NULL THEN format('IN SCHEMA %I', schema) END, string_agg(privilege, ', '), kind)
  FROM ${DEFAULTS} WHERE ${excess} GROUP BY maker, schema, kind \gexec`;
}

/** With the database, what PostgreSQL gives to PUBLIC on its own. */
function dueOn(access: UserAccess): Record<string, readonly string[]> {
  return { database: ['CONNECT', 'TEMPORARY'], ...PRIVILEGES[access] };
}
