import { createHash, randomInt } from 'node:crypto';
import { reveal, Secret, type Text } from '../../shell/secret.ts';
import { input, type Script, sh } from '../../shell/sh.ts';
import type { Change } from '../contract.ts';
import { type Access, type DatabaseEngine, list, type Role, type Row } from './engine.ts';
import { cachingSha2Hash, nativePasswordHash } from './password-verifiers.ts';
import { joinSql, type Sql, sqlDialect } from './sql.ts';

const { query, name } = sqlDialect({ nameQuote: '`', backslashEscapes: true });

/**
 * The client as root, inside the container: the password is in the container's own environment, as the official images
 * want it, so that it travels nowhere. MySQL's images and MariaDB's before 11 call the client mysql.
 */
const CLIENT = `
MYSQL_PWD=\${MARIADB_ROOT_PASSWORD:-\${MYSQL_ROOT_PASSWORD:-}}
file=\${MARIADB_ROOT_PASSWORD_FILE:-\${MYSQL_ROOT_PASSWORD_FILE:-}}
if [ -n "$file" ]; then MYSQL_PWD=$(cat "$file"); fi
export MYSQL_PWD
client=$(command -v mariadb || command -v mysql) || { echo 'the image has neither mariadb nor mysql'; exit 1; }
exec "$client" -uroot --batch --raw --skip-column-names --default-character-set=utf8mb4
`.trim();

// Backslashes escape, whatever the server's configuration says.
const PREAMBLE = "SET SESSION sql_mode = '';\n";

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

/** How a server stores passwords: what to tell it, and whether what it told is the password's. */
interface PasswordStore {
  identified(password: Text): Sql;
  stores(password: string, plugin: unknown, salt: unknown): Uint8Array | string | undefined;
}

const NATIVE: PasswordStore = {
  identified: (password) => query`VIA mysql_native_password USING ${Secret.derive([password], nativePasswordHash)}`,
  stores: (password, plugin) => (plugin === 'mysql_native_password' ? nativePasswordHash(password) : undefined),
};

const CACHING_SHA2: PasswordStore = {
  identified: (password) => {
    const hash = Secret.derive([password], (value) => cachingSha2Hash(value, randomSalt()).toString('hex'));
    return { sql: Secret.join('WITH caching_sha2_password AS 0x', hash) };
  },
  stores(password, plugin, salt) {
    if (plugin !== 'caching_sha2_password' || typeof salt !== 'string') return undefined;
    return cachingSha2Hash(password, Buffer.from(salt, 'hex'));
  },
};

/** MariaDB 10.4 or later. */
export const mariadb = engineWith(NATIVE);
/** MySQL 8 or later. */
export const mysql = engineWith(CACHING_SHA2);

function engineWith(store: PasswordStore): DatabaseEngine {
  return {
    probe: (container, roles) => client(container, ask(roles)),
    diff: (role, rows) => diff(role, rows, store),
    apply: (role, rows) => client(role.container, make(role, rows, store)),
  };
}

function client(container: string, statements: Sql): Script {
  return sh`docker exec -i ${container} sh -c ${CLIENT} <${input(Secret.join(PREAMBLE, statements.sql, '\n'))}`;
}

/** What is asked of a password is its salt and a digest of what is stored: never the stored thing itself. */
function ask(roles: readonly Role[]): Sql {
  const users = [...new Set(roles.map((role) => role.name))];
  const grantees = users.map(grantee);
  const grants = [
    ['USER_PRIVILEGES', 'NULL', 'NULL', 'NULL'],
    ['SCHEMA_PRIVILEGES', 'TABLE_SCHEMA', 'NULL', 'NULL'],
    ['TABLE_PRIVILEGES', 'TABLE_SCHEMA', 'TABLE_NAME', 'NULL'],
    ['COLUMN_PRIVILEGES', 'TABLE_SCHEMA', 'TABLE_NAME', 'COLUMN_NAME'],
  ].map(([view = '', ...columns]) => {
    const from: Sql = { sql: `${columns.join(', ')}, PRIVILEGE_TYPE, IS_GRANTABLE) FROM information_schema.${view}` };
    return query`SELECT JSON_ARRAY('grant', GRANTEE, ${from} WHERE GRANTEE IN (${grantees}) AND PRIVILEGE_TYPE <> 'USAGE';`;
  });
  return joinSql([
    query`SELECT JSON_ARRAY('user', User, plugin,
    IF(plugin = 'caching_sha2_password', HEX(SUBSTRING(CAST(authentication_string AS BINARY), 8, 20)), NULL),
    SHA2(authentication_string, 256)) FROM mysql.user WHERE Host = '%' AND User IN (${users});`,
    query`SELECT JSON_ARRAY('database', SCHEMA_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (${[
      ...new Set(roles.map(({ database }) => database)),
    ]});`,
    ...grants,
  ]);
}

