import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DatabaseRoleInput, databaseRole } from '../../src/resources/databases/role.ts';
import { Secret } from '../../src/shell/secret.ts';
import { type ContainerOptions, type LabContainer, startContainer } from '../lab/container.ts';
import { findRegistry } from '../lab/registry.ts';
import { converge, planned } from '../resources/local-target.ts';
import { eventually } from './eventually.ts';

/** Roles in real servers: what they may do, and that every change made by hand is seen and mended. */
const PASSWORDS = { app: `it's \\ a "$ecret"`, developer: 'dev', writer: 'write' } as const;
type Name = keyof typeof PASSWORDS;

/** Hand-made changes, and what a plan says of them. */
type Drift = readonly [sql: string, role: Name, says: string];

function describeEngine(
  engine: DatabaseRoleInput['engine'],
  image: ContainerOptions,
  clients: {
    /** Runs SQL as the superuser, or as a role over the network with its password in `$PASSWORD`. */
    readonly root: (sql: string) => string;
    readonly role: (name: Name, sql: string) => string;
  },
  drifts: readonly Drift[],
): void {
  describe(engine, () => {
    let server: LabContainer;
    /** Its short id, which Docker makes its host name. */
    let container: string;

    function input(name: Name): DatabaseRoleInput {
      const access = ({ app: 'owner', developer: 'read-only', writer: 'read-write' } as const)[name];
      const password = Secret.named(name, PASSWORDS[name]);
      return { engine, container, database: 'my_app', name, access, password, owner: 'app' };
    }

    async function convergeAll(): Promise<Record<Name, string>> {
      const said: [string, string][] = [];
      for (const name of Object.keys(PASSWORDS) as Name[]) {
        const changes = await converge(databaseRole, input(name));
        said.push([name, changes.map(({ what, from, to }) => `${what}: ${from ?? ''} -> ${to ?? ''}`).join('; ')]);
      }
      return Object.fromEntries(said) as Record<Name, string>;
    }

    const as = (name: Name, sql: string) =>
      server.exec(
        `PASSWORD=$(cat <<'END'\n${PASSWORDS[name]}\nEND\n); export PASSWORD\n${clients.role(name, sql)} 2>&1`,
      );
    const asRoot = (sql: string) => server.exec(`${clients.root(sql)} 2>&1`);

    beforeAll(async () => {
      const registry = (await findRegistry())?.fromHere ?? '';
      server = await startContainer({ ...image, image: `${registry}/library/${image.image}` });
      container = (await server.exec('cat /etc/hostname')).stdout.trim();
      await eventually(async () => expect(await planned(databaseRole, input('app'))).toBeInstanceOf(Array));
      await eventually(async () => expect((await asRoot('SELECT 1')).code).toBe(0));
    });
    afterAll(() => server?.remove());

    test('makes the database and its roles, each with its own rights', async () => {
      expect(await convergeAll()).toMatchObject({
        app: 'database:  -> my_app; :  -> owner',
        developer: ':  -> read-only',
      });
      expect(await as('app', 'CREATE TABLE t (i int); INSERT INTO t VALUES (1)')).toMatchObject({ code: 0 });
      for (const [name, sql, allowed] of [
        ['developer', 'SELECT i FROM t', true],
        ['developer', 'INSERT INTO t VALUES (2)', false],
        ['developer', 'CREATE TABLE own (i int)', false],
        ['writer', 'INSERT INTO t VALUES (2)', true],
        ['writer', 'DROP TABLE t', false],
      ] as const) {
        expect([name, sql, (await as(name, sql)).code === 0]).toEqual([name, sql, allowed]);
      }
      expect(await convergeAll()).toEqual({ app: '', developer: '', writer: '' });
    });

    test.each(drifts)('%s', async (sql, name, says) => {
      expect(await asRoot(sql)).toMatchObject({ code: 0 });
      expect(await convergeAll()).toEqual({ app: '', developer: '', writer: '', [name]: says });
    });
  });
}

