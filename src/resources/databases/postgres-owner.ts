/** What the owner of a PostgreSQL database has lost of it: things that were given to somebody else, and rights on its own. */
import type { Change } from '../contract.ts';
import { examples, type Row, update } from './engine.ts';
import { OWN_SCHEMAS, query } from './postgres-privileges.ts';
import type { Sql } from './sql.ts';

/**
 * One row for each thing. Into the schema public only the owner and superusers may put something, so what lies there is the
 * owner's, unless an extension brought it; the sequence of a column is its table's. An owner has all rights on a thing until
 * some are taken away, which its list of rights tells then.
 */
const LOST: Sql = {
  sql: `(
    SELECT kind, object, target, owner, owner <> wanted AS is_foreign FROM (
      SELECT 'database' AS kind, datname::text AS object, format('DATABASE %I', datname) AS target, datdba AS owner,
             datdba AS wanted, datacl AS given, acldefault('d', datdba) AS due
        FROM pg_database WHERE datname = current_database()
      UNION ALL
      SELECT 'schemas', n.nspname, format('SCHEMA %I', n.nspname), n.nspowner, n.nspowner, n.nspacl,
             acldefault('n', n.nspowner)
        FROM pg_namespace n WHERE ${OWN_SCHEMAS.sql}
      UNION ALL
      SELECT CASE c.relkind WHEN 'S' THEN 'sequences' ELSE 'tables' END, format('%s.%s', n.nspname, c.relname),
             format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname), c.relowner,
             CASE WHEN n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
                    AND e.objid = c.oid AND e.deptype IN ('e', 'a', 'i'))
                  THEN (SELECT datdba FROM pg_database WHERE datname = current_database()) ELSE c.relowner END,
             c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${OWN_SCHEMAS.sql}
    ) AS things
    WHERE owner <> wanted OR given IS NOT NULL AND wanted = (SELECT datdba FROM pg_database WHERE datname = current_database())
      AND EXISTS (SELECT privilege_type FROM aclexplode(due) WHERE grantee = owner
                  EXCEPT SELECT privilege_type FROM aclexplode(given) WHERE grantee = owner)
  ) AS lost`,
};

/** Counted by the kind of things, and by whose they are. */
export function askLost(database: string): Sql {
  return query`SELECT json_build_array('lost', ${database}, kind, is_foreign, pg_get_userbyid(owner), count(*),
                        (array_agg(object ORDER BY object))[1:3])
  FROM ${LOST} GROUP BY kind, is_foreign, owner ORDER BY kind, is_foreign, owner;`;
}

export function lostChanges(owner: string, rows: readonly Row[]): Change[] {
  return rows.flatMap(([what, , kind, isForeign, holder, count, names]): Change[] => {
    if (what !== 'lost') return [];
    if (isForeign) return update(`owner of ${kind} ${examples(count, names)}`, holder, owner);
    return update(`own privileges on ${kind} ${examples(count, names)}`, 'not all', 'all');
  });
}

/** To be run when database and schema public are the owner's. */
export function giveBack(owner: string): Sql {
  return query`SELECT format('ALTER %s OWNER TO %I', target, ${owner}) FROM ${LOST} WHERE is_foreign \gexec
SELECT format('GRANT ALL ON %s TO %I', target, ${owner}) FROM ${LOST} WHERE NOT is_foreign \gexec`;
}
