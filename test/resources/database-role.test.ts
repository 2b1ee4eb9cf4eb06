import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type DatabaseRoleInput, databaseRole } from '../../src/resources/database-role.ts';
import type { Row } from '../../src/resources/databases/engine.ts';
import { nativePasswordHash, scramVerifier } from '../../src/resources/databases/password-verifiers.ts';
import { mask, Secret, type Text } from '../../src/shell/secret.ts';
import { renderScript } from '../../src/shell/sh.ts';
import { runScript } from './local-target.ts';
import { changesOf, desired, probeText } from './table.ts';

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

describe('databaseRole', () => {
  it('asks each container once, whatever the number of roles', () => {
    const script = probeText(databaseRole, [role('postgres', 'owner'), role('postgres', 'read-only')]);
    expect(script).toBe(`command -v docker >/dev/null || exit 0
printf '=%s\\n' shop-db-1
docker exec -i shop-db-1 psql -U postgres -d postgres -AtqX <"$RUN/1" 2>&1 || {
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
      rows: without(reader, 0, [
        'role',
        'developer',
        ['true', 'true', 'false', 'false', 'false', 'false'],
        null,
        null,
        ['app'],
      ]),
      changes: ['update SUPERUSER: yes -> no', 'update password:  -> ', 'update member of: app -> none'],
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
    // Another role's and another database's rows are not this one's.
    {
      rows: [
        ...reader,
        ['granted', 'shop', 'app', 'tables', [], 1, ['x']],
        ['granted', 'other', 'developer', 'tables', [], 1, ['x']],
      ],
      changes: [],
    },
  ])('a reader, $changes', ({ rows, changes }) => {
    expect(said(role('postgres', 'read-only'), rows)).toEqual(changes);
  });
});

describe('databaseRole of MariaDB', () => {
  const hash = nativePasswordHash(PASSWORD);
  const user: Row = ['user', 'developer', 'mysql_native_password', null, sha256(hash)];
  const grant = (
    schema: string | null,
    table: string | null,
    column: string | null,
    privilege: string,
    grantable = 'NO',
  ): Row => ['grant', "'developer'@'%'", schema, table, column, privilege, grantable];
  const rows: Row[] = [user, ['database', 'shop'], grant('shop', null, null, 'SELECT')];

  it.each<{ rows: Row[]; changes: string[] }>([
    { rows, changes: [] },
    { rows: [], changes: ['create :  -> read-only'] },
    { rows: rows.slice(0, 2), changes: ['update privileges: without SELECT -> read-only'] },
    {
      rows: rows.with(0, ['user', 'developer', 'mysql_native_password', null, sha256(nativePasswordHash('other'))]),
      changes: ['update password:  -> '],
    },
    { rows: rows.with(0, ['user', 'developer', 'ed25519', null, sha256(hash)]), changes: ['update password:  -> '] },
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
  ])('$changes', ({ rows, changes }) => {
    expect(said(role('mariadb', 'read-only'), rows)).toEqual(changes);
  });

  it('takes back what is too much, thing by thing', () => {
    const [state] = desired(databaseRole, [role('mariadb', 'read-only')]);
    if (state === undefined || databaseRole.apply === undefined) throw new Error('it has no script');
    const actual = { rows: [...rows, grant('shop', 't', null, 'INSERT'), grant(null, null, null, 'SUPER')] };
    const [input] = renderScript(databaseRole.apply(state, [], actual)).inputs;
    expect(mask(input?.content as Text)).toBe(`SET SESSION sql_mode = '';
CREATE USER IF NOT EXISTS 'developer'@'%' IDENTIFIED VIA mysql_native_password USING '<secret>';
ALTER USER 'developer'@'%' IDENTIFIED VIA mysql_native_password USING '<secret>';
REVOKE INSERT ON \`shop\`.\`t\` FROM 'developer'@'%';
REVOKE SUPER ON *.* FROM 'developer'@'%';
GRANT SELECT ON \`shop\`.* TO 'developer'@'%';
`);
  });
});
