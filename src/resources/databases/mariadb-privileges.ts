/** What an account may do in a MariaDB or MySQL database: what is asked, what is wanted, and what is too much. */
import type { Change } from '../contract.ts';
import { type Access, list, type Role, type Row, update } from './engine.ts';
import { joinSql, type Sql, sqlDialect } from './sql.ts';

export const { query, name } = sqlDialect({ nameQuote: '`', backslashEscapes: true });

/** `GRANT ALL` spelled out, without what only one of MariaDB and MySQL knows, so that it can be compared. */
const ALL = [
  'ALTER',
  'ALTER ROUTINE',
  'CREATE',
  'CREATE ROUTINE',
  'CREATE TEMPORARY TABLES',
  'CREATE VIEW',
  'DELETE',
  'DROP',
  'EVENT',
  'EXECUTE',
  'INDEX',
  'INSERT',
  'LOCK TABLES',
  'REFERENCES',
  'SELECT',
  'SHOW VIEW',
  'TRIGGER',
  'UPDATE',
];

const PRIVILEGES: Record<Access, readonly string[]> = {
  owner: ALL,
  'read-write': ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  'read-only': ['SELECT'],
};

/**
 * Whose privileges everyone has as well: MariaDB's PUBLIC, from 10.11 on, and where a database is concerned, anonymous
 * accounts, with both servers.
 */
export const PUBLIC = "'PUBLIC'@''";
const ANONYMOUS = "''@";

/** What was granted on one thing, to an account as the server writes it. */
interface Grant {
  readonly to: string;
  /** As GRANT and REVOKE write it, and the privileges too. */
  readonly on: string;
  readonly privileges: readonly string[];
}

/** What was granted to these accounts and to everyone. */
export function askGrants(users: readonly string[]): Sql {
  const grantees = [...users.map(grantee), PUBLIC];
  const everywhere = [
    ['USER_PRIVILEGES', 'NULL', 'NULL', 'NULL'],
    ['SCHEMA_PRIVILEGES', 'TABLE_SCHEMA', 'NULL', 'NULL'],
    ['TABLE_PRIVILEGES', 'TABLE_SCHEMA', 'TABLE_NAME', 'NULL'],
    ['COLUMN_PRIVILEGES', 'TABLE_SCHEMA', 'TABLE_NAME', 'COLUMN_NAME'],
  ].map(([view = '', ...columns]) => {
    const from: Sql = { sql: `${columns.join(', ')}, PRIVILEGE_TYPE, IS_GRANTABLE) FROM information_schema.${view}` };
    const anonymous = view === 'SCHEMA_PRIVILEGES' ? query` OR GRANTEE LIKE ${`${ANONYMOUS}%`}` : query``;
    return query`SELECT JSON_ARRAY('grant', GRANTEE, ${from}
  WHERE (GRANTEE IN (${grantees})${anonymous}) AND (PRIVILEGE_TYPE <> 'USAGE' OR IS_GRANTABLE = 'YES');`;
  });
  return joinSql([
    ...everywhere,
    query`SELECT JSON_ARRAY('routine', ${GRANTEE}, Db, CONCAT('', Routine_type), Routine_name, CONCAT('', Proc_priv))
  FROM mysql.procs_priv WHERE ${GRANTEE} IN (${grantees});`,
  ]);
}

/** As the views of the information schema write an account, from the columns of the server's own tables. */
export const GRANTEE: Sql = { sql: `CONCAT('''', User, '''@''', Host, '''')` };

/** Which of its due privileges the role was not granted by name, whatever it may do for other reasons. */
export function missingChanges(role: Role, rows: readonly Row[]): readonly Change[] {
  const granted = grantsIn(role, rows).find(({ to, on }) => to === grantee(role.name) && on === onDatabase(role));
  const missing = PRIVILEGES[role.access].filter((privilege) => !granted?.privileges.includes(privilege));
  return missing.length === 0 ? [] : update('privileges', `without ${list(missing)}`, role.access);
}

/** What the role may do beyond its due, by privileges of its own or of everyone. */
export function excessChanges(role: Role, rows: readonly Row[]): readonly Change[] {
  return excess(role, rows).flatMap(({ to, on, privileges }) => {
    const whose = to === grantee(role.name) ? '' : ` of ${account(to).sql}`;
    return update(`privileges${whose} on ${on}`, list(privileges), 'none of these');
  });
}

