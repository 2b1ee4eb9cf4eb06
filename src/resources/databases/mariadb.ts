import { createHash, randomInt } from 'node:crypto';
import { reveal, Secret, type Text } from '../../shell/secret.ts';
import { input, type Script, sh } from '../../shell/sh.ts';
import type { Change } from '../contract.ts';
import type { DatabaseEngine, Role, Row } from './engine.ts';
import {
  type AccountDialect,
  accountChanges,
  askAccounts,
  detourChanges,
  dropDetours,
  MARIADB_ACCOUNTS,
  MYSQL_ACCOUNTS,
  unlimited,
} from './mariadb-accounts.ts';
import { askGrants, excessChanges, missingChanges, name, query, setPrivileges } from './mariadb-privileges.ts';
import { allowWriting, askSettings, settingChanges } from './mariadb-settings.ts';
import { cachingSha2Hash, nativePasswordHash } from './password-verifiers.ts';
import { joinSql, type Sql } from './sql.ts';

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

// Backslashes escape, whatever the server's configuration says; and where its transactions only read by default, ours may write.
const PREAMBLE = "SET SESSION sql_mode = '';\nSET SESSION TRANSACTION READ WRITE;\n";

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
export const mariadb = engineWith(NATIVE, MARIADB_ACCOUNTS);
/** MySQL 8.0.14 or later. */
export const mysql = engineWith(CACHING_SHA2, MYSQL_ACCOUNTS);

function engineWith(store: PasswordStore, dialect: AccountDialect): DatabaseEngine {
  return {
    probe: (container, roles) => client(container, ask(roles, dialect)),
    diff: (role, rows) => diff(role, rows, store, dialect),
    apply: (role, rows) => client(role.container, make(role, rows, store, dialect)),
  };
}

function client(container: string, statements: Sql): Script {
  return sh`docker exec -i ${container} sh -c ${CLIENT} <${input(Secret.join(PREAMBLE, statements.sql, '\n'))}`;
}

function ask(roles: readonly Role[], dialect: AccountDialect): Sql {
  const users = [...new Set(roles.map((role) => role.name))];
  return joinSql([
    askAccounts(users, dialect),
    query`SELECT JSON_ARRAY('database', SCHEMA_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (${[
      ...new Set(roles.map(({ database }) => database)),
    ]});`,
    askGrants(users),
    askSettings(dialect.settings),
  ]);
}

function diff(role: Role, rows: readonly Row[], store: PasswordStore, dialect: AccountDialect): readonly Change[] {
  const user = rows.find(([what, of]) => what === 'user' && of === role.name);
  const changes: Change[] = [];
  if (role.access === 'owner' && !rows.some(([what, of]) => what === 'database' && of === role.database)) {
    changes.push({ action: 'create', what: 'database', to: role.database });
  }
  const beyond = [...detourChanges(role, rows), ...excessChanges(role, rows), ...settingChanges(role, rows)];
  if (user === undefined) return [...changes, { action: 'create', what: '', to: role.access }, ...beyond];
  const [, , plugin, salt, digest] = user;
  const stored = store.stores(reveal(role.password), plugin, salt);
  if (stored === undefined || createHash('sha256').update(stored).digest('hex') !== digest) {
    changes.push({ action: 'update', what: 'password' });
  }
  return [...changes, ...accountChanges(role, rows, dialect), ...missingChanges(role, rows), ...beyond];
}

function make(role: Role, rows: readonly Row[], store: PasswordStore, dialect: AccountDialect): Sql {
  const user = query`${role.name}@'%'`;
  const identified = query`IDENTIFIED ${store.identified(role.password)}`;
  return joinSql([
    ...allowWriting(role, rows, dialect.forgetSetting),
    ...(role.access === 'owner'
      ? [query`CREATE DATABASE IF NOT EXISTS ${name(role.database)} CHARACTER SET utf8mb4;`]
      : []),
    query`CREATE USER IF NOT EXISTS ${user} ${identified};`,
    query`ALTER USER ${user} ${identified} ${unlimited(dialect)};`,
    ...setPrivileges(role, rows),
    ...dropDetours(role, rows, dialect),
  ]);
}

/** As MySQL makes it: 20 bytes of 7 bits, neither NUL nor `$`. */
function randomSalt(): Uint8Array {
  return Uint8Array.from({ length: 20 }, () => {
    const byte = randomInt(1, 127);
    return byte === 0x24 ? 0x25 : byte;
  });
}
