import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StackParams } from '../../roles/stack/params.ts';
import { replicaPorts, startOrder } from '../../roles/stack/replicas.ts';
import stack from '../../roles/stack.ts';
import { isKnown, reveal, Secret, type Text, text } from '../../src/index.ts';
import { type Script, scriptText } from '../../src/shell/sh.ts';
import { contentOf, desiredOf, idsOf, refusalOf, resourcesOf } from './role.ts';

const folder = mkdtempSync(join(tmpdir(), 'stack-'));
writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
afterAll(() => rmSync(folder, { recursive: true }));
const options = { localPath: () => folder };

const password = Secret.named('db_app', 'pa$$ \'w"rd');
const params = {
  stack: {
    name: 'shop',
    services: {
      app: {
        build: '../app',
        replicas: 2,
        port: 5000,
        env: { DATABASE_URI: text`postgresql://app:${password}@db:5432/app`, WORKERS: 4, DEBUG: false },
        migrate: ['python3', 'create_db.py'],
        health: { path: '/status', body: 'OK', timeout: '2m' },
      },
      redis: { image: 'redis:8' },
    },
    databases: {
      db: {
        engine: 'postgres',
        name: 'app',
        users: {
          developer: { access: 'read-only', password: Secret.named('db_developer', 'd') },
          app: { access: 'owner', password },
        },
      },
    },
  },
};
/** The stack with a service or a database otherwise. */
function changed(part: 'services' | 'databases', name: string, settings: Readonly<Record<string, unknown>>): unknown {
  const { stack } = params;
  const all: Readonly<Record<string, object>> = stack[part];
  return { stack: { ...stack, [part]: { ...all, [name]: { ...all[name], ...settings } } } };
}

const plain = (services: Record<string, unknown>, rest = {}) => ({ stack: { name: 'shop', services, ...rest } });
const IMAGE = { image: 'redis:8' };

