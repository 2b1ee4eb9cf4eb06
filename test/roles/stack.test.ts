import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { StackParams } from '../../roles/stack/params.ts';
import { hasSparePlace, slotsOf, startOrder } from '../../roles/stack/replicas.ts';
import stack from '../../roles/stack.ts';
import { isKnown, mask, type Peer, reveal, Secret, text } from '../../src/index.ts';
import type { ComposeService } from '../../src/resources/compose/desired.ts';
import { contentDigest } from '../../src/resources/releases/files.ts';
import type { Release } from '../../src/resources/releases/release.ts';
import { type Script, scriptText } from '../../src/shell/sh.ts';
import { desiredOf, idsOf, refusalOf, resourcesOf } from './role.ts';

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

/** The compose service of that name in the stack shop. */
function serviceOf(input: unknown, name: string, secrets: Readonly<Record<string, string>> = {}): ComposeService {
  const resources = resourcesOf(stack, input, { ...options, secrets });
  return desiredOf(resources, `compose-service:shop/${name}`) as unknown as ComposeService;
}

const plain = (services: Record<string, unknown>, rest = {}) => ({ stack: { name: 'shop', services, ...rest } });
const IMAGE = { image: 'redis:8' };

it('makes the same container whatever the order of its environment', () => {
  const [app, turned] = [
    { A: '1', B: '2' },
    { B: '2', A: '1' },
  ].map((env) => {
    const services = { app: { image: 'shop/app:1', env } };
    return (
      desiredOf(
        resourcesOf(stack, { stack: { name: 'shop', services } }),
        'compose-service:shop/app',
      ) as unknown as ComposeService
    ).slots;
  });
  expect(turned).toEqual(app);
});

describe('a folder that is not there', () => {
  it('is told at the place of `build`', () => {
    const wrong = () => resourcesOf(stack, params, { localPath: () => join(folder, 'none') });
    expect(wrong).toThrow(
      expect.objectContaining({ code: 'file-unreadable', parameter: ['stack', 'services', 'app', 'build'] }),
    );
  });
});

