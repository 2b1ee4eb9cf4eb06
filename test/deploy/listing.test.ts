import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { listReleases } from '../../src/deploy/listing.ts';
import { ProvisionError } from '../../src/errors.ts';
import { release } from '../../src/resources/releases/release.ts';
import { LOCK_FILE } from '../../src/shell/lock-probe.ts';
import { raw } from '../../src/shell/sh.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import { NEVER, NO_FACTS, taskOf } from '../operate/machine.ts';
import { runScript } from '../resources/local-target.ts';

const AT = '2026-11-21T03:12:45.120Z';

it('looks at so many hosts at a time, and tells of the first that cannot be reached', async () => {
  let open = 0;
  let most = 0;
  const shop = release({ project: 'shop', directory: '/opt/shop', services: {} });
  const tasks = Array.from({ length: 7 }, (_, i) =>
    taskOf(`web${i}`, async () => {
      most = Math.max(most, ++open);
      await sleep(2);
      open -= 1;
      throw new ProvisionError('unreachable', 'no route');
    }, [shop]),
  );
  const found = await listReleases(tasks, { facts: NO_FACTS, stop: NEVER, emit: () => undefined, forks: 3 });
  expect(most).toBe(3);
  expect(found).toEqual({ listings: [], error: expect.objectContaining({ code: 'unreachable', host: 'web0' }) });
});

it.each([
  ['running where somebody else holds the lock', 'else', { by: 'bob@desk, provision redeploy', since: AT }],
  ['not, where nobody does', 'nobody', undefined],
  ['not, where it is the one who asks', 'own', undefined],
])('tells of what is unfinished that it is %s', async (_, who, running) => {
  const folder = mkdtempSync(join(tmpdir(), 'shop-'));
  const lock = join(folder, 'provision.lock');
  // As the root shell holds it: open as its descriptor 9.
  const holder = spawn('sh', ['-c', 'exec 9>>"$1"; echo ready; read -r _', 'sh', lock]);
  await once(holder.stdout, 'data');
  if (who !== 'nobody') writeFileSync(`${lock}.holder`, `token ${holder.pid}\nbob@desk, provision redeploy\n${AT}\n`);
  const RUN = join(folder, `provision.${who === 'own' ? holder.pid : 1}.run`);
  mkdirSync(RUN);
  const shop = release({ project: 'shop', directory: folder, services: {} });
  const journal = { action: 'redeploy', from: 1, to: 2, by: 'bob@desk', at: AT };
  const connect = async () =>
    fakeConnection((script) => runScript(raw(script.replaceAll(LOCK_FILE, lock)), { env: { RUN } }));
  const options = { facts: NO_FACTS, stop: NEVER, emit: () => undefined, forks: 1 };
  mkdirSync(join(folder, '.provision'));
  writeFileSync(join(folder, '.provision/deploy.json'), `${JSON.stringify(journal)}\n`);
  const { listings, error } = await listReleases([taskOf('web1', connect, [shop])], options);
  holder.stdin.end();
  await once(holder, 'close');
  rmSync(folder, { recursive: true });
  expect(error).toBeUndefined();
  expect(listings).toMatchObject([{ project: 'shop', unfinished: journal }]);
  expect(listings[0]?.running).toEqual(running);
});

it('tells the images of each release', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shop-'));
  const shop = release({ project: 'shop', directory: folder, services: {} });
  const options = { facts: NO_FACTS, stop: NEVER, emit: () => undefined, forks: 1 };
  for (const number of [1, 2]) {
    const kept = join(folder, '.provision/releases', String(number));
    mkdirSync(kept, { recursive: true });
    const record = { number, version: '', commit: '', by: 'bob@desk', at: AT, digest: '', deploy: 'mark' };
    writeFileSync(join(kept, 'release.json'), `${JSON.stringify(record)}\n`);
    writeFileSync(join(kept, 'images'), `app example/shop:${number} sha256:${number} provision/shop-app:${number}\n`);
  }
  const connect = async () => fakeConnection(async (script) => runScript(raw(script)));
  const { listings } = await listReleases([taskOf('web1', connect, [shop])], options);
  rmSync(folder, { recursive: true });
  expect(listings[0]?.releases).toEqual(
    [1, 2].map((number) => ({
      number,
      version: String(number),
      commit: '',
      by: 'bob@desk',
      at: AT,
      images: { app: { name: `example/shop:${number}`, id: `sha256:${number}` } },
    })),
  );
});