function diff(role: Role, rows: readonly Row[], store: PasswordStore): readonly Change[] {
  const user = rows.find(([what, of]) => what === 'user' && of === role.name);
  const changes: Change[] = [];
  if (role.access === 'owner' && !rows.some(([what, of]) => what === 'database' && of === role.database)) {
    changes.push({ action: 'create', what: 'database', to: role.database });
  }
  if (user === undefined) return [...changes, { action: 'create', what: '', to: role.access }];
  const [, , plugin, salt, digest] = user;
  const stored = store.stores(reveal(role.password), plugin, salt);
  if (stored === undefined || createHash('sha256').update(stored).digest('hex') !== digest) {
    changes.push({ action: 'update', what: 'password' });
  }
  const granted = grantsOf(role, rows).find(({ on }) => on === onDatabase(role))?.privileges ?? [];
  const missing = PRIVILEGES[role.access].filter((privilege) => !granted.includes(privilege));
  if (missing.length > 0) {
    changes.push({ action: 'update', what: 'privileges', from: `without ${list(missing)}`, to: role.access });
  }
  for (const { on, privileges } of excess(role, rows)) {
    changes.push({ action: 'update', what: `privileges on ${on}`, from: list(privileges), to: 'none of these' });
  }
  return changes;
}

function make(role: Role, rows: readonly Row[], store: PasswordStore): Sql {
  const user = query`${role.name}@'%'`;
  const identified = query`IDENTIFIED ${store.identified(role.password)}`;
  const granted: Sql = { sql: PRIVILEGES[role.access].join(', ') };
  return joinSql([
    ...(role.access === 'owner'
      ? [query`CREATE DATABASE IF NOT EXISTS ${name(role.database)} CHARACTER SET utf8mb4;`]
      : []),
    query`CREATE USER IF NOT EXISTS ${user} ${identified};`,
    query`ALTER USER ${user} ${identified};`,
    ...excess(role, rows).map(
      ({ on, privileges }) => query`REVOKE ${{ sql: privileges.join(', ') }} ON ${{ sql: on }} FROM ${user};`,
    ),
    query`GRANT ${granted} ON ${{ sql: onDatabase(role) }} TO ${user};`,
  ]);
}

/** The privileges that a role has on one thing, as GRANT and REVOKE write both. */
interface Grant {
  readonly on: string;
  readonly privileges: readonly string[];
}

/** What the role was granted globally and in its own database; other databases are the affair of their own roles. */
function grantsOf(role: Role, rows: readonly Row[]): readonly Grant[] {
  const grants = new Map<string, Set<string>>();
  for (const [what, of, schema = null, table, column, privilege, grantable] of rows) {
    if (what !== 'grant' || of !== grantee(role.name)) continue;
    if (schema !== null && schema !== pattern(role.database) && schema !== role.database) continue;
    const on = grantedOn(schema, table);
    const privileges = grants.get(on) ?? new Set();
    privileges.add(column === null ? String(privilege) : `${privilege} (${name(String(column)).sql})`);
    if (grantable === 'YES') privileges.add('GRANT OPTION');
    grants.set(on, privileges);
  }
  return [...grants].map(([on, privileges]) => ({ on, privileges: [...privileges] }));
}

/** What is more than the role's due. An owner may have more in its own database: servers know privileges of their own. */
function excess(role: Role, rows: readonly Row[]): readonly Grant[] {
  return grantsOf(role, rows)
    .filter(({ on }) => on === '*.*' || role.access !== 'owner')
    .map(({ on, privileges }) => {
      const due = on === onDatabase(role) ? PRIVILEGES[role.access] : [];
      return { on, privileges: privileges.filter((privilege) => !due.includes(privilege)) };
    })
    .filter(({ privileges }) => privileges.length > 0);
}

function grantedOn(schema: Row[number], table: Row[number] | undefined): string {
  if (schema === null) return '*.*';
  return typeof table === 'string' ? `${name(String(schema), table).sql}` : `${name(String(schema)).sql}.*`;
}

function onDatabase({ database }: Role): string {
  return `${name(pattern(database)).sql}.*`;
}

/** In a grant, the name of a database is a pattern in which _ stands for any character. */
function pattern(database: string): string {
  return database.replaceAll('_', '\\_');
}

function grantee(user: string): string {
  return `'${user}'@'%'`;
}

/** As MySQL makes it: 20 bytes of 7 bits, neither NUL nor `$`. */
function randomSalt(): Uint8Array {
  return Uint8Array.from({ length: 20 }, () => {
    const byte = randomInt(1, 127);
    return byte === 0x24 ? 0x25 : byte;
  });
}