describeEngine(
  'postgres',
  { image: 'postgres:17', env: { POSTGRES_PASSWORD: 'root' } },
  {
    root: (sql) =>
      `psql -v ON_ERROR_STOP=1 -U postgres -d "$(psql -U postgres -Atc "SELECT coalesce(max(datname), 'postgres') FROM pg_database WHERE datname = 'my_app'")" -c "${sql}"`,
    role: (name, sql) =>
      `PGPASSWORD=$PASSWORD psql -h $(hostname -i) -v ON_ERROR_STOP=1 -U ${name} -d my_app -c "${sql}"`,
  },
  [
    ['REVOKE SELECT ON t FROM developer', 'developer', 'tables public.t: none -> SELECT'],
    ['GRANT INSERT ON t TO developer', 'developer', 'tables public.t: INSERT, SELECT -> SELECT'],
    ['GRANT UPDATE (i) ON t TO developer', 'developer', 'tables public.t: SELECT, UPDATE on columns -> SELECT'],
    ['ALTER ROLE developer CREATEDB', 'developer', 'CREATEDB: yes -> no'],
    ["ALTER ROLE developer PASSWORD 'other'", 'developer', 'password:  -> '],
    ['GRANT app TO developer', 'developer', 'member of: app -> none'],
    ['GRANT CREATE ON DATABASE my_app TO developer', 'developer', 'database my_app: CONNECT, CREATE -> CONNECT'],
    ['GRANT CREATE ON SCHEMA public TO PUBLIC', 'app', 'who may create in the schema public: everyone -> app'],
    ['ALTER DATABASE my_app OWNER TO postgres', 'app', 'owner of the database: postgres -> app'],
    ['ALTER SCHEMA public OWNER TO postgres', 'app', 'owner of the schema public: postgres -> app'],
    ['ALTER TABLE t OWNER TO postgres', 'app', 'owner of tables public.t: postgres -> app'],
    ['REVOKE ALL ON t FROM app', 'app', 'own privileges on tables public.t: not all -> all'],
    ['REVOKE ALL ON SCHEMA public FROM app', 'app', 'own privileges on schemas public: not all -> all'],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE app REVOKE SELECT ON TABLES FROM developer',
      'developer',
      'tables that app will make: none -> SELECT',
    ],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT DELETE ON TABLES TO developer',
      'developer',
      'what app will make in public: DELETE -> none',
    ],
    ["ALTER ROLE developer VALID UNTIL '2001-01-01'", 'developer', 'VALID UNTIL: 2001-01-01 00:00:00+00 -> infinity'],
    [
      'ALTER DATABASE my_app SET default_transaction_read_only = true; REVOKE ALL ON t FROM app',
      'app',
      'own privileges on tables public.t: not all -> all; default_transaction_read_only of all in my_app: on -> off',
    ],
    [
      'ALTER ROLE writer SET default_transaction_read_only = on',
      'writer',
      'default_transaction_read_only of writer in every database: on -> off',
    ],
    [
      'ALTER ROLE writer IN DATABASE my_app SET default_transaction_read_only = on',
      'writer',
      'default_transaction_read_only of writer in my_app: on -> off',
    ],
    [
      'ALTER DATABASE my_app SET search_path = public, own; ALTER ROLE developer SET default_transaction_read_only = on',
      'app',
      '',
    ],
    ['ALTER ROLE app CONNECTION LIMIT 0', 'app', 'CONNECTION LIMIT: 0 -> none'],
    ['ALTER DATABASE my_app CONNECTION LIMIT 0', 'app', 'CONNECTION LIMIT of the database: 0 -> none'],
    [
      // As ALLOW_CONNECTIONS does it, which the database itself refuses.
      "ALTER DATABASE my_app OWNER TO postgres; UPDATE pg_database SET datallowconn = false WHERE datname = 'my_app'",
      'app',
      'ALLOW_CONNECTIONS of the database: no -> yes; owner of the database: postgres -> app',
    ],
    [
      `ALTER DATABASE my_app SET default_transaction_read_only = on; ALTER DATABASE my_app SET search_path = public;
       SET default_transaction_read_only = off; UPDATE pg_database SET datallowconn = false WHERE datname = 'my_app'`,
      'app',
      'ALLOW_CONNECTIONS of the database: no -> yes; default_transaction_read_only of all in my_app: on -> off',
    ],
    [
      // As ALTER SYSTEM does it, which runs in no transaction.
      "COPY (VALUES ('default_transaction_read_only = on')) TO '/var/lib/postgresql/data/postgresql.auto.conf'; SELECT pg_reload_conf()",
      'app',
      'default_transaction_read_only of the server: on -> off',
    ],
    [
      "COPY (VALUES ('default_transaction_read_only = yes')) TO PROGRAM 'cat >>$PGDATA/postgresql.conf'",
      'app',
      'default_transaction_read_only of the server: on -> off',
    ],
    [
      'GRANT SELECT, INSERT ON t TO developer WITH GRANT OPTION; SET ROLE developer; GRANT INSERT ON t TO writer; RESET ROLE',
      'developer',
      'tables public.t: INSERT WITH GRANT OPTION, SELECT WITH GRANT OPTION -> SELECT',
    ],
    [
      'CREATE ROLE crew ADMIN app; SET ROLE app; GRANT crew TO developer; RESET ROLE',
      'developer',
      'member of: crew -> none',
    ],
    [
      'GRANT SELECT, DELETE ON t TO PUBLIC; GRANT UPDATE (i) ON t TO PUBLIC',
      'developer',
      'privileges of PUBLIC on tables public.t: DELETE, UPDATE -> none of these',
    ],
    [
      'CREATE ROLE guest; GRANT TRUNCATE ON t TO guest WITH GRANT OPTION; SET ROLE guest; GRANT TRUNCATE ON t TO PUBLIC',
      'developer',
      'privileges of PUBLIC on tables public.t: TRUNCATE -> none of these',
    ],
    [
      'CREATE SCHEMA own; GRANT CREATE, USAGE ON SCHEMA own TO PUBLIC; GRANT USAGE ON SCHEMA own TO developer, writer',
      'developer',
      'privileges of PUBLIC on schemas own: CREATE -> none of these',
    ],
    [
      'CREATE SEQUENCE own.s; GRANT SELECT ON own.s TO developer; GRANT ALL ON own.s TO PUBLIC; GRANT SELECT, UPDATE, USAGE ON own.s TO writer',
      'developer',
      'privileges of PUBLIC on sequences own.s: UPDATE, USAGE -> none of these',
    ],
    [
      'GRANT ALL ON DATABASE my_app TO PUBLIC',
      'developer',
      'privileges of PUBLIC on database my_app: CREATE -> none of these',
    ],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT, INSERT ON TABLES TO PUBLIC',
      'developer',
      'privileges of PUBLIC on tables that app will make: INSERT -> none of these',
    ],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA own GRANT USAGE ON SEQUENCES TO PUBLIC',
      'developer',
      'privileges of PUBLIC on sequences that app will make in own: USAGE -> none of these',
    ],
    ['DROP OWNED BY developer; DROP ROLE developer', 'developer', ':  -> read-only'],
  ],
);

