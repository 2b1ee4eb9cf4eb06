/** An account of MariaDB or MySQL beside its privileges: how it logs in, its roles, and others of the same name. */
import type { Change } from '../contract.ts';
import { list, type Role, type Row, update } from './engine.ts';
import { GRANTEE, grantee, name, PUBLIC, query } from './mariadb-privileges.ts';
import { joinSql, type Sql } from './sql.ts';

/** Where the two servers differ: what they call things in their own tables, and in statements. */
export interface AccountDialect {
  /** The tables of the accounts; `u` is mysql.user. */
  readonly tables: string;
  /** Conditions on an account, and its lifetime of passwords in days: 0 without end, -1 as the server's default is. */
  readonly isLocked: string;
  readonly lifetimeDays: string;
  readonly hasSecondLogin: string;
  readonly isRole: string;
  /** What this server alone limits: the word in ALTER USER, and the column. */
  readonly limits: readonly (readonly [word: string, column: string])[];
  /** Selects of grants of roles: User and Host that have it, and the role's name and host. */
  readonly roles: string;
  /** What PUBLIC may do on *.*, which the information schema does not tell. */
  readonly globalOfPublic: readonly Sql[];
  /** ALTER USER leaves a second password of MySQL's as it was. */
  readonly dropSecondLogin: (user: Sql) => readonly Sql[];
  readonly dropDefaultRole: (user: Sql) => Sql;
  /** The table of what SET GLOBAL sets. */
  readonly settings: string;
  /** Takes a setting out of the file in which MySQL's SET PERSIST keeps it. */
  readonly forgetSetting: (setting: string) => readonly Sql[];
}

/** The bits of global_priv.Priv.access, from the lowest on: the order of MariaDB's sql/privilege.h. */
const GLOBAL_PRIVILEGES = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'RELOAD',
  'SHUTDOWN',
  'PROCESS',
  'FILE',
  'GRANT OPTION',
  'REFERENCES',
  'INDEX',
  'ALTER',
  'SHOW DATABASES',
  'SUPER',
  'CREATE TEMPORARY TABLES',
  'LOCK TABLES',
  'EXECUTE',
  'REPLICATION SLAVE',
  'BINLOG MONITOR',
  'CREATE VIEW',
  'SHOW VIEW',
  'CREATE ROUTINE',
  'ALTER ROUTINE',
  'CREATE USER',
  'EVENT',
  'TRIGGER',
  'CREATE TABLESPACE',
  'DELETE HISTORY',
  'SET USER',
  'FEDERATED ADMIN',
  'CONNECTION ADMIN',
  'READ_ONLY ADMIN',
  'REPLICATION SLAVE ADMIN',
  'REPLICATION MASTER ADMIN',
  'BINLOG ADMIN',
  'BINLOG REPLAY',
  'SLAVE MONITOR',
  'SHOW CREATE ROUTINE',
];

export const MARIADB_ACCOUNTS: AccountDialect = {
  tables: 'mysql.user AS u JOIN mysql.global_priv AS g USING (Host, User)',
  isLocked: `IFNULL(JSON_VALUE(g.Priv, '$.account_locked'), 0) = 1`,
  lifetimeDays: `IFNULL(JSON_VALUE(g.Priv, '$.password_lifetime'), -1)`,
  // One of several ways is the one of the columns, which stands in this list as an empty object.
  hasSecondLogin: `IFNULL(JSON_LENGTH(g.Priv, '$.auth_or'), 0) > 1`,
  isRole: `u.is_role = 'Y'`,
  limits: [['MAX_STATEMENT_TIME', 'u.max_statement_time + 0e0']],
  roles: 'SELECT User, Host, Role AS role, NULL AS role_host FROM mysql.roles_mapping',
  globalOfPublic: [
    query`SELECT JSON_ARRAY('global', ${PUBLIC}, MAKE_SET(access, ${GLOBAL_PRIVILEGES}))
  FROM (SELECT CAST(JSON_VALUE(Priv, '$.access') AS UNSIGNED) AS access FROM mysql.global_priv
    WHERE Host = '' AND User = 'PUBLIC') AS everyone WHERE access <> 0;`,
  ],
  dropSecondLogin: () => [],
  dropDefaultRole: (user) => query`SET DEFAULT ROLE NONE FOR ${user};`,
  settings: 'information_schema.GLOBAL_VARIABLES',
  forgetSetting: () => [],
};

export const MYSQL_ACCOUNTS: AccountDialect = {
  tables: 'mysql.user AS u',
  isLocked: `u.account_locked = 'Y'`,
  lifetimeDays: 'IFNULL(u.password_lifetime, -1)',
  hasSecondLogin: `JSON_EXTRACT(u.User_attributes, '$.additional_password') IS NOT NULL`,
  isRole: 'FALSE',
  limits: [],
  roles: 'SELECT TO_USER AS User, TO_HOST AS Host, FROM_USER AS role, FROM_HOST AS role_host FROM mysql.role_edges',
  globalOfPublic: [],
  dropSecondLogin: (user) => [query`ALTER USER ${user} DISCARD OLD PASSWORD;`],
  dropDefaultRole: (user) => query`SET DEFAULT ROLE NONE TO ${user};`,
  settings: 'performance_schema.global_variables',
  forgetSetting: (setting) => [query`RESET PERSIST IF EXISTS ${{ sql: setting }};`],
};

/** The user of PUBLIC's rows: no role can have that name. */
const PUBLIC_ROLE = 'PUBLIC';

