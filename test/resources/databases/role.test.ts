import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../../src/resources/databases/engine.ts';
import { nativePasswordHash, scramVerifier } from '../../../src/resources/databases/password-verifiers.ts';
import { type DatabaseRoleInput, databaseRole } from '../../../src/resources/databases/role.ts';
import { mask, Secret, type Text } from '../../../src/shell/secret.ts';
import { renderScript } from '../../../src/shell/sh.ts';
import { runScript } from '../local-target.ts';
import { changesOf, desired, probeText } from '../table.ts';

const PASSWORD = 'canary-3b1f';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function role(engine: DatabaseRoleInput['engine'], access: DatabaseRoleInput['access']): DatabaseRoleInput {
  const name = access === 'owner' ? 'app' : 'developer';
  const password = Secret.named('password', PASSWORD);
  return { engine, container: 'shop-db-1', volume: 'shop_db', database: 'shop', name, access, password, owner: 'app' };
}

/** What the changes say: `what: from -> to`. */
function said(input: DatabaseRoleInput, rows: readonly Row[]): readonly string[] {
  return changesOf(databaseRole, input, { rows }).map(
    ({ action, what, from, to }) => `${action} ${what}: ${from ?? ''} -> ${to ?? ''}`,
  );
}

/** What the client is told to make of these rows. */
function statementsOf(input: DatabaseRoleInput, rows: readonly Row[]): string {
  const [state] = desired(databaseRole, [input]);
  if (state === undefined || databaseRole.apply === undefined) throw new Error('it has no script');
  const [file] = renderScript(databaseRole.apply(state, [], { rows })).inputs;
  return String(mask(file?.content as Text));
}

