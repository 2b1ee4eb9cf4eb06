/** Settings of a MariaDB or MySQL server that keep a role from writing, as `SET GLOBAL` makes them for all databases. */
import type { Change } from '../contract.ts';
import { type Role, type Row, update } from './engine.ts';
import { query } from './mariadb-privileges.ts';
import type { Sql } from './sql.ts';

/** What allows writing again. MySQL's second setting holds back even its administrator, and stands above the first. */
const WRITABLE: Readonly<Record<string, Sql>> = {
  super_read_only: query`SET GLOBAL super_read_only = 0;`,
  read_only: query`SET GLOBAL read_only = 0;`,
  transaction_read_only: query`SET GLOBAL TRANSACTION READ WRITE;`,
};
const NAMES = Object.keys(WRITABLE);

/** @param table with the settings of the server; MariaDB has the third one under its old name too, or under that alone */
export function askSettings(table: string): Sql {
  return query`SELECT DISTINCT JSON_ARRAY('setting', REPLACE(LOWER(VARIABLE_NAME), 'tx_read', 'transaction_read'), LOWER(VARIABLE_VALUE))
  FROM ${{ sql: table }} WHERE VARIABLE_NAME IN (${[...NAMES, 'tx_read_only']}) AND VARIABLE_VALUE <> 'OFF';`;
}

/** For a role that may write. */
export function settingChanges(role: Role, rows: readonly Row[]): readonly Change[] {
  return hindering(role, rows).flatMap(([, setting, value]) => update(`${setting} of the server`, value, 'off'));
}

/** To be run before anything else. In MySQL a setting may stand in a file as well, from which the next start would take it. */
export function allowWriting(role: Role, rows: readonly Row[], forget: (setting: string) => readonly Sql[]): Sql[] {
  return hindering(role, rows).flatMap(([, setting]) =>
    [WRITABLE[String(setting)] ?? [], forget(String(setting))].flat(),
  );
}

/** The settings that keep the role from writing, in the order of the statements. */
function hindering({ access }: Role, rows: readonly Row[]): readonly Row[] {
  if (access === 'read-only') return [];
  return NAMES.flatMap((name) => rows.filter(([what, setting]) => what === 'setting' && setting === name));
}