const LIMITS = [
  ['MAX_QUERIES_PER_HOUR', 'u.max_questions'],
  ['MAX_UPDATES_PER_HOUR', 'u.max_updates'],
  ['MAX_CONNECTIONS_PER_HOUR', 'u.max_connections'],
  ['MAX_USER_CONNECTIONS', 'u.max_user_connections'],
] as const;

/** What is told of an account in a list, in this order: the words of ALTER USER, what is wanted, and how it is asked. */
function settings({ isLocked, lifetimeDays, hasSecondLogin, limits }: AccountDialect) {
  return [
    ['ACCOUNT', 'UNLOCK', `IF(${isLocked}, 'LOCK', 'UNLOCK')`],
    [
      'PASSWORD EXPIRE',
      'DEFAULT',
      `CASE WHEN u.password_expired = 'Y' THEN 'now' WHEN ${lifetimeDays} > 0
      THEN CONCAT('INTERVAL ', ${lifetimeDays}, ' DAY') WHEN ${lifetimeDays} = 0 THEN 'NEVER' ELSE 'DEFAULT' END`,
    ],
    ['REQUIRE', 'NONE', `CASE u.ssl_type WHEN '' THEN 'NONE' WHEN 'ANY' THEN 'SSL' ELSE CONCAT('', u.ssl_type) END`],
    ...[...LIMITS, ...limits].map(([word, column]) => [word, '0', `CONCAT('', ${column})`] as const),
    ['second way to log in', 'no', `IF(${hasSecondLogin}, 'yes', 'no')`],
  ] as const;
}

/** Of a password it is asked the salt and a digest of what is stored: never the stored thing itself. */
export function askAccounts(users: readonly string[], dialect: AccountDialect): Sql {
  const asked: Sql = {
    sql: settings(dialect)
      .map(([, , expression]) => expression)
      .join(',\n      '),
  };
  const tables: Sql = { sql: dialect.tables };
  const everyone = [...users.map(grantee), PUBLIC];
  return joinSql([
    query`SELECT JSON_ARRAY('user', u.User, u.plugin,
    IF(u.plugin = 'caching_sha2_password', HEX(SUBSTRING(CAST(u.authentication_string AS BINARY), 8, 20)), NULL),
    SHA2(u.authentication_string, 256),
    JSON_ARRAY(${asked}))
  FROM ${tables} WHERE u.Host = '%' AND u.User IN (${users});`,
    // The image of MariaDB has its own accounts of the name healthcheck.
    query`SELECT JSON_ARRAY('account', u.User, u.Host)
  FROM ${tables} WHERE u.Host <> '%' AND u.User IN (${users}) AND u.User <> 'healthcheck' AND NOT ${{ sql: dialect.isRole }};`,
    query`SELECT JSON_ARRAY('role', User, role, role_host)
  FROM (${{ sql: dialect.roles }}) AS edges WHERE ${GRANTEE} IN (${everyone});`,
    ...dialect.globalOfPublic,
  ]);
}

export function accountChanges(role: Role, rows: readonly Row[], dialect: AccountDialect): readonly Change[] {
  const [, , , , , told] = rows.find(([what, of]) => what === 'user' && of === role.name) ?? [];
  const has = (told ?? []) as readonly string[];
  return settings(dialect).flatMap(([word, wanted], i) => update(word, has[i], wanted));
}

/** What the role may do by the roles of MariaDB or MySQL, or by another account of its name: nothing is due by them. */
export function detourChanges(role: Role, rows: readonly Row[]): readonly Change[] {
  return [
    ...update('roles', list(rolesOf(role.name, rows)), list([])),
    ...update('roles of PUBLIC', list(rolesOf(PUBLIC_ROLE, rows)), list([])),
    ...otherHosts(role, rows).map((host): Change => ({ action: 'delete', what: `account ${role.name}@${host}` })),
  ];
}

/** What follows IDENTIFIED in CREATE USER or ALTER USER: nothing keeps the account from logging in. */
export function unlimited({ limits }: AccountDialect): Sql {
  const words = [...LIMITS, ...limits].map(([word]) => `${word} 0`).join(' ');
  return { sql: `REQUIRE NONE WITH ${words} ACCOUNT UNLOCK PASSWORD EXPIRE DEFAULT` };
}

/**
 * To be run when the account has all that is due to it: whoever had that by a role, or by an account that hid this one, then
 * never lacks it. Both servers leave those who are connected with a dropped account what they may do until they leave.
 */
export function dropDetours(role: Role, rows: readonly Row[], dialect: AccountDialect): readonly Sql[] {
  const user = query`${role.name}@'%'`;
  const own = rolesOf(role.name, rows);
  const others = rolesOf(PUBLIC_ROLE, rows);
  return [
    ...dialect.dropSecondLogin(user),
    ...(own.length > 0 ? [dialect.dropDefaultRole(user)] : []),
    ...own.map((granted) => query`REVOKE ${{ sql: granted }} FROM ${user};`),
    ...others.map((granted) => query`REVOKE ${{ sql: granted }} FROM PUBLIC;`),
    ...otherHosts(role, rows).map((host) => query`DROP USER IF EXISTS ${role.name}@${host};`),
  ];
}

/** The roles granted to an account, as REVOKE writes them; MySQL's have a host, like any account there. */
function rolesOf(user: string, rows: readonly Row[]): readonly string[] {
  return rows
    .filter(([what, of]) => what === 'role' && of === user)
    .map(([, , granted, host]) =>
      [granted, host ?? []]
        .flat()
        .map((part) => name(String(part)).sql)
        .join('@'),
    );
}

function otherHosts(role: Role, rows: readonly Row[]): readonly string[] {
  return rows.filter(([what, of]) => what === 'account' && of === role.name).map(([, , host]) => String(host));
}