describeEngine(
  'mariadb',
  { image: 'mariadb:11', env: { MARIADB_ROOT_PASSWORD: "ro'ot" } },
  {
    root: (sql) => `MYSQL_PWD="ro'ot" mariadb -uroot -e "${sql}"`,
    role: (name, sql) => `MYSQL_PWD=$PASSWORD mariadb -h 127.0.0.1 -u ${name} my_app -e "${sql}"`,
  },
  [
    ["REVOKE SELECT ON \\`my\\_app\\`.* FROM developer@'%'", 'developer', 'privileges: without SELECT -> read-only'],
    ["GRANT INSERT ON my_app.t TO developer@'%'", 'developer', 'privileges on `my_app`.`t`: INSERT -> none of these'],
    [
      "GRANT UPDATE (i) ON my_app.t TO developer@'%'",
      'developer',
      'privileges on `my_app`.`t`: UPDATE (`i`) -> none of these',
    ],
    ["GRANT PROCESS ON *.* TO developer@'%'", 'developer', 'privileges on *.*: PROCESS -> none of these'],
    [
      "GRANT DELETE ON my_app.* TO developer@'%' WITH GRANT OPTION",
      'developer',
      'privileges on `my_app`.*: DELETE, GRANT OPTION -> none of these',
    ],
    ["ALTER USER developer@'%' IDENTIFIED BY 'other'", 'developer', 'password:  -> '],
    ["REVOKE DROP ON \\`my\\_app\\`.* FROM app@'%'", 'app', 'privileges: without DROP -> owner'],
    ['SET GLOBAL read_only = 1', 'app', 'read_only of the server: on -> off'],
    [
      'REVOKE DROP ON \\`my\\_app\\`.* FROM app; SET GLOBAL TRANSACTION READ ONLY; SET GLOBAL read_only = 1',
      'app',
      'privileges: without DROP -> owner; read_only of the server: on -> off; transaction_read_only of the server: on -> off',
    ],
    ["ALTER USER developer@'%' ACCOUNT LOCK", 'developer', 'ACCOUNT: LOCK -> UNLOCK'],
    ["ALTER USER developer@'%' PASSWORD EXPIRE", 'developer', 'PASSWORD EXPIRE: now -> DEFAULT'],
    ["ALTER USER app@'%' PASSWORD EXPIRE INTERVAL 30 DAY", 'app', 'PASSWORD EXPIRE: INTERVAL 30 DAY -> DEFAULT'],
    [
      "ALTER USER developer@'%' REQUIRE SSL WITH MAX_USER_CONNECTIONS 1 MAX_STATEMENT_TIME 2",
      'developer',
      'REQUIRE: SSL -> NONE; MAX_USER_CONNECTIONS: 1 -> 0; MAX_STATEMENT_TIME: 2 -> 0',
    ],
    [
      "SET @old = (SELECT authentication_string FROM mysql.user WHERE User = 'developer'); EXECUTE IMMEDIATE CONCAT('ALTER USER developer IDENTIFIED VIA mysql_native_password USING ''', @old, ''' OR unix_socket')",
      'developer',
      'second way to log in: yes -> no',
    ],
    [
      'CREATE ROLE crew; GRANT ALL ON my_app.* TO crew; GRANT crew TO developer; SET DEFAULT ROLE crew FOR developer',
      'developer',
      'roles: `crew` -> none',
    ],
    ['GRANT crew TO PUBLIC', 'app', 'roles of PUBLIC: `crew` -> none'],
    [
      'GRANT SELECT, DELETE ON my_app.* TO PUBLIC',
      'developer',
      'privileges of PUBLIC on `my_app`.*: DELETE -> none of these',
    ],
    [
      'GRANT SELECT (i), INSERT (i) ON my_app.t TO PUBLIC',
      'developer',
      'privileges of PUBLIC on `my_app`.`t`: INSERT (`i`) -> none of these',
    ],
    [
      'GRANT ALL ON *.* TO PUBLIC; REVOKE ALL ON *.* FROM PUBLIC; GRANT SELECT, SHOW CREATE ROUTINE ON *.* TO PUBLIC WITH GRANT OPTION',
      'app',
      'privileges of PUBLIC on *.*: GRANT OPTION, SELECT, SHOW CREATE ROUTINE -> none of these',
    ],
    [
      "CREATE USER ''@'%'; GRANT DROP ON my_app.* TO ''@'%'",
      'developer',
      "privileges of ''@'%' on `my_app`.*: DROP -> none of these",
    ],
    ['GRANT EVENT ON \\`my%\\`.* TO developer', 'developer', 'privileges on `my%`.*: EVENT -> none of these'],
    [
      'CREATE PROCEDURE my_app.p() SELECT 1; GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE my_app.p TO developer WITH GRANT OPTION',
      'developer',
      'privileges on PROCEDURE `my_app`.`p`: ALTER ROUTINE, EXECUTE, GRANT OPTION -> none of these',
    ],
    [
      'GRANT SELECT ON my_app.t TO developer WITH GRANT OPTION; REVOKE SELECT ON my_app.t FROM developer',
      'developer',
      'privileges on `my_app`.`t`: GRANT OPTION -> none of these',
    ],
    [
      'CREATE USER developer@localhost; GRANT ALL ON *.* TO developer@localhost',
      'developer',
      'account developer@localhost:  -> ',
    ],
    ["RENAME USER writer@'%' TO writer@localhost", 'writer', ':  -> read-write; account writer@localhost:  -> '],
    ["DROP USER writer@'%'", 'writer', ':  -> read-write'],
  ],
);
