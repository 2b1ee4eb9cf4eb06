import { createHash, randomBytes } from 'node:crypto';
import { reveal, Secret, type Text } from '../../shell/secret.ts';
import { input, type Script, sh } from '../../shell/sh.ts';
import type { Change } from '../contract.ts';
import { type DatabaseEngine, examples, list, type Role, type Row, update } from './engine.ts';
import { scramVerifier } from './password-verifiers.ts';
import { askDatabases, askWithin, connectionChanges, isClosed, letConnect } from './postgres-database.ts';
import { askLost, giveBack, lostChanges } from './postgres-owner.ts';
import {
  askOnDatabase,
  askPrivileges,
  name,
  OBJECTS,
  type ObjectKind,
  PRIVILEGES,
  query,
  setPrivileges,
} from './postgres-privileges.ts';
import { askPublic, askPublicOnDatabase, publicChanges, revokeFromPublic } from './postgres-public.ts';
import { askSettings, resetSettings, settingChanges } from './postgres-settings.ts';
import { joinSql, type Sql } from './sql.ts';

/** For every connection that the client makes, whatever somebody has set for a role or a database. */
const SESSION = [
  'client_min_messages=warning',
  'standard_conforming_strings=on',
  'default_transaction_read_only=off',
  'search_path=pg_catalog',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** Attributes of a role in the order in which they are asked for, and which of them a login has. */
const ATTRIBUTES = [
  ['LOGIN', true],
  ['SUPERUSER', false],
  ['CREATEDB', false],
  ['CREATEROLE', false],
  ['REPLICATION', false],
  ['BYPASSRLS', false],
] as const;

/** What ends or bounds a login, in the order in which it is asked for, and as it is where nothing does. */
const LIMITS = [
  ['VALID UNTIL', 'infinity'],
  ['CONNECTION LIMIT', 'none'],
] as const;

/**
 * PostgreSQL 11 or later, through psql in the container, as the superuser `postgres` of the official image.
 *
 * The server is told the SCRAM verifier of a password, never the password; and what it stores of one is told to us as its
 * salt and a digest, by which we see whether the password is another.
 */
export const postgres: DatabaseEngine = {
  probe: (container, roles) => psql(container, ask(roles)),
  diff,
  apply: (role) => psql(role.container, role.access === 'owner' ? makeOwner(role) : makeUser(role, role.access)),
};

function psql(container: string, statements: Sql): Script {
  const text = Secret.join(statements.sql, '\n');
  return sh`docker exec -i -e ${`PGOPTIONS=${SESSION}`} ${container} psql -v ON_ERROR_STOP=on -U postgres -d postgres -AtqX <${input(text)}`;
}

function ask(roles: readonly Role[]): Sql {
  const names = [...new Set(roles.map((role) => role.name))];
  const databases = [...Map.groupBy(roles, ({ database }) => database)].map(
    ([database, members]) => [database, members.map(({ name }) => name)] as const,
  );
  return joinSql([
    query`SELECT json_build_array('role', rolname,
    ARRAY[rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls]::text[],
    substring(rolpassword from '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+'),
    encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex'),
    ARRAY(SELECT pg_get_userbyid(roleid) FROM pg_auth_members WHERE member = a.oid ORDER BY 1),
    ARRAY[coalesce(rolvaliduntil::text, 'infinity'), coalesce(nullif(rolconnlimit, -1)::text, 'none')])
  FROM pg_authid a WHERE rolname IN (${names});`,
    askDatabases(databases.map(([database]) => database)),
    // Of a database that is closed, this is all.
    ...databases.flatMap(([database, own]) => [
      askSettings(database, own),
      askOnDatabase(database, own),
      askPublicOnDatabase(database),
    ]),
    ...databases.map(([database, own]) =>
      askWithin(database, [askPrivileges(database, own), askPublic(database), askLost(database)]),
    ),
  ]);
}

function makeOwner(role: Role): Sql {
  const [database, owner] = [name(role.database), name(role.name)];
  return joinSql([
    login(role),
    query`SELECT format('CREATE DATABASE %I OWNER %I', ${role.database}, ${role.name})
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${role.database}) \gexec`,
    query`ALTER DATABASE ${database} OWNER TO ${owner};`,
    letConnect(role.database),
    query`\connect ${database}`,
    query`ALTER SCHEMA public OWNER TO ${owner};`,
    query`REVOKE CREATE ON SCHEMA public FROM PUBLIC;`,
    giveBack(role.name),
    resetSettings(role),
  ]);
}

function makeUser(role: Role, access: 'read-only' | 'read-write'): Sql {
  return joinSql([
    login(role),
    letConnect(role.database),
    query`\connect ${name(role.database)}`,
    setPrivileges(role, access),
    revokeFromPublic(access),
    ...(access === 'read-only' ? [] : [resetSettings(role)]),
  ]);
}

function login(role: Role): Sql {
  const verifier = Secret.derive([role.password], (password) => scramVerifier(password, randomBytes(16)));
  const attributes: Sql = { sql: ATTRIBUTES.map(([word, has]) => (has ? word : `NO${word}`)).join(' ') };
  return query`SELECT format('CREATE ROLE %I', ${role.name})
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${role.name}) \gexec
ALTER ROLE ${name(role.name)} ${attributes} CONNECTION LIMIT -1 VALID UNTIL 'infinity' PASSWORD ${verifier};`;
}

function diff(role: Role, rows: readonly Row[]): readonly Change[] {
  const found = rows.find(([what, of]) => what === 'role' && of === role.name);
  const database = rows.find(([what, of]) => what === 'database' && of === role.database);
  const own = rows.filter(([, of]) => of === role.database);
  const changes: Change[] = [];
  if (role.access === 'owner' && database === undefined) {
    changes.push({ action: 'create', what: 'database', to: role.database });
  }
  const open = role.access === 'owner' ? [] : publicChanges(role.access, own);
  const connections = database === undefined ? [] : connectionChanges(database);
  if (found === undefined) {
    return [...changes, { action: 'create', what: '', to: role.access }, ...connections, ...open];
  }
  changes.push(...loginChanges(role, found), ...connections);
  if (database === undefined) {
    return role.access === 'owner' ? changes : [...changes, { action: 'create', what: 'privileges', to: role.access }];
  }
  const isOpen = !isClosed(database);
  const [, , schemaOwner, openToAll] = own.find(([what]) => what === 'schema') ?? [];
  if (role.access === 'owner') {
    return [
      ...changes,
      ...update('owner of the database', database[2], role.name),
      ...(isOpen ? update('owner of the schema public', schemaOwner, role.name) : []),
      ...update('who may create in the schema public', openToAll ? 'everyone' : role.name, role.name),
      ...lostChanges(role.name, own),
      ...settingChanges(role.name, own),
    ];
  }
  return [
    ...changes,
    ...update('member of', list(found[5] as readonly string[]), 'none'),
    ...update('who may create in the schema public', openToAll ? 'everyone' : 'its owner', 'its owner'),
    ...privilegeChanges(role, role.access, own),
    ...(isOpen ? defaultChanges(role, role.access, own) : []),
    ...open,
    ...(role.access === 'read-only' ? [] : settingChanges(role.name, own)),
  ];
}

function loginChanges(role: Role, [, , attributes, saltPart, digest, , limits]: Row): Change[] {
  const has = attributes as readonly string[];
  const limited = limits as readonly string[];
  return [
    ...ATTRIBUTES.flatMap(([word, wanted], i) => update(word, has[i] === 'true' ? 'yes' : 'no', wanted ? 'yes' : 'no')),
    ...(storedFor(role.password, saltPart, digest) ? [] : [{ action: 'update', what: 'password' } as const]),
    ...LIMITS.flatMap(([word, without], i) => update(word, limited[i], without)),
  ];
}

/** Whether the server's verifier, of which it told salt and digest, is that of the password. */
function storedFor(password: Text, saltPart: Row[number] | undefined, digest: Row[number] | undefined): boolean {
  const [, iterations, salt] = /^SCRAM-SHA-256\$(\d+):(.+)$/.exec(String(saltPart)) ?? [];
  if (salt === undefined) return false;
  const verifier = scramVerifier(reveal(password), Buffer.from(salt, 'base64'), Number(iterations));
  return createHash('sha256').update(verifier).digest('hex') === digest;
}

function privilegeChanges(role: Role, access: 'read-only' | 'read-write', rows: readonly Row[]): Change[] {
  const wanted: Record<string, readonly string[]> = { database: ['CONNECT'], ...PRIVILEGES[access] };
  return rows.flatMap(([what, , of, a, b, c, d]): Change[] => {
    if (of !== role.name) return [];
    if (what === 'owns') return update(`owner of ${examples(a, b)}`, role.name, role.owner);
    if (what !== 'granted') return [];
    return update(`${String(a)} ${examples(c, d)}`, list(b as readonly string[]), list(wanted[String(a)] ?? []));
  });
}

/** What the role will be able to do with what its owner makes later. Anything else that was granted so is taken back. */
function defaultChanges(role: Role, access: 'read-only' | 'read-write', rows: readonly Row[]): Change[] {
  const found = rows.filter(([what, , of]) => what === 'default' && of === role.name);
  const kinds = Object.keys(OBJECTS) as ObjectKind[];
  const due = kinds.flatMap((kind) => {
    const row = found.find((r) => r[3] === role.owner && r[4] === null && r[5] === OBJECTS[kind]);
    const granted = (row?.[6] ?? []) as readonly string[];
    return update(`${kind} that ${role.owner} will make`, list(granted), list(PRIVILEGES[access][kind]));
  });
  const isDue = (r: Row) => r[3] === role.owner && r[4] === null && kinds.some((kind) => OBJECTS[kind] === r[5]);
  const other = found
    .filter((r) => !isDue(r))
    .flatMap((r) =>
      update(`what ${r[3]} will make in ${r[4] ?? 'every schema'}`, list(r[6] as readonly string[]), 'none'),
    );
  return [...due, ...other];
}
