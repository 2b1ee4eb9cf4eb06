/**
 * Settings that take away what a role may do in a PostgreSQL database. All others that somebody has made with `ALTER ROLE ... SET`
 * or `ALTER DATABASE ... SET` are the application's own: its owner may make them, and a migration does.
 */
import type { Change } from '../contract.ts';
import { type Row, update } from './engine.ts';
import { query } from './postgres-privileges.ts';
import type { Sql } from './sql.ts';

const SETTING = 'default_transaction_read_only';

/** One row for each that makes sessions in this database read-only; without a role it is for all, without a database for every one. */
const READ_ONLY: Sql = {
  sql: `(
    SELECT r.rolname AS role, d.datname AS database
      FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
      WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND EXISTS (
        SELECT FROM unnest(s.setconfig) AS line WHERE CASE WHEN line LIKE '${SETTING}=%' THEN split_part(line, '=', 2)::boolean END)
  ) AS read_only`,
};

export function askSettings(database: string, roles: readonly string[]): Sql {
  return query`SELECT json_build_array('read only', ${database}, role, database)
  FROM ${READ_ONLY} WHERE role IS NULL OR role IN (${roles}) ORDER BY role, database;`;
}

/** For a role that may write. */
export function settingChanges(role: string, rows: readonly Row[]): Change[] {
  return rows.flatMap(([what, , of, database]): Change[] => {
    if (what !== 'read only' || (of !== null && of !== role)) return [];
    return update(`${SETTING} of ${of ?? 'all'} in ${database ?? 'every database'}`, 'on', 'off');
  });
}

/** To be run in the database. Sessions that are open stay as they are. */
export function resetSettings(role: string): Sql {
  return query`SELECT CASE WHEN role IS NULL AND database IS NOT NULL THEN format('ALTER DATABASE %I RESET ${{ sql: SETTING }}', database)
    ELSE format('ALTER ROLE %s %s RESET ${{ sql: SETTING }}', coalesce(quote_ident(role), 'ALL'),
                CASE WHEN database IS NOT NULL THEN format('IN DATABASE %I', database) END) END
  FROM ${READ_ONLY} WHERE role IS NULL OR role = ${role} \gexec`;
}
