import { afterEach, beforeAll, expect, test } from 'vitest';
import { type ContainerOptions, type LabContainer, startContainer } from '../lab/container.ts';
import { findRegistry } from '../lab/registry.ts';
import { eventually } from './eventually.ts';

/**
 * What stacks rely on in the images of databases and redis. On a machine that reaches a registry these are the official
 * ones, elsewhere those of test/lab/images: the same must hold of both.
 */
let registry = '';
const started: LabContainer[] = [];

beforeAll(async () => {
  registry = (await findRegistry())?.fromHere ?? '';
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((container) => container.remove()));
});

async function start(options: ContainerOptions): Promise<LabContainer> {
  const container = await startContainer({ ...options, image: `${registry}/library/${options.image}` });
  started.push(container);
  return container;
}

test('postgres:17 makes its database at the first start, asks the network for a password, and keeps its data', async () => {
  const postgres = await start({
    image: 'postgres:17',
    env: { POSTGRES_USER: 'shop', POSTGRES_PASSWORD_FILE: '/run/password', POSTGRES_DB: 'orders' },
    files: {
      '/run/password': "it's \\ a $ecret",
      '/docker-entrypoint-initdb.d/10-table.sql': 'CREATE TABLE item (name text);',
      '/docker-entrypoint-initdb.d/20-row.sh': `psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "INSERT INTO item VALUES ('pen')"`,
    },
  });
  const ask = (password: string) =>
    postgres.exec(
      `PGPASSWORD="${password}" psql -h $(hostname -i) -U shop -d orders -Atc 'SELECT name, current_user FROM item' 2>&1`,
    );
  await eventually(async () => expect((await ask('$(cat /run/password)')).stdout).toBe('pen|shop\n'));
  expect((await ask('wrong')).stdout).toContain('password authentication failed');
  expect((await postgres.exec('psql -U shop -d orders -Atc "SELECT 1"')).stdout).toBe('1\n');

  await postgres.restart();
  await eventually(async () => expect((await ask('$(cat /run/password)')).stdout).toBe('pen|shop\n'));
  expect((await postgres.exec('ps -o user= -p 1 2>/dev/null || stat -c %U /proc/1')).stdout.trim()).toBe('postgres');
  expect(await postgres.end()).toBe(0);
});

test('mariadb:11 makes its database at the first start, asks for a password, and keeps its data', async () => {
  const mariadb = await start({
    image: 'mariadb:11',
    env: {
      MARIADB_ROOT_PASSWORD_FILE: '/run/password',
      MARIADB_DATABASE: 'orders',
      MARIADB_USER: 'shop',
      MARIADB_PASSWORD: "it's \\ another",
    },
    files: {
      '/run/password': "it's \\ a $ecret",
      '/docker-entrypoint-initdb.d/10-table.sql': "CREATE TABLE item (name text); INSERT INTO item VALUES ('pen');",
    },
  });
  const ask = (user: string, password: string) =>
    mariadb.exec(
      `MYSQL_PWD="${password}" mariadb -h $(hostname -i) -u ${user} orders -Ne 'SELECT name FROM item' 2>&1`,
    );
  await eventually(async () => expect((await ask('shop', "it's \\\\ another")).stdout).toBe('pen\n'));
  expect((await ask('root', '$(cat /run/password)')).stdout).toBe('pen\n');
  expect((await ask('root', 'wrong')).stdout).toContain('Access denied');
  expect((await mariadb.exec("mariadb -u root -e 'SELECT 1' 2>&1")).stdout).toContain('Access denied');

  await mariadb.restart();
  await eventually(async () => expect((await ask('shop', "it's \\\\ another")).stdout).toBe('pen\n'));
  expect(await mariadb.end()).toBe(0);
});

test.each([
  ['postgres:17', 'POSTGRES_PASSWORD'],
  ['mariadb:11', 'MARIADB_ROOT_PASSWORD'],
])('%s does not start without a password, and says how to give it one', async (image, variable) => {
  const database = await start({ image });
  await eventually(async () => expect(await database.logs()).toContain(variable));
  expect(await database.end()).toBe(1);
});

test('redis:8 serves other hosts, keeps its data over a restart, and does not run as root', async () => {
  const redis = await start({ image: 'redis:8' });
  const ask = async (command: string) =>
    (await redis.exec(`redis-cli -h $(hostname -i) ${command} 2>&1`)).stdout.trim();
  await eventually(async () => expect(await ask('incr hits')).toMatch(/^\d+$/));
  const hits = Number(await ask('get hits'));
  expect((await redis.exec('stat -c %U /proc/1')).stdout).toBe('redis\n');

  await redis.restart();
  await eventually(async () => expect(await ask('incr hits')).toBe(String(hits + 1)));
  expect(await redis.end()).toBe(0);
});