/** First grants what is due, so that whoever is connected never lacks it; then takes back what is too much. */
export function setPrivileges(role: Role, rows: readonly Row[]): readonly Sql[] {
  const words = (privileges: readonly string[]): Sql => ({ sql: privileges.join(', ') });
  return [
    query`GRANT ${words(PRIVILEGES[role.access])} ON ${{ sql: onDatabase(role) }} TO ${account(grantee(role.name))};`,
    ...excess(role, rows).map(
      ({ to, on, privileges }) => query`REVOKE ${words(privileges)} ON ${{ sql: on }} FROM ${account(to)};`,
    ),
  ];
}

/**
 * What is more than the role's due. An owner may have more in its own database: servers know privileges of their own.
 * What everyone may do in the database stays, as far as the role may do it too.
 */
function excess(role: Role, rows: readonly Row[]): readonly Grant[] {
  return grantsIn(role, rows)
    .filter(({ on }) => on === '*.*' || role.access !== 'owner')
    .map(({ to, on, privileges }) => {
      const isDue = on === onDatabase(role) || (to !== grantee(role.name) && on !== '*.*');
      const due = isDue ? PRIVILEGES[role.access] : [];
      return { to, on, privileges: privileges.filter((privilege) => !due.includes(withoutColumn(privilege))) };
    })
    .filter(({ privileges }) => privileges.length > 0);
}

/** Globally and in the role's own database; other databases are the affair of their own roles. */
function grantsIn({ name: user, database }: Role, rows: readonly Row[]): readonly Grant[] {
  const concerns = ({ to }: Grant) => [grantee(user), PUBLIC].includes(to) || to.startsWith(ANONYMOUS);
  const found = rows.flatMap((row) => readGrant(row, database)).filter(concerns);
  return [...Map.groupBy(found, ({ to, on }) => `${to} ${on}`).values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const privileges = [first, ...more].flatMap((grant) => grant.privileges);
    return { ...first, privileges: [...new Set(privileges)] };
  });
}

function readGrant([what, to, schema = null, ...values]: Row, database: string): Grant[] {
  if (what === 'routine' && schema === database) {
    const [type, routine, granted] = values.map(String);
    const privileges = String(granted).toUpperCase().split(',');
    const words = privileges.map((privilege) => (privilege === 'GRANT' ? 'GRANT OPTION' : privilege));
    return [{ to: String(to), on: `${type} ${name(database, String(routine)).sql}`, privileges: words }];
  }
  if (what === 'global') return [{ to: String(to), on: '*.*', privileges: String(schema).split(',') }];
  if (what !== 'grant') return [];
  const [table, column, privilege, grantable] = values;
  const isConcerned = table === null ? schema === null || covers(String(schema), database) : schema === database;
  if (!isConcerned) return [];
  const word = column === null ? String(privilege) : `${privilege} (${name(String(column)).sql})`;
  const privileges = [privilege === 'USAGE' ? [] : word, grantable === 'YES' ? 'GRANT OPTION' : []].flat();
  return [{ to: String(to), on: grantedOn(schema, table), privileges }];
}

function grantedOn(schema: Row[number], table: Row[number] | undefined): string {
  if (schema === null) return '*.*';
  return typeof table === 'string' ? `${name(String(schema), table).sql}` : `${name(String(schema)).sql}.*`;
}

/** In a grant, the name of a database is a pattern in which _ stands for any character. */
function onDatabase({ database }: Role): string {
  return `${name(database.replaceAll('_', '\\_')).sql}.*`;
}

/** Whether a grant on that pattern is one on the database: `_` is any character, `%` any number of them. */
function covers(pattern: string, database: string): boolean {
  const wildcards: Record<string, string> = { _: '.', '%': '.*' };
  const source = pattern.replace(/\\?./gs, (part) => wildcards[part] ?? part.slice(-1).replace(/\W/, '\\$&'));
  return new RegExp(`^${source}$`, 's').test(database);
}

function withoutColumn(privilege: string): string {
  return privilege.replace(/ \(.*/s, '');
}

/** A role's account, as the server writes it. */
export function grantee(user: string): string {
  return `'${user}'@'%'`;
}

/** An account as statements write it. */
function account(of: string): Sql {
  if (of === PUBLIC) return { sql: 'PUBLIC' };
  const [, user = '', host = ''] = /^'(.*)'@'(.*)'$/s.exec(of) ?? [];
  return query`${user}@${host}`;
}
