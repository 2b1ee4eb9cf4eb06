/**
 * Settings that take away what a role may do in a PostgreSQL database. All others that somebody has made with `ALTER ROLE ... SET`
 * or `ALTER DATABASE ... SET` are the application's own: its owner may make them, and a migration does. All of these can be asked
 * for in any database of the server.
 */
import type { Change } from '../contract.ts';
import { type Role, type Row, update } from './engine.ts';
import { query } from './postgres-privileges.ts';
import type { Sql } from './sql.ts';

const SETTING = 'default_transaction_read_only';

/** One row for each that makes sessions in a database read-only; without a role it is for all, without a database for every one. */
function readOnly(database: string): Sql {
  return query`(
    SELECT r.rolname AS role, d.datname AS database
      FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
      WHERE (s.setdatabase = 0 OR d.datname = ${database}) AND EXISTS (
        SELECT FROM unnest(s.setconfig) AS line WHERE CASE WHEN line LIKE '${{ sql: SETTING }}=%' THEN split_part(line, '=', 2)::boolean END)
  ) AS read_only`;
}

/**
 * One row where the server is told so, by `ALTER SYSTEM SET` or in its configuration file: as its files say now, whether it has
 * been reloaded or not. What holds for our own session says nothing of it.
 */
const SERVER_READ_ONLY: Sql = {
  sql: `pg_file_settings WHERE name = '${SETTING}' AND CASE WHEN applied THEN setting::boolean END`,
};

export function askSettings(database: string, roles: readonly string[]): Sql {
  return query`SELECT json_build_array('read only', ${database}, role, database)
  FROM ${readOnly(database)} WHERE role IS NULL OR role IN (${roles}) ORDER BY role, database;
SELECT json_build_array('read only server', ${database}) FROM ${SERVER_READ_ONLY};`;
}

/** For a role that may write. */
export function settingChanges(role: string, rows: readonly Row[]): Change[] {
  return rows.flatMap(([what, , of, database]): Change[] => {
    if (what === 'read only server') return update(`${SETTING} of the server`, 'on', 'off');
    if (what !== 'read only' || (of !== null && of !== role)) return [];
    return update(`${SETTING} of ${of ?? 'all'} in ${database ?? 'every database'}`, 'on', 'off');
  });
}

/** Sessions that are open stay as they are; but what the server itself is told, they take over. */
export function resetSettings({ name, database }: Role): Sql {
  return query`SELECT CASE WHEN role IS NULL AND database IS NOT NULL THEN format('ALTER DATABASE %I RESET ${{ sql: SETTING }}', database)
    ELSE format('ALTER ROLE %s %s RESET ${{ sql: SETTING }}', coalesce(quote_ident(role), 'ALL'),
                CASE WHEN database IS NOT NULL THEN format('IN DATABASE %I', database) END) END
  FROM ${readOnly(database)} WHERE role IS NULL OR role = ${name} \gexec
SELECT 'ALTER SYSTEM RESET ${{ sql: SETTING }}', 'SELECT pg_reload_conf()' FROM ${SERVER_READ_ONLY} \gexec
-- Where the configuration file says so.
SELECT 'ALTER SYSTEM SET ${{ sql: SETTING }} = off', 'SELECT pg_reload_conf()' FROM ${SERVER_READ_ONLY} \gexec`;
}
