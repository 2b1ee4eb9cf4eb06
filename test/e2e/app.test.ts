import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LabContainer, startContainer } from '../lab/container.ts';
import { ensureBuilt } from '../lab/images.ts';
import { findRegistry } from '../lab/registry.ts';
import { eventually } from './eventually.ts';

const image = 'provision-lab/app';
let database: LabContainer;
let redis: LabContainer;

/** Status and body of an answer of the sample application. */
async function ask(app: LabContainer, path: string): Promise<string> {
  const response = await fetch(`http://${app.address}:5000${path}`, { signal: AbortSignal.timeout(10_000) });
  return `${response.status} ${await response.text()}`;
}

function startApp(env: Record<string, string> = {}): Promise<LabContainer> {
  const DATABASE_URI = `postgresql+psycopg2://postgres:secret@${database.address}/postgres`;
  return startContainer({ image, env: { REDIS_HOST: redis.address, DATABASE_URI, ...env } });
}

beforeAll(async () => {
  const registry = (await findRegistry())?.fromHere;
  await ensureBuilt({ image, context: 'files/app' });
  database = await startContainer({
    image: `${registry}/library/postgres:17`,
    env: { POSTGRES_PASSWORD: 'secret' },
  });
  redis = await startContainer({ image: `${registry}/library/redis:8` });
  // Over the network, for the server that runs during the set-up listens on its socket alone.
  await eventually(async () => expect((await database.exec('pg_isready -h $(hostname -i)')).code).toBe(0));
});
afterAll(() => Promise.all([database?.remove(), redis?.remove()]));

describe('the sample application', () => {
  let app: LabContainer;
  beforeAll(async () => {
    app = await startApp({
      READY_AFTER_SECONDS: '4',
      PREPARE_MIN_SECONDS: '2',
      PREPARE_MAX_SECONDS: '3',
      APP_VERSION: '1.2.3',
    });
    await eventually(async () => expect(await ask(app, '/')).toBe('200 Hello, World!'));
  });
  afterAll(() => app?.remove());

  test('is ready after a while', async () => {
    expect(await ask(app, '/status')).toBe('404 Not ready');
    await eventually(async () => expect(await ask(app, '/status')).toBe('200 OK'), 15_000);
  });

  test('stores palindromes, once its tables are created', async () => {
    expect(await ask(app, '/palindrom/anna')).toBe('503 Database is not available');
    expect((await app.exec('python3 create_db.py && python3 create_db.py')).code).toBe(0);
    expect(await ask(app, '/palindrom/anna')).toBe('200 Text is palindrom');
    expect(await ask(app, `/palindrom/${encodeURIComponent("'; drop table palindrom; --")}`)).toBe(
      '200 Text is not palindrom',
    );
    expect(await ask(app, `/palindrom/${encodeURIComponent('ünnü')}`)).toBe('200 Text is palindrom');
    const { stdout } = await database.exec('psql -U postgres -Atc "select text from palindrom order by id"');
    expect(stdout).toBe('anna\nünnü\n');
  });

  test('counts in redis without losing one, many asking at a time', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(app, '/redis-hits')));
    const numbers = answers.map((answer) => Number(/^200 .* (\d+)$/.exec(answer)?.[1]));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test('wants to be asked before it is stopped', async () => {
    expect(await ask(app, '/ready-for-deploy')).toBe('404 Not ready');
    expect(await ask(app, '/prepare-for-deploy')).toBe('200 preparing');
    expect(await ask(app, '/ready-for-deploy')).toBe('404 Not ready');
    await eventually(async () => expect(await ask(app, '/ready-for-deploy')).toBe('200 Ready'), 15_000);
    expect(await ask(app, '/status')).toBe('200 OK');
  });

  test('has an admin area and tells its version', async () => {
    expect(await ask(app, '/admin')).toMatch(/^200 .*admin area/);
    expect(await ask(app, '/version')).toBe('200 1.2.3');
  });

  test('does not run as root, and ends at once when asked to', async () => {
    expect((await app.exec('stat -c %U /proc/1')).stdout).toBe('app\n');
    const asked = performance.now();
    expect(await app.end()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5000);
  });
});

test('an application without its database and redis says so, and goes on', async () => {
  // Addresses that are kept for documentation: nobody answers there.
  const app = await startApp({ REDIS_HOST: '192.0.2.1', DATABASE_URI: 'mysql+pymysql://app:secret@192.0.2.1/app' });
  try {
    await eventually(async () => expect(await ask(app, '/')).toBe('200 Hello, World!'));
    expect(await ask(app, '/palindrom/anna')).toBe('503 Database is not available');
    expect(await ask(app, '/redis-hits')).toBe('503 Redis is not available');
    expect(await ask(app, '/palindrom/no')).toBe('200 Text is not palindrom');
    expect(await app.logs()).not.toContain('secret');
  } finally {
    await app.remove();
  }
});

test('an application that is told no database keeps palindromes in a file', async () => {
  const app = await startContainer({ image, env: { REDIS_HOST: redis.address } });
  try {
    await eventually(async () => expect(await ask(app, '/')).toBe('200 Hello, World!'));
    await app.exec('python3 create_db.py');
    expect(await ask(app, '/palindrom/anna')).toBe('200 Text is palindrom');
    await app.exec('python3 drop_db.py');
    expect(await ask(app, '/palindrom/anna')).toBe('503 Database is not available');
  } finally {
    await app.remove();
  }
});