describe('stack', () => {
  it('starts what others need first', () => {
    const ids = idsOf(resourcesOf(stack, params, options)).map((id) => id.replace(/(shop\/app):[0-9a-f]+/, '$1:HASH'));
    expect(ids).toEqual([
      'packages:curl',
      'docker-image:postgres:17',
      'docker-image:redis:8',
      'docker-image:shop/app:HASH',
      'directory:/opt/shop',
      'directory:/opt/shop/.provision',
      'file:/opt/shop/compose.yml',
      'compose-project:shop',
      'compose-service:shop/db',
      'database-role:shop-db-1/app/app',
      'database-role:shop-db-1/app/developer',
      'compose-service:shop/redis-1',
      'command:shop-migrate-app',
      'compose-service:shop/app-1',
      'compose-service:shop/app-2',
      'http-check:app-1',
      'http-check:app-2',
    ]);
  });

  it('writes a compose file that shows no secret, and is for root alone', () => {
    const resources = resourcesOf(stack, params, options);
    expect(desiredOf(resources, 'file:/opt/shop/compose.yml')).toMatchObject({ mode: '0600', owner: 'root' });
    const content = contentOf(resources, '/opt/shop/compose.yml').replace(/(shop\/app):[0-9a-f]+/g, '$1:HASH');
    expect(content).toContain(`
  app-1:
    image: "shop/app:HASH"
    container_name: "shop-app-1"
    restart: "unless-stopped"
    logging:
      driver: "json-file"
      options:
        max-size: "10m"
        max-file: "3"
    networks:
      default:
        aliases:
          - "app"
    environment:
      DATABASE_URI: "postgresql://app:<secret>@db:5432/app"
      WORKERS: "4"
      DEBUG: "false"
    ports:
      - "127.0.0.1:18001:5000"
`);
    expect(content).toContain(
      'POSTGRES_PASSWORD: "<secret>"\n    volumes:\n      - "db-postgres:/var/lib/postgresql/data"\n',
    );
    expect(content).toMatch(/\nvolumes:\n {2}db-postgres: \{\}\n$/);
  });

  it('publishes nothing of a database or a service without a port', () => {
    const content = contentOf(resourcesOf(stack, params, options), '/opt/shop/compose.yml');
    expect(content.match(/ports:/g)).toHaveLength(2);
    expect(content.match(/^ {6}- "[\d.]+:\d+:\d+"$/gm)).toEqual([
      '      - "127.0.0.1:18001:5000"',
      '      - "127.0.0.1:18002:5000"',
    ]);
  });

  it('migrates once for each image, command and database', () => {
    const migration = (input: unknown) => {
      const { script, unless } = desiredOf(resourcesOf(stack, input, options), 'command:shop-migrate-app');
      return { script: scriptText(script as Script), unless: scriptText(unless as Script) };
    };
    const first = migration(params);
    expect(first.script).toContain(
      'compose -p shop -f compose.yml run --rm --no-deps -T app-1 python3 create_db.py || exit',
    );
    expect(first.unless.replaceAll(/migrated-app-[0-9a-f]{16}/g, 'MARKER')).toBe(
      '[ -f /opt/shop/.provision/MARKER ] && ' +
        "found=$(docker volume inspect --format '{{.Name}} {{.CreatedAt}}' shop_db-postgres) && " +
        '[ "$found" = "$(cat /opt/shop/.provision/MARKER)" ]',
    );
    expect(migration(changed('services', 'app', { migrate: ['python3', 'other.py'] })).unless).not.toBe(first.unless);
    expect(migration(changed('databases', 'db', { engine: 'mariadb' })).unless).toContain('shop_db-mariadb');
    expect(migration(changed('services', 'app', { replicas: 1 })).unless).toBe(first.unless);
  });

  it('has the health in the terms of its check', () => {
    const check = desiredOf(resourcesOf(stack, params, options), 'http-check:app-2');
    expect(check).toMatchObject({
      url: 'http://127.0.0.1:18002/status',
      status: 200,
      body: 'OK',
      timeoutMs: 120_000,
      container: 'shop-app-2',
    });
  });

  describe('the digest of a definition', () => {
    const digest = (input: unknown, key: string | undefined, service = 'shop/app-1') => {
      const secrets = { shop_db_root: 'root', ...(key !== undefined && { shop_digest_key: key }) };
      return desiredOf(resourcesOf(stack, input, { ...options, secrets }), `compose-service:${service}`)
        .definition as Text;
    };

    it('is known when the secrets are', () => expect(isKnown(digest(params, undefined))).toBe(false));

    it('needs no secret where there is none in the definition', () => {
      expect(digest(params, undefined, 'shop/redis-1')).toMatch(/^[0-9a-f]{64}$/);
    });

    it('is another one with another secret, variable or key, and the same otherwise', () => {
      const other = Secret.named('db_app', 'other');
      const secret = changed('services', 'app', { env: { X: other } });
      const variable = changed('services', 'app', { env: { ...params.stack.services.app.env, X: 'y' } });
      const digests = [digest(params, 'k'), digest(secret, 'k'), digest(variable, 'k'), digest(params, 'l')].map(
        reveal,
      );
      expect(new Set(digests).size).toBe(4);
      expect(reveal(digest(params, 'k'))).toBe(digests[0]);
    });
  });

  it('knows its replicas by ports that do not depend on services without one', () => {
    const app = { ...IMAGE, port: 80 };
    const parsed = StackParams.parse(plain({ worker: IMAGE, app: { ...app, replicas: 3 }, web: app }).stack);
    expect(replicaPorts(parsed)).toEqual({ app: [18_001, 18_002, 18_003], web: [18_101] });
  });

  it.each([
    [{ app: { build: '.' }, redis: IMAGE }, ['redis', 'app']],
    [{ a: { ...IMAGE, depends_on: ['b'] }, b: { ...IMAGE, depends_on: ['c'] }, c: { build: '.' } }, ['c', 'b', 'a']],
    [{ b: IMAGE, a: IMAGE }, ['b', 'a']],
  ])('starts %j in the order %j', (services, order) => {
    expect(startOrder(StackParams.parse(plain(services).stack).services)).toEqual(order);
  });

  it.each([
    ['no image', plain({ app: {} }), /services\.app\.build: give either build or image/],
    ['both', plain({ app: { ...IMAGE, build: '.' } }), /services\.app\.build: give either build or image/],
    ['health without a port', plain({ app: { ...IMAGE, health: {} } }), /services\.app\.health: needs the port/],
    [
      'a published port of several',
      plain({ app: { ...IMAGE, replicas: 2, publish: ['80:80'] } }),
      /app\.publish: several replicas/,
    ],
    [
      'an unknown dependency',
      plain({ app: { ...IMAGE, depends_on: ['db'] } }),
      /app\.depends_on: there is no service or database db/,
    ],
    [
      'a circle',
      plain({ a: { ...IMAGE, depends_on: ['b'] }, b: { ...IMAGE, depends_on: ['a'] } }),
      /a\.depends_on: b depends on a as well/,
    ],
    ['a dependency on itself', plain({ a: { ...IMAGE, depends_on: ['a'] } }), /a\.depends_on: a depends on a as well/],
    [
      'replicas that clash',
      plain(
        { a: { ...IMAGE, replicas: 1 }, 'a-1': IMAGE },
        { databases: { 'a-1-1': { engine: 'postgres', name: 'x', users: { x: { access: 'owner', password: 'p' } } } } },
      ),
      /a-1: its replica a-1-1 has the name/,
    ],
    ['an unknown key', plain({ app: { ...IMAGE, ports: [80] } }), /Unrecognized key: "ports"/],
    ['a hostile name', plain({ '$(touch /tmp/x)': IMAGE }), /^stack\.services\.\$\(touch \/tmp\/x\): Invalid key/],
    ['a hostile volume', plain({ app: { ...IMAGE, volumes: ['a:/b\n- /:/host'] } }), /volumes\.0: must be name:\/path/],
    [
      'a hostile port',
      plain({ app: { ...IMAGE, publish: ['0.0.0.0:80:80 -v /:/x'] } }),
      /publish\.0: must be HOST_PORT/,
    ],
    ['a relative volume', plain({ app: { ...IMAGE, volumes: ['./a:/b'] } }), /volumes\.0: must be name:\/path/],
    [
      'two owners',
      changed('databases', 'db', {
        users: { a: { access: 'owner', password: 'x' }, b: { access: 'owner', password: 'x' } },
      }),
      /databases\.db\.users: exactly one user/,
    ],
    [
      'an empty password',
      changed('databases', 'db', { users: { a: { access: 'owner', password: '' } } }),
      /password: must be a text or a secret/,
    ],
    [
      'a secret in a command',
      plain({ app: { ...IMAGE, command: ['x', Secret.named('s', 'v')] } }),
      /command\.1: Invalid input/,
    ],
  ])('refuses %s', (_, input, message) => {
    expect(refusalOf(stack, input)).toMatch(message);
  });

  it('publishes other ports on loopback, unless an address is given', () => {
    const { services } = StackParams.parse(
      plain({ app: { ...IMAGE, publish: ['9000:9000', '0.0.0.0:9001:9001/udp'] } }).stack,
    );
    expect(services.app?.publish).toEqual(['127.0.0.1:9000:9000', '0.0.0.0:9001:9001/udp']);
  });
});
