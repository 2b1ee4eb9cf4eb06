/** The versions of the sample application for redeploys: each is valid Python, and they go together. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  appFolder,
  crashesAfterHealthy,
  doesNotStart,
  failingMigration,
  neverHealthy,
  redeployInventory,
  slowRequests,
  version,
} from '../e2e/app-variants.ts';

const ALL = {
  version: version('2'),
  neverHealthy: neverHealthy(),
  doesNotStart: doesNotStart(),
  crashesAfterHealthy: crashesAfterHealthy(3),
  failingMigration: failingMigration(),
  slowRequests: slowRequests(),
};

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version']);
    return true;
  } catch {
    return false;
  }
}

it('takes all edits together, and forgets them at the next', () => {
  const app = appFolder();
  const original = readFileSync(join(app.path, 'app.py'), 'utf8');
  app.become(...Object.values(ALL));
  const edited = readFileSync(join(app.path, 'app.py'), 'utf8');
  for (const { file, after } of Object.values(ALL))
    if (file === 'app.py') expect(edited).toContain(after.trim().split('\n')[0]);
  app.become();
  expect(readFileSync(join(app.path, 'app.py'), 'utf8')).toBe(original);
  expect(() => app.become({ file: 'app.py', before: 'not in it', after: '' })).toThrow('does not hold not in it');
});

it
  .runIf(hasPython())
  .each([...Object.entries(ALL).map(([name, edit]) => [name, [edit]] as const), ['all', Object.values(ALL)] as const])(
  '%s is valid Python',
  (_, edits) => {
    const app = appFolder();
    app.become(...edits);
    const cache = mkdtempSync(join(tmpdir(), 'provision-pycache-'));
    const env = { ...process.env, PYTHONPYCACHEPREFIX: cache };
    execFileSync('python3', ['-m', 'py_compile', join(app.path, 'app.py'), join(app.path, 'create_db.py')], { env });
  },
);

it('writes an inventory with short times, this folder and the rollout', () => {
  const app = appFolder();
  const file = redeployInventory({ app, replicas: 3, env: { COLOUR: 'red' }, rollout: { steady: '5s' } });
  const { services } = parse(readFileSync(file, 'utf8')).all.vars.stack;
  expect(services.app).toMatchObject({
    build: app.path,
    replicas: 3,
    rollout: { steady: '5s' },
    env: { REDIS_HOST: 'redis', READY_AFTER_SECONDS: '2', PREPARE_MIN_SECONDS: '1', COLOUR: 'red' },
    health: { timeout: '20s' },
    drain: { timeout: '60s' },
  });
});
