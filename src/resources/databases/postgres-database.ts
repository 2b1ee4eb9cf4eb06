/** A PostgreSQL database as a whole: whose it is, and whether anyone may connect to it. */
import type { Change } from '../contract.ts';
import { type Row, update } from './engine.ts';
import { name, query } from './postgres-privileges.ts';
import { joinSql, type Sql } from './sql.ts';

/** Nobody can connect to one that is closed, not even a superuser; nor to what a broken-off DROP DATABASE has left: limit -2. */
const IS_OPEN: Sql = { sql: 'datallowconn AND datconnlimit <> -2' };

export function askDatabases(databases: readonly string[]): Sql {
  return query`SELECT json_build_array('database', datname, pg_get_userbyid(datdba), ${IS_OPEN},
    coalesce(nullif(datconnlimit, -1)::text, 'none'))
  FROM pg_database WHERE datname IN (${databases});`;
}

/** Questions that the database itself answers; where it cannot be asked they are left out. */
export function askWithin(database: string, questions: readonly Sql[]): Sql {
  return query`SELECT EXISTS (SELECT FROM pg_database WHERE datname = ${database} AND ${IS_OPEN}) AS is_open \gset
\if :is_open
\connect ${name(database)}
${joinSql(questions)}
\endif`;
}

/** What it tells with the row of a database. Of one that is closed it is not known what is in it. */
export function isClosed([, , , isOpen]: Row): boolean {
  return isOpen === false;
}

export function connectionChanges(row: Row): Change[] {
  const [, , , , limit = 'none'] = row;
  return [
    ...update('ALLOW_CONNECTIONS of the database', isClosed(row) ? 'no' : 'yes', 'yes'),
    ...update('CONNECTION LIMIT of the database', limit, 'none'),
  ];
}

/** To be run before anything connects to it. */
export function letConnect(database: string): Sql {
  return query`ALTER DATABASE ${name(database)} ALLOW_CONNECTIONS true CONNECTION LIMIT -1;`;
}
