/** When a migration runs again: what it wrote down is compared with the volumes that are there, in every shell. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import stack from '../../../roles/stack.ts';
import { command, type Script, Secret } from '../../../src/index.ts';
import { type LocalOptions, planned, runScript } from '../../resources/local-target.ts';
import { shells } from '../../resources/shells.ts';
import { desiredOf, resourcesOf } from '../role.ts';

/** As Docker 20.10 does it, a volume is told to be from when something last changed in its data. */
const DOCKER = `#!/bin/sh
cd "$(dirname "$0")/.." || exit
[ "$1" = volume ] || exit 0
format=$4
shift 4
for name in "$@"; do
  [ -d "volumes/$name" ] || { echo "Error: No such volume: $name" >&2; exit 1; }
  case $format in
    *CreatedAt*) echo "$name $(stat -c %Z "volumes/$name/_data")T00:00:00Z" ;;
    *) echo "$PWD/volumes/$name/_data" ;;
  esac
done
`;
const COMPOSE = '#!/bin/sh\nwhile [ "$1" != migrate ]; do shift; done\necho ran >>"$(dirname "$0")/../runs"\n';
const YEAR_MS = 365 * 24 * 3_600_000;

describe.each(shells())('a migration in %s', (name, { shell = ['sh'], env = {} }) => {
  let folder: string;
  let options: LocalOptions;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
    for (const name of ['bin', 'cli-plugins', 'shop/.provision']) mkdirSync(join(folder, name), { recursive: true });
    for (const [name, script] of [
      ['bin/docker', DOCKER],
      ['cli-plugins/docker-compose', COMPOSE],
    ] as const) {
      writeFileSync(join(folder, name), script);
      chmodSync(join(folder, name), 0o755);
    }
    const path = env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin';
    options = { shell, env: { DOCKER_CONFIG: folder, PATH: `${join(folder, 'bin')}:${path}` } };
    makeVolume();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const volume = () => join(folder, 'volumes/shop_db-postgres');
  const data = () => join(volume(), '_data');
  const makeVolume = () => mkdirSync(data(), { recursive: true });
  const mark = () => {
    const state = join(folder, 'shop/.provision');
    return join(state, readdirSync(state).find((name) => name.startsWith('migrated-')) ?? '');
  };
  const task = () => {
    const users = { app: { access: 'owner', password: Secret.named('db_app', 'x') } };
    const params = {
      name: 'shop',
      directory: join(folder, 'shop'),
      services: { app: { image: 'shop/app:1', migrate: ['migrate'] } },
      databases: { db: { engine: 'postgres', name: 'app', users } },
    };
    return desiredOf(resourcesOf(stack, { stack: params }), 'command:shop-migrate-app') as {
      script: Script;
      unless: Script;
    };
  };
  const isDue = async () => {
    const { script, unless } = task();
    return (await planned(command, { name: 'migrate', script, unless }, options)).length > 0;
  };
  const migrate = async () => expect((await runScript(task().script, options)).code).toBe(0);

  it('is due until it has run, and again for a volume that was made anew', async () => {
    expect(await isDue()).toBe(true);
    await migrate();
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('ran\n');
    expect(await isDue()).toBe(false);
    renameSync(volume(), `${volume()}.gone`);
    expect(await isDue()).toBe(true);
    makeVolume();
    expect(await isDue()).toBe(true);
  });

  // A file system may give the number of the folder that is gone to the next one. stat of busybox tells no time of birth.
  it.skipIf(name.startsWith('busybox'))('is due for a volume that was made anew in the very same place', async () => {
    await migrate();
    rmSync(volume(), { recursive: true });
    makeVolume();
    expect(await isDue()).toBe(true);
  });

  it('is not due because something changes in the data, as when the database starts', async () => {
    await migrate();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    writeFileSync(join(data(), 'postmaster.pid'), '');
    chmodSync(data(), 0o700);
    expect(await isDue()).toBe(false);
  });

  it.skipIf(name.startsWith('busybox'))(
    'holds what an older version wrote down for true where the volume is older than that',
    async () => {
      await migrate();
      writeFileSync(mark(), 'shop_db-postgres 2026-01-01T00:00:00Z\n');
      expect(await isDue()).toBe(false);
      const lastYear = new Date(Date.now() - YEAR_MS);
      utimesSync(mark(), lastYear, lastYear);
      expect(await isDue()).toBe(true);
    },
  );
});