describe('databaseRole', () => {
  it('asks each container once, whatever the number of roles', () => {
    const script = probeText(databaseRole, [role('postgres', 'owner'), role('postgres', 'read-only')]);
    expect(script).toBe(`command -v docker >/dev/null || exit 0
printf '=%s\\n' shop-db-1
docker exec -i -e 'PGOPTIONS=-c client_min_messages=warning -c standard_conforming_strings=on -c default_transaction_read_only=off -c search_path=pg_catalog' shop-db-1 psql -v ON_ERROR_STOP=on -U postgres -d postgres -AtqX <"$RUN/1" 2>&1 || {
  echo failed
  docker volume inspect shop_db >/dev/null 2>&1 && echo volume
}
:`);
  });

  it.each([
    { output: '', actual: { rows: [] } },
    {
      output: '=shop-db-1\n["role","app"]\n["database","shop","app"]\n',
      actual: {
        rows: [
          ['role', 'app'],
          ['database', 'shop', 'app'],
        ],
      },
    },
    { output: '=shop-db-1\nError: No such container: shop-db-1\nfailed\n', actual: { rows: [] } },
    {
      output: '=shop-db-1\nError response from daemon: No such container: shop-db-1\nfailed\nvolume\n',
      actual: { unknown: 'the database does not run' },
    },
    {
      output: '=shop-db-1\nError response from daemon: Container 3f is not running\nfailed\nvolume\n',
      actual: { unknown: 'the database does not run' },
    },
    {
      output:
        '=shop-db-1\npsql: error: connection to server on socket "/s" failed: FATAL:  the database system is starting up\nfailed\n',
      actual: { unknown: 'the database does not accept connections yet' },
    },
    {
      output: '=shop-db-1\nCannot connect to the Docker daemon at unix:///var/run/docker.sock.\nfailed\n',
      actual: { unknown: 'the Docker Engine does not answer' },
    },
    {
      output:
        '=shop-db-1\nOCI runtime exec failed: exec: "psql": executable file not found in $PATH: unknown\nfailed\n',
      actual: { unknown: 'the container runs another database engine' },
    },
    {
      output: "=shop-db-1\nERROR 1045 (28000): Access denied for user 'root'@'localhost'\nfailed\n",
      actual: {
        unknown: "the database could not be asked: ERROR 1045 (28000): Access denied for user 'root'@'localhost'",
      },
    },
  ])('reads $output', ({ output, actual }) => {
    expect(databaseRole.parse(output, desired(databaseRole, [role('postgres', 'owner')]))).toEqual([actual]);
  });

  it('sees nothing where there is no docker', async () => {
    const script = databaseRole.probe(desired(databaseRole, [role('postgres', 'owner')]));
    expect(await runScript(script, { shell: ['/bin/dash'], env: { PATH: '/nonexistent' } })).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  it.each(['$(touch /tmp/x)', '-rf', 'a b', 'a\nb', '', 'Ünï', 'a"b', 'root', 'pg_admin', 'x'.repeat(33)])(
    'refuses the name %j',
    (name) => {
      expect(() => databaseRole({ ...role('postgres', 'owner'), name })).toThrow(/database-role: name/);
    },
  );

  it('refuses a role that owns nothing and names no owner', () => {
    const { owner: _, ...without } = role('postgres', 'read-only');
    expect(() => databaseRole(without)).toThrow(/owner: must name the role that makes the tables/);
  });

  it.each(['postgres', 'mariadb', 'mysql'] as const)(
    '%s: the password is in no script, argument or change',
    (engine) => {
      for (const access of ['owner', 'read-only'] as const) {
        const input = role(engine, access);
        const [state] = desired(databaseRole, [input]);
        if (state === undefined || databaseRole.apply === undefined) throw new Error('it has no script');
        const { text, inputs } = renderScript(databaseRole.apply(state, [], { rows: [] }));
        expect(text).not.toContain('canary');
        // The server gets what it stores, not the password itself.
        for (const { content } of inputs) {
          expect(String(content instanceof Secret ? content.reveal() : content)).not.toContain('canary');
          expect(mask(content as Text)).toContain('<secret>');
        }
        expect(JSON.stringify(changesOf(databaseRole, input, { rows: [] }))).not.toContain('canary');
      }
    },
  );
});

describe('databaseRole of PostgreSQL', () => {
  const verifier = scramVerifier(PASSWORD, Buffer.from('0123456789abcdef'));
  const attributes = ['true', 'false', 'false', 'false', 'false', 'false'];
  const login = (name: string): Row => [
    'role',
    name,
    attributes,
    verifier.split('$').slice(0, 2).join('$'),
    sha256(verifier),
    [],
    ['infinity', 'none'],
  ];
  const owner: Row[] = [login('app'), ['database', 'shop', 'app'], ['schema', 'shop', 'app', false]];
  const reader: Row[] = [
    login('developer'),
    ['database', 'shop', 'app'],
    ['schema', 'shop', 'app', false],
    ['granted', 'shop', 'developer', 'database', ['CONNECT'], 1, ['shop']],
    ['granted', 'shop', 'developer', 'schemas', ['USAGE'], 1, ['public']],
    ['granted', 'shop', 'developer', 'tables', ['SELECT'], 2, ['public.a', 'public.b']],
    ['granted', 'shop', 'developer', 'sequences', ['SELECT'], 1, ['public.a_id_seq']],
    ['default', 'shop', 'developer', 'app', null, 'n', ['USAGE']],
    ['default', 'shop', 'developer', 'app', null, 'r', ['SELECT']],
    ['default', 'shop', 'developer', 'app', null, 's', ['SELECT']],
  ];
  const without = (rows: readonly Row[], at: number, ...instead: Row[]) => rows.toSpliced(at, 1, ...instead);

  it.each<{ rows: Row[]; changes: string[] }>([
    { rows: owner, changes: [] },
    { rows: [], changes: ['create database:  -> shop', 'create :  -> owner'] },
    { rows: [login('app')], changes: ['create database:  -> shop'] },
    {
      rows: without(owner, 1, ['database', 'shop', 'postgres']),
      changes: ['update owner of the database: postgres -> app'],
    },
    {
      rows: without(owner, 1, ['database', 'shop', 'app', true, '7']),
      changes: ['update CONNECTION LIMIT of the database: 7 -> none'],
    },
    // Nothing within it can be asked then.
    {
      rows: [login('app'), ['database', 'shop', 'postgres', false, 'none'], ['read only', 'shop', null, 'shop']],
      changes: [
        'update ALLOW_CONNECTIONS of the database: no -> yes',
        'update owner of the database: postgres -> app',
        'update default_transaction_read_only of all in shop: on -> off',
      ],
    },
    {
      rows: [...owner, ['read only', 'shop', 'app', null], ['read only server', 'shop']],
      changes: [
        'update default_transaction_read_only of app in every database: on -> off',
        'update default_transaction_read_only of the server: on -> off',
      ],
    },
    { rows: [...owner, ['public', 'shop', 'tables', ['INSERT'], 1, ['public.a']]], changes: [] },
    {
      rows: [
        ...owner,
        ['lost', 'shop', 'tables', true, 'postgres', 4, ['public.a', 'public.b', 'public.c']],
        ['lost', 'shop', 'schemas', false, 'app', 1, ['public']],
      ],
      changes: [
        'update owner of tables public.a, public.b, public.c and 1 more: postgres -> app',
        'update own privileges on schemas public: not all -> all',
      ],
    },
    {
      rows: without(owner, 2, ['schema', 'shop', 'pg_database_owner', true]),
      changes: [
        'update owner of the schema public: pg_database_owner -> app',
        'update who may create in the schema public: everyone -> app',
      ],
    },
  ])('an owner, $changes', ({ rows, changes }) => {
    expect(said(role('postgres', 'owner'), rows)).toEqual(changes);
  });

  it.each<{ rows: Row[]; changes: string[] }>([
    { rows: reader, changes: [] },
    { rows: owner, changes: ['create :  -> read-only'] },
    {
      rows: [
        login('developer').with(5, ['app']) as unknown as Row,
        ['database', 'shop', 'app', false, '0'],
        ['granted', 'shop', 'developer', 'database', ['CONNECT', 'CREATE'], 1, ['shop']],
        ['public', 'shop', 'database', ['CONNECT', 'CREATE'], 1, ['shop']],
        ['read only server', 'shop'],
      ],
      changes: [
        'update ALLOW_CONNECTIONS of the database: no -> yes',
        'update CONNECTION LIMIT of the database: 0 -> none',
        'update member of: app -> none',
        'update database shop: CONNECT, CREATE -> CONNECT',
        'update privileges of PUBLIC on database shop: CREATE -> none of these',
      ],
    },
    {
      rows: without(reader, 0, [
        'role',
        'developer',
        ['true', 'true', 'false', 'false', 'false', 'false'],
        null,
        null,
        ['app'],
        ['2001-01-01 00:00:00+00', '0'],
      ]),
      changes: [
        'update SUPERUSER: yes -> no',
        'update password:  -> ',
        'update VALID UNTIL: 2001-01-01 00:00:00+00 -> infinity',
        'update CONNECTION LIMIT: 0 -> none',
        'update member of: app -> none',
      ],
    },
    {
      rows: without(reader, 5, [
        'granted',
        'shop',
        'developer',
        'tables',
        ['INSERT', 'SELECT'],
        5,
        ['public.a', 'public.b', 'public.c'],
      ]),
      changes: ['update tables public.a, public.b, public.c and 2 more: INSERT, SELECT -> SELECT'],
    },
    {
      rows: [...reader, ['granted', 'shop', 'developer', 'tables', [], 1, ['public.later']]],
      changes: ['update tables public.later: none -> SELECT'],
    },
    { rows: without(reader, 8), changes: ['update tables that app will make: none -> SELECT'] },
    {
      rows: [...reader, ['default', 'shop', 'developer', 'app', 'private', 'r', ['INSERT']]],
      changes: ['update what app will make in private: INSERT -> none'],
    },
    { rows: [...reader, ['owns', 'shop', 'developer', 1, ['a']]], changes: ['update owner of a: developer -> app'] },
    {
      rows: [
        ...reader,
        ['public', 'shop', 'database', ['CONNECT', 'TEMPORARY'], 1, ['shop']],
        ['public', 'shop', 'schemas', ['USAGE'], 1, ['private']],
        ['public', 'shop', 'tables', ['SELECT'], 1, ['public.a']],
        ['public default', 'shop', 'sequences', ['SELECT'], 'app', null],
      ],
      changes: [],
    },
    {
      rows: [
        ...reader,
        ['public', 'shop', 'database', ['CONNECT', 'CREATE'], 1, ['shop']],
        ['public', 'shop', 'tables', ['DELETE', 'INSERT', 'SELECT'], 4, ['public.a', 'public.b', 'public.c']],
        ['public', 'shop', 'sequences', ['USAGE'], 1, ['public.a_id_seq']],
        ['public default', 'shop', 'tables', ['INSERT'], 'app', null],
        ['public default', 'shop', 'tables', ['SELECT', 'UPDATE'], 'app', 'private'],
      ],
      changes: [
        'update privileges of PUBLIC on database shop: CREATE -> none of these',
        'update privileges of PUBLIC on tables public.a, public.b, public.c and 1 more: DELETE, INSERT -> none of these',
        'update privileges of PUBLIC on sequences public.a_id_seq: USAGE -> none of these',
        'update privileges of PUBLIC on tables that app will make: INSERT -> none of these',
        'update privileges of PUBLIC on tables that app will make in private: UPDATE -> none of these',
      ],
    },
    {
      rows: [...owner, ['public', 'shop', 'tables', ['INSERT'], 1, ['public.a']]],
      changes: ['create :  -> read-only', 'update privileges of PUBLIC on tables public.a: INSERT -> none of these'],
    },
    // Another role's and another database's rows are not this one's.
    {
      rows: [
        ...reader,
        ['granted', 'shop', 'app', 'tables', [], 1, ['x']],
        ['granted', 'other', 'developer', 'tables', [], 1, ['x']],
        ['public', 'other', 'tables', ['INSERT'], 1, ['x']],
      ],
      changes: [],
    },
  ])('a reader, $changes', ({ rows, changes }) => {
    expect(said(role('postgres', 'read-only'), rows)).toEqual(changes);
  });

  it('takes from PUBLIC what is beyond the role, when the role has its own', () => {
    const statements = statementsOf(role('postgres', 'read-only'), []);
    const [own = '', ofPublic = ''] = statements.split('COMMIT;');
    expect(own).toContain(`NOBYPASSRLS CONNECTION LIMIT -1 VALID UNTIL 'infinity' PASSWORD '<secret>';`);
    expect(own).toContain('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I CASCADE');
    expect(own).not.toContain('FROM PUBLIC CASCADE');
    expect(ofPublic).toContain("format('REVOKE %s ON %s FROM PUBLIC'");
    expect(ofPublic.match(/\(VALUES .*\)/g)).toEqual(
      Array(2).fill(
        "(VALUES ('database', 'CONNECT'), ('database', 'TEMPORARY'), ('schemas', 'USAGE'), ('tables', 'SELECT'), ('sequences', 'SELECT'))",
      ),
    );
  });
});

describe('databaseRole of MariaDB', () => {
  const hash = nativePasswordHash(PASSWORD);
  const free = ['UNLOCK', 'DEFAULT', 'NONE', '0', '0', '0', '0', '0', 'no'];
  const user: Row = ['user', 'developer', 'mysql_native_password', null, sha256(hash), free];
  const grant = (
    schema: string | null,
    table: string | null,
    column: string | null,
    privilege: string,
    grantable = 'NO',
  ): Row => ['grant', "'developer'@'%'", schema, table, column, privilege, grantable];
  const PUBLIC = "'PUBLIC'@''";
  const of = (account: string, [what, , ...rest]: Row): Row => [what, account, ...rest];
  const rows: Row[] = [user, ['database', 'shop'], grant('shop', null, null, 'SELECT')];

  it.each<{ rows: Row[]; changes: string[] }>([
    { rows, changes: [] },
    { rows: [], changes: ['create :  -> read-only'] },
    { rows: rows.slice(0, 2), changes: ['update privileges: without SELECT -> read-only'] },
    {
      rows: rows.with(0, [
        'user',
        'developer',
        'mysql_native_password',
        null,
        sha256(nativePasswordHash('other')),
        free,
      ]),
      changes: ['update password:  -> '],
    },
    {
      rows: rows.with(0, ['user', 'developer', 'ed25519', null, sha256(hash), free]),
      changes: ['update password:  -> '],
    },
    {
      rows: [...rows, grant('shop', 't', null, 'INSERT')],
      changes: ['update privileges on `shop`.`t`: INSERT -> none of these'],
    },
    {
      rows: [...rows, grant('shop', 't', 'c', 'UPDATE')],
      changes: ['update privileges on `shop`.`t`: UPDATE (`c`) -> none of these'],
    },
    {
      rows: [...rows, grant(null, null, null, 'SUPER')],
      changes: ['update privileges on *.*: SUPER -> none of these'],
    },
    {
      rows: [...rows, grant('shop', null, null, 'DELETE', 'YES')],
      changes: ['update privileges on `shop`.*: DELETE, GRANT OPTION -> none of these'],
    },
    { rows: [...rows, grant('other', null, null, 'DELETE')], changes: [] },
    {
      rows: rows.with(0, [
        ...user.slice(0, 5),
        ['LOCK', 'now', 'SSL', '1', '2', '3', '4', '5', 'yes'],
      ] as unknown as Row),
      changes: [
        'update ACCOUNT: LOCK -> UNLOCK',
        'update PASSWORD EXPIRE: now -> DEFAULT',
        'update REQUIRE: SSL -> NONE',
        'update MAX_QUERIES_PER_HOUR: 1 -> 0',
        'update MAX_UPDATES_PER_HOUR: 2 -> 0',
        'update MAX_CONNECTIONS_PER_HOUR: 3 -> 0',
        'update MAX_USER_CONNECTIONS: 4 -> 0',
        'update MAX_STATEMENT_TIME: 5 -> 0',
        'update second way to log in: yes -> no',
      ],
    },
    {
      rows: [
        ...rows,
        ['role', 'developer', 'b', null],
        ['role', 'developer', 'a', null],
        ['role', 'PUBLIC', 'r', null],
      ],
      changes: ['update roles: `a`, `b` -> none', 'update roles of PUBLIC: `r` -> none'],
    },
    { rows: [...rows, ['role', 'app', 'r', null], ['account', 'app', 'localhost']], changes: [] },
    {
      rows: [...rows, ['account', 'developer', 'localhost'], ['account', 'developer', '172.%']],
      changes: ['delete account developer@localhost:  -> ', 'delete account developer@172.%:  -> '],
    },
    {
      rows: [['account', 'developer', 'localhost'], of(PUBLIC, grant('shop', null, null, 'INSERT'))],
      changes: [
        'create :  -> read-only',
        'delete account developer@localhost:  -> ',
        'update privileges of PUBLIC on `shop`.*: INSERT -> none of these',
      ],
    },
    // Of everyone's privileges, those that the role has as well may stay, and other databases' do not concern it.
    {
      rows: [...rows, of(PUBLIC, grant('shop', 't', 'c', 'SELECT')), of(PUBLIC, grant('other', null, null, 'DROP'))],
      changes: [],
    },
    {
      rows: [...rows, ['global', PUBLIC, 'SELECT,GRANT OPTION'], of("''@'%'", grant('shop', null, null, 'DROP'))],
      changes: [
        'update privileges of PUBLIC on *.*: GRANT OPTION, SELECT -> none of these',
        "update privileges of ''@'%' on `shop`.*: DROP -> none of these",
      ],
    },
    {
      rows: [
        ...rows,
        grant('sh%', null, null, 'DROP'),
        grant('_hop', null, null, 'EVENT'),
        grant('s\\_op', null, null, 'DROP'),
      ],
      changes: [
        'update privileges on `sh%`.*: DROP -> none of these',
        'update privileges on `_hop`.*: EVENT -> none of these',
      ],
    },
    { rows: [...rows, grant('sh%', 't', null, 'DROP')], changes: [] },
    {
      rows: [...rows, grant('shop', 't', null, 'USAGE', 'YES')],
      changes: ['update privileges on `shop`.`t`: GRANT OPTION -> none of these'],
    },
    {
      rows: [...rows, ['routine', "'developer'@'%'", 'shop', 'FUNCTION', 'f', 'Execute,Grant']],
      changes: ['update privileges on FUNCTION `shop`.`f`: EXECUTE, GRANT OPTION -> none of these'],
    },
  ])('$changes', ({ rows, changes }) => {
    expect(said(role('mariadb', 'read-only'), rows)).toEqual(changes);
  });

  const PREAMBLE = "SET SESSION sql_mode = '';\nSET SESSION TRANSACTION READ WRITE;\n";
  const LIMITS = 'MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0';
  const tooMuch = [
    grant('shop', 't', null, 'INSERT'),
    grant(null, null, null, 'SUPER'),
    ['account', 'developer', 'localhost'],
  ] as const;

  it('gives what is due, then takes back what is too much, thing by thing', () => {
    const actual: Row[] = [
      ...rows,
      ...tooMuch,
      of(PUBLIC, grant('shop', 't', 'c', 'UPDATE')),
      ['role', 'developer', 'r', null],
      ['role', 'PUBLIC', 's', null],
    ];
    expect(
      statementsOf(role('mariadb', 'read-only'), actual),
    ).toBe(`${PREAMBLE}CREATE USER IF NOT EXISTS 'developer'@'%' IDENTIFIED VIA mysql_native_password USING '<secret>';
ALTER USER 'developer'@'%' IDENTIFIED VIA mysql_native_password USING '<secret>' REQUIRE NONE WITH ${LIMITS} MAX_STATEMENT_TIME 0 ACCOUNT UNLOCK PASSWORD EXPIRE DEFAULT;
GRANT SELECT ON \`shop\`.* TO 'developer'@'%';
REVOKE INSERT ON \`shop\`.\`t\` FROM 'developer'@'%';
REVOKE SUPER ON *.* FROM 'developer'@'%';
REVOKE UPDATE (\`c\`) ON \`shop\`.\`t\` FROM PUBLIC;
SET DEFAULT ROLE NONE FOR 'developer'@'%';
REVOKE \`r\` FROM 'developer'@'%';
REVOKE \`s\` FROM PUBLIC;
DROP USER IF EXISTS 'developer'@'localhost';
`);
  });

  const readOnly: Row[] = [
    ['setting', 'read_only', 'on'],
    ['setting', 'transaction_read_only', 'on'],
    ['setting', 'super_read_only', 'on'],
  ];

  it.each<[DatabaseRoleInput['access'], string[]]>([
    [
      'read-write',
      [
        'update super_read_only of the server: on -> off',
        'update read_only of the server: on -> off',
        'update transaction_read_only of the server: on -> off',
      ],
    ],
    ['read-only', []],
  ])('sees for a role with %s access that its server takes no changes', (access, changes) => {
    const due = ['DELETE', 'INSERT', 'SELECT', 'UPDATE'].slice(...(access === 'read-only' ? [2, 3] : []));
    const granted = due.map((privilege) => grant('shop', null, null, privilege));
    expect(said(role('mariadb', access), [user, ['database', 'shop'], ...granted, ...readOnly])).toEqual(changes);
  });

  it('lets the server take changes before it makes any', () => {
    const start = (engine: 'mariadb' | 'mysql', access: DatabaseRoleInput['access'], found: readonly Row[]) =>
      statementsOf(role(engine, access), found).replace(/CREATE .*/s, '');
    expect(start('mysql', 'owner', readOnly)).toBe(`${PREAMBLE}SET GLOBAL super_read_only = 0;
RESET PERSIST IF EXISTS super_read_only;
SET GLOBAL read_only = 0;
RESET PERSIST IF EXISTS read_only;
SET GLOBAL TRANSACTION READ WRITE;
RESET PERSIST IF EXISTS transaction_read_only;
`);
    expect(start('mariadb', 'read-write', readOnly.slice(0, 2))).toBe(`${PREAMBLE}SET GLOBAL read_only = 0;
SET GLOBAL TRANSACTION READ WRITE;
`);
    expect(start('mariadb', 'read-only', readOnly)).toBe(PREAMBLE);
    expect(start('mariadb', 'owner', [])).toBe(PREAMBLE);
  });

  it('says it in the words of MySQL', () => {
    const actual: Row[] = [...rows, ...tooMuch, ['role', 'developer', 'r', '%']];
    expect(
      statementsOf(role('mysql', 'read-only'), actual),
    ).toBe(`${PREAMBLE}CREATE USER IF NOT EXISTS 'developer'@'%' IDENTIFIED WITH caching_sha2_password AS 0x<secret>;
ALTER USER 'developer'@'%' IDENTIFIED WITH caching_sha2_password AS 0x<secret> REQUIRE NONE WITH ${LIMITS} ACCOUNT UNLOCK PASSWORD EXPIRE DEFAULT;
GRANT SELECT ON \`shop\`.* TO 'developer'@'%';
REVOKE INSERT ON \`shop\`.\`t\` FROM 'developer'@'%';
REVOKE SUPER ON *.* FROM 'developer'@'%';
ALTER USER 'developer'@'%' DISCARD OLD PASSWORD;
SET DEFAULT ROLE NONE TO 'developer'@'%';
REVOKE \`r\`@\`%\` FROM 'developer'@'%';
DROP USER IF EXISTS 'developer'@'localhost';
`);
  });

  it.each([
    { engine: 'mariadb', asks: 'mysql.global_priv', never: 'role_edges' },
    { engine: 'mysql', asks: 'mysql.role_edges', never: 'global_priv' },
  ] as const)('asks $engine in its own tables', ({ engine, asks, never }) => {
    const [file] = renderScript(databaseRole.probe(desired(databaseRole, [role(engine, 'read-only')]))).inputs;
    const asked = String(mask(file?.content as Text));
    expect(asked).toContain(asks);
    expect(asked).not.toContain(never);
    expect(asked).toContain("u.User <> 'healthcheck'");
  });
});