describe('stack', () => {
  it('starts what others need first', () => {
    const ids = idsOf(resourcesOf(stack, params, options)).map((id) => id.replace(/(shop\/app):[0-9a-f]+/, '$1:HASH'));
    expect(ids).toEqual([
      'port:127.0.0.1:18001',
      'port:127.0.0.1:18002',
      'port:127.0.0.1:18003',
      'packages:curl',
      'docker-image:postgres:17',
      'docker-image:redis:8',
      'docker-image:shop/app:HASH',
      'directory:/opt/shop',
      'directory:/opt/shop/.provision',
      'compose-project:shop',
      'compose-service:shop/db',
      'database-role:shop-db-1/app/app',
      'database-role:shop-db-1/app/developer',
      'compose-service:shop/redis',
      'command:shop-migrate-app',
      'compose-service:shop/app',
      'release:shop',
    ]);
  });

  it('looks who has the ports of places and of what is published, before anything else', () => {
    const dns = { ...IMAGE, publish: ['127.0.0.1:53:53/udp', '10.0.0.1:53:53'] };
    const resources = resourcesOf(stack, plain({ app: { ...IMAGE, port: 80, host_port: 9000 }, dns }));
    expect(idsOf(resources).slice(0, 4)).toEqual([
      'port:127.0.0.1:9000',
      'port:127.0.0.1:9001',
      'port:10.0.0.1:53',
      'packages:curl',
    ]);
    const by = ['docker-proxy', 'dockerd'];
    expect(desiredOf(resources, 'port:127.0.0.1:9001')).toMatchObject({
      owner: 'the replicas of app',
      setting: 'host_port',
      by,
    });
    expect(desiredOf(resources, 'port:10.0.0.1:53')).toMatchObject({
      owner: 'what dns publishes',
      setting: 'publish',
      by,
    });
  });

  it('gives each place of a replica its part of the compose file, which shows no secret', () => {
    const { slots } = serviceOf(params, 'app');
    expect(slots.map(({ name, container, port }) => [name, container, port])).toEqual([
      ['app-1', 'shop-app-1', 18_001],
      ['app-2', 'shop-app-2', 18_002],
      ['app-3', 'shop-app-3', 18_003],
    ]);
    expect(mask(slots[2]?.definition ?? '').replace(/(shop\/app):[0-9a-f]+/, '$1:HASH')).toBe(`services:
  app-3:
    image: "shop/app:HASH"
    container_name: "shop-app-3"
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
      DEBUG: "false"
      WORKERS: "4"
    ports:
      - "127.0.0.1:18003:5000"
`);
  });

  it('keeps the password of the administrator of a database secret, and its data in a volume', () => {
    const { slots, replicas, rolling } = serviceOf(params, 'db');
    expect(slots.map(({ name, container }) => [name, container])).toEqual([['db', 'shop-db-1']]);
    expect([replicas, rolling]).toEqual([1, false]);
    expect(mask(slots[0]?.definition ?? '')).toContain(
      'POSTGRES_PASSWORD: "<secret>"\n    volumes:\n      - "db-postgres:/var/lib/postgresql/data"\n',
    );
    expect(isKnown(slots[0]?.definition ?? '')).toBe(false);
    expect(desiredOf(resourcesOf(stack, params, options), 'compose-project:shop')).toMatchObject({
      services: ['app', 'redis'],
      containers: ['shop-db-1', 'shop-redis-1', 'shop-app-1', 'shop-app-2', 'shop-app-3'],
      volumes: ['db-postgres'],
    });
  });

  it('publishes nothing of a database or a service without a port', () => {
    for (const name of ['db', 'redis']) {
      for (const { definition, port } of serviceOf(params, name).slots) {
        expect(mask(definition)).not.toContain('ports:');
        expect(port).toBeUndefined();
      }
    }
  });

  it('has what the compose file means: values as they are, also for a shell or for YAML', () => {
    const { slots } = serviceOf(params, 'app', { shop_db_root: 'root' });
    const file = parse(reveal(slots[0]?.definition ?? ''), { version: '1.1' });
    // Compose makes one dollar of two.
    expect(file.services['app-1'].environment.DATABASE_URI.replaceAll('$$', '$')).toBe(
      'postgresql://app:pa$$ \'w"rd@db:5432/app',
    );
  });

  it('migrates once for each image, command and database', () => {
    const migration = (input: unknown) => {
      const { script, unless } = desiredOf(resourcesOf(stack, input, options), 'command:shop-migrate-app');
      return { script: scriptText(script as Script), unless: scriptText(unless as Script) };
    };
    const first = migration(params);
    expect(first.script.replace(/\\\n\s*/, '')).toContain(
      'compose -p shop -f "$RUN/1" -f .provision/volumes.yml run --rm --no-deps -T --name shop-app-migration app-1 python3 create_db.py &',
    );
    expect(first.unless).toContain("docker volume inspect --format '{{.Mountpoint}}' shop_db-postgres)");
    expect(first.unless).toMatch(/\[ -f \/opt\/shop\/.provision\/migrated-app-[0-9a-f]{16} \]/);
    const patient = changed('services', 'app', { rollout: { migrate: '1h' } });
    expect(desiredOf(resourcesOf(stack, patient, options), 'command:shop-migrate-app').timeoutMs).toBe(3_600_000);
    expect(migration(changed('services', 'app', { migrate: ['python3', 'other.py'] })).unless).not.toBe(first.unless);
    expect(migration(changed('databases', 'db', { engine: 'mariadb' })).unless).toContain('shop_db-mariadb');
    expect(migration(changed('services', 'app', { replicas: 1 })).unless).toBe(first.unless);
  });

  it('has health, handshake and time limits in the terms of its service', () => {
    const drain = { prepare: '/prepare', ready: '/ready', status: 204, body: 'go', timeout: '20s' };
    const rollout = { in_flight: '8s', stop: '1m', balancer: '500ms', steady: 0 };
    const app = serviceOf(changed('services', 'app', { drain, rollout }), 'app');
    expect(app).toMatchObject({
      replicas: 2,
      rolling: true,
      address: '127.0.0.1',
      health: { path: '/status', status: 200, body: 'OK', timeoutMs: 120_000 },
      drain: { prepare: '/prepare', path: '/ready', status: 204, body: 'go', timeoutMs: 20_000 },
      limits: { inFlightMs: 8000, stopMs: 60_000, balancerMs: 500, steadyMs: 0 },
    });
    expect(serviceOf(params, 'app').limits).toEqual({
      inFlightMs: 30_000,
      stopMs: 10_000,
      balancerMs: 30_000,
      steadyMs: 10_000,
    });
    expect(serviceOf(params, 'redis')).toMatchObject({ rolling: false, health: undefined, drain: undefined });
  });

  it('says what must be there before a new version starts', () => {
    expect(serviceOf(params, 'app').needs.map((id) => id.replace(/:[0-9a-f]{16}$/, ':HASH'))).toEqual([
      'docker-image:shop/app:HASH',
      'command:shop-migrate-app',
    ]);
    expect(serviceOf(params, 'redis').needs).toEqual(['docker-image:redis:8']);
  });

  it('answers on the address that is given', () => {
    const { address, slots } = serviceOf({ stack: { ...params.stack, listen: 'fd00::1' } }, 'app');
    expect(address).toBe('fd00::1');
    expect(mask(slots[0]?.definition ?? '')).toContain('- "[fd00::1]:18001:5000"\n');
  });

  describe('its release', () => {
    const releaseOf = (input: unknown, secrets: Readonly<Record<string, string>> = {}) =>
      desiredOf(resourcesOf(stack, input, { ...options, secrets }), 'release:shop') as unknown as Release;

    it('consists of its services, in all their places; databases are no part of it', () => {
      const { services, directory, sources } = releaseOf(params);
      expect(directory).toBe('/opt/shop');
      expect(sources).toEqual([folder]);
      expect(Object.entries(services).map(([name, { replicas, slots }]) => [name, replicas, slots.length])).toEqual([
        ['redis', 1, 1],
        ['app', 2, 3],
      ]);
    });

    it('is another one with another secret, variable or number of replicas, and the same otherwise', () => {
      const other = Secret.named('db_app', 'other');
      const inputs = [
        params,
        changed('services', 'app', { env: { X: other } }),
        changed('services', 'app', { env: { ...params.stack.services.app.env, X: 'y' } }),
        changed('services', 'app', { replicas: 3 }),
      ];
      const digests = inputs.map((input) => contentDigest(releaseOf(input)));
      expect(digests).not.toContain(undefined);
      expect(new Set(digests).size).toBe(inputs.length);
      expect(contentDigest(releaseOf(params, { shop_db_root: 'root' }))).toBe(digests[0]);
    });
  });

  describe('that shares its database with other hosts', () => {
    const shared = plain({ app: { ...IMAGE, port: 80, migrate: ['migrate'] } });
    const peer = (name: string, roles: readonly string[], stackName: string): Peer => ({
      name,
      hostname: name,
      roles,
      param: () => ({ name: stackName }),
    });
    const migrations = (...all: readonly Peer[]) =>
      idsOf(resourcesOf(stack, shared, { ...options, peers: { all } })).filter((id) => id.startsWith('command:'));

    it('migrates on the first of them alone', () => {
      const others = [peer('lb1', ['haproxy'], 'shop'), peer('blog1', ['stack'], 'blog')];
      const [here, there] = [peer('web1', ['stack'], 'shop'), peer('web2', ['stack'], 'shop')];
      expect(migrations(...others, here, there)).toEqual(['command:shop-migrate-app']);
      expect(migrations(...others, there, here)).toEqual([]);
    });
  });

  it('knows its places by ports that do not depend on services without one', () => {
    const app = { ...IMAGE, port: 80 };
    const parsed = StackParams.parse(
      plain({ worker: { ...IMAGE, replicas: 2 }, app: { ...app, replicas: 3 }, web: app }).stack,
    );
    const places = Object.entries(slotsOf(parsed)).map(([name, slots]) => [
      name,
      slots.map(({ hostPort }) => hostPort),
    ]);
    expect(Object.fromEntries(places)).toEqual({
      worker: [undefined, undefined],
      app: [18_001, 18_002, 18_003, 18_004],
      web: [18_101, 18_102],
    });
  });

  it.each([
    ['with a port', { port: 80 }, true],
    ['without a port', {}, false],
    ['with a port of the host, which two cannot share', { port: 80, publish: ['8080:80'] }, false],
  ])('a service %s starts a new version beside the old one: %j %j', (_, settings, rolling) => {
    const input = plain({ app: { ...IMAGE, ...settings } });
    const { services } = StackParams.parse(input.stack);
    expect(services.app && hasSparePlace(services.app)).toBe(rolling);
    const { slots, rolling: told } = serviceOf(input, 'app');
    expect([told, slots.length]).toEqual([rolling, rolling ? 2 : 1]);
  });

  it.each([
    ['on the loopback of a host without a load balancer', {}, undefined, false],
    ['that no route leads to', {}, 'api', false],
    ['that a route leads to', {}, 'app', true],
    ['that other hosts reach', { listen: '10.0.0.1' }, undefined, true],
  ])('a service %s may be asked by load balancers: %j %j %j', (_, rest, routed, balanced) => {
    const app = { ...IMAGE, port: 80 };
    const haproxy = routed && { routes: [{ path: '/', service: routed }] };
    const input = { ...plain({ app, api: app }, rest), ...(haproxy && { haproxy }) };
    expect(serviceOf(input, 'app').balanced).toBe(balanced);
    const alone = { ...input, ...plain({ app: { ...app, publish: ['8080:80'] }, api: app }, rest) };
    const { slots, rolling } = serviceOf(alone, 'app');
    // What cannot run beside itself is drained before it is replaced, where it may have visitors.
    expect([slots.length, rolling]).toEqual([1, balanced]);
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
      'two services with one port of the host',
      plain({ a: { ...IMAGE, port: 80, replicas: 2 }, b: { ...IMAGE, port: 80, host_port: 18_003 } }),
      /services\.b: the replicas of b and the replicas of a share the port 18003 of the host: see `host_port`$/,
    ],
    [
      'a published port where replicas answer',
      plain({ a: { ...IMAGE, port: 80 }, b: { ...IMAGE, publish: ['18002:80'] } }),
      /services\.b\.publish: what b publishes and the replicas of a share the port 18002 of the host$/,
    ],
    [
      'replicas where a port is published on all addresses',
      plain({ b: { ...IMAGE, publish: ['0.0.0.0:18001:80'] }, a: { ...IMAGE, port: 80 } }, { listen: '10.0.0.1' }),
      /services\.a: the replicas of a and what b publishes share the port 18001 of the host: see `host_port`$/,
    ],
    [
      'a port that two publish',
      plain({ a: { ...IMAGE, publish: ['127.0.0.1:8080:80'] }, b: { ...IMAGE, publish: ['9000:9', '8080:81'] } }),
      /services\.b\.publish: what b publishes and what a publishes share the port 8080 of the host$/,
    ],
    [
      'a port that is published twice',
      plain({ a: { ...IMAGE, publish: ['80:80', '0.0.0.0:80:81'] } }),
      /services\.a\.publish: names the port 80 of the host twice$/,
    ],
    [
      'places beyond the last port',
      plain({ a: { ...IMAGE, port: 80, replicas: 3, host_port: 65_535 } }),
      /services\.a\.host_port: 65535 leaves no room for 4 places$/,
    ],
    [
      'replicas that clash',
      plain(
        { a: IMAGE },
        { databases: { 'a-7': { engine: 'postgres', name: 'x', users: { x: { access: 'owner', password: 'p' } } } } },
      ),
      /a: its replicas are called like a-7: choose another name/,
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

  it.each([
    ['of other addresses', '10.0.0.2:18001:80', '10.0.0.1'],
    ['on loopback', '18001:80', '10.0.0.1'],
    ['of another protocol', '0.0.0.0:18001:80/udp', '127.0.0.1'],
    ['of another family', '0.0.0.0:18001:80', 'fd00::1'],
  ])('takes published ports %s', (_, published, listen) => {
    const services = { a: { ...IMAGE, port: 80 }, b: { ...IMAGE, publish: [published] } };
    expect(refusalOf(stack, plain(services, { listen }))).toBe('taken');
  });

  it('publishes other ports on loopback, unless an address is given', () => {
    const { services } = StackParams.parse(
      plain({ app: { ...IMAGE, publish: ['9000:9000', '0.0.0.0:9001:9001/udp'] } }).stack,
    );
    expect(services.app?.publish).toEqual(['127.0.0.1:9000:9000', '0.0.0.0:9001:9001/udp']);
  });
});
