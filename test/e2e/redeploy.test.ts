/** Redeploys, rollbacks and changes of what is around them, each while clients ask the site: none of them may notice. */
import { get } from 'node:https';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_FILE, reloadHaproxy } from '../../roles/haproxy/reload.ts';
import { docker } from '../lab/docker.ts';
import { findHost } from '../lab/host.ts';
import {
  crashesAfterHealthy,
  doesNotStart,
  type Edit,
  failingMigration,
  neverHealthy,
  type RedeploySettings,
  redeployInventory,
  renamedPaths,
  SHORT_TIMES,
  secondHealth,
  slowMigration,
  slowRequests,
  version,
} from './app-variants.ts';
import { eventually } from './eventually.ts';
import { runOn } from './host-target.ts';
import { provision } from './provision.ts';
import {
  apply,
  command,
  composeUp,
  currentRelease,
  definitions,
  isWhole,
  lastLines,
  output,
  type RedeploySite,
  replicas,
  startSite,
  succeeds,
  unnoticed,
  versions,
} from './redeploy-site.ts';

/** Of its own, for the host is looked up by it after its restart. */
const HOST = `redeploy-${process.pid}`;
/** Requests in flight get so long; a new replica is watched so long before an old one goes. */
const ROLLOUT = { steady: '5s', in_flight: '8s' };
const SETTINGS = { rollout: ROLLOUT, healthTimeout: '10s' };

let site: RedeploySite;
beforeAll(async () => {
  site = await startSite(HOST, SETTINGS, [slowRequests(), version('1')]);
});
afterAll(async () => (await findHost(HOST))?.stop());

/** The site's inventory with something else in it. */
function variant(changes: Partial<Pick<RedeploySettings, 'replicas' | 'edits' | 'env'>>): string {
  return redeployInventory({ ...SETTINGS, ...changes, app: site.app });
}

/** Visitors are sent to another service, which is new. */
function moved(): string {
  const env = { ...SHORT_TIMES, REDIS_HOST: 'redis', DATABASE_URI: '{{ vars_uri }}' };
  const web = {
    build: site.app.path,
    replicas: 2,
    port: 5000,
    env,
    health: { path: '/status', body: 'OK', timeout: '60s' },
  };
  const redis = '        redis: { image: "redis:8" }\n';
  const secrets = '    # The first two are made once';
  return variant({
    edits: {
      // JSON is YAML.
      [redis]: `${redis}        web: ${JSON.stringify(web)}\n`,
      'routes: [{ path: /, service: app }]': 'routes: [{ path: /, service: web }]',
      [secrets]: `    vars_uri: postgresql+psycopg2://app:{{ secrets.db_app }}@db:5432/app\n${secrets}`,
    },
  });
}

/** The application as version `text`, whatever else is wrong with it. */
function become(text: string, ...more: readonly Edit[]): void {
  site.app.become(slowRequests(), version(text), ...more);
}

describe('a redeploy', () => {
  it('brings out a new version, and a rollback takes it back', async () => {
    const [before, release] = [await definitions(site), await currentRelease(site)];
    become('2');
    const run = await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    await isWhole(site, '2');
    expect(await currentRelease(site)).toBeGreaterThan(release);
    // The wait for the application's own handshake is told of.
    expect(output(run)).toMatch(/ready-for-deploy/);

    const back = await unnoticed(site, () => succeeds(command(site, ['rollback'])));
    await isWhole(site, '1');
    expect(await definitions(site)).toEqual(before);
    expect(output(back)).not.toMatch(/\b(building|pulling)\b/i);
    // The folder still holds version 2, but what was taken back stays so.
    await unnoticed(site, () => succeeds(apply(site)));
    await isWhole(site, '1');
  });

  it('is listed, and any of the list can be had again', async () => {
    await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    await isWhole(site, '2');
    const [second, list] = [await currentRelease(site), await succeeds(command(site, ['releases']))];
    expect(list.stdout).toMatch(new RegExp(`\\b${second}\\b`));
    const [first = ''] =
      list.stdout
        .match(/^\D*\b\d+\b/gm)
        ?.map((line) => line.replace(/\D/g, ''))
        .sort(numerically) ?? [];
    await unnoticed(site, () => succeeds(command(site, ['rollback', '--to', first])));
    await isWhole(site, '1');
  });

  it('brings services back and takes them away, and keeps to what somebody went back to', async () => {
    become('1');
    await succeeds(command(site, ['redeploy']));
    const [before, after] = [await currentRelease(site), moved()];
    const hasService = async () => {
      const { stdout } = await site.host.exec(
        `docker ps -q --filter name=^palindrome-web- | wc -l; grep -c '^backend web' ${CONFIG_FILE}`,
      );
      return stdout.trim().split('\n').map(Number);
    };
    await unnoticed(site, () => succeeds(apply(site, after)));
    const release = await currentRelease(site);
    expect(await hasService()).toEqual([2, 1]);

    await unnoticed(site, () => succeeds(command(site, ['rollback'], { other: after })));
    expect([await currentRelease(site), ...(await hasService())]).toEqual([before, 0, 0]);
    const kept = await unnoticed(site, () => succeeds(apply(site, after)));
    expect(output(kept)).toMatch(/haproxy\.cfg is held: it came back with release/);
    expect([await currentRelease(site), ...(await hasService())]).toEqual([before, 0, 0]);

    await unnoticed(site, () => succeeds(command(site, ['rollback', '--to', String(release)], { other: after })));
    expect(await hasService()).toEqual([2, 1]);
    await unnoticed(site, () => succeeds(command(site, ['rollback', '--to', String(before)], { other: after })));
    expect(await hasService()).toEqual([0, 0]);

    // The release has all that it takes, whatever the inventory has by now.
    await unnoticed(site, () => succeeds(command(site, ['rollback', '--to', String(release)])));
    expect(await hasService()).toEqual([2, 1]);
    await unnoticed(site, () => succeeds(apply(site)));
    expect(await hasService()).toEqual([2, 1]);
    await unnoticed(site, () => succeeds(command(site, ['rollback', '--to', String(before)])));
    await unnoticed(site, () => succeeds(apply(site)));
    expect(await hasService()).toEqual([0, 0]);
    const brought = await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    expect(output(brought)).not.toContain('is not what the inventory describes');
    await isWhole(site, '1');
  });

  it('brings the services, places and routes of the inventory where somebody had gone back to before they came', async () => {
    become('1');
    await succeeds(command(site, ['redeploy']));
    const before = await currentRelease(site);
    for (const other of [moved(), variant({ replicas: 3 })]) {
      await unnoticed(site, () => succeeds(apply(site, other)));
      await unnoticed(site, () => succeeds(command(site, ['rollback', '--to', String(before)], { other })));
      const run = await unnoticed(site, () => succeeds(command(site, ['redeploy'], { other })));
      expect(output(run)).toContain('haproxy: the configuration of the inventory');
      expect(output(await succeeds(provision(['plan', '-i', other], site.env)))).toContain('nothing to change');
      await unnoticed(site, () => succeeds(command(site, ['rollback', '--to', String(before)], { other })));
      await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
      await isWhole(site, '1');
    }
  });

  it('lets requests in flight end', async () => {
    become('3');
    const slow = { paths: ['/slow?seconds=5'], clients: 6, afterMs: 6000 };
    await unnoticed(site, () => unnoticed(site, () => succeeds(command(site, ['redeploy'])), slow));
    await isWhole(site, '3');
  });

  it.each([
    ['3b', 'a stream that is open since before a reload of haproxy', 'systemctl reload haproxy'],
    ['4', 'a stream', ':'],
  ])('as version %s closes %s past the limit, and says so', async (number, _, before) => {
    become(number);
    const stream = openStream(`${site.url}/stream`);
    await eventually(async () => expect(stream.received()).toContain('still here'));
    await site.host.exec(before);
    const run = await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    await isWhole(site, number);
    // The older process of haproxy takes no orders: it has not forgotten the drain.
    expect(output(run)).not.toContain('drained again');
    await eventually(async () => expect(stream.isClosed()).toBe(true));
    expect(output(run)).toMatch(/clos(ed|ing).*(request|connection|stream)|(request|connection|stream).*clos(ed|ing)/i);
  });
});

describe('a redeploy that fails', () => {
  it.each([
    { what: 'does not start', edit: doesNotStart(), cause: 'COLOUR is not set', touched: 0 },
    { what: 'never gets healthy', edit: neverHealthy(), cause: 'still waiting for the moon', touched: 0 },
    // By the time it dies, the first old replica may have made room for it, and has to come back.
    { what: 'dies while it is watched', edit: crashesAfterHealthy(3), cause: 'out of luck', touched: 1 },
    { what: 'cannot migrate', edit: failingMigration(), cause: 'the table palindrom cannot be changed', touched: 0 },
  ])('because the new version $what: the old one is as it was, and the last lines say why', async (failure) => {
    const { edit, cause, touched } = failure;
    await isWhole(site, '4');
    const [before, same, release] = [await replicas(site), await definitions(site), await currentRelease(site)];
    become('bad', edit);
    const run = await unnoticed(site, () => command(site, ['redeploy']));
    expect(run.code, output(run)).toBe(1);
    expect(lastLines(run)).toContain(cause);
    await isWhole(site, '4');
    const after = await replicas(site);
    const untouched = Object.keys(before).filter((name) => after[name] === before[name]);
    expect(untouched.length, JSON.stringify({ before, after })).toBeGreaterThanOrEqual(2 - touched);
    expect(await definitions(site)).toEqual(same);
    expect(await currentRelease(site)).toBe(release);
  });

  it('says what the failed check saw', async () => {
    become('bad', neverHealthy());
    const run = await unnoticed(site, () => command(site, ['redeploy']));
    expect(run.code).toBe(1);
    expect(lastLines(run)).toMatch(/\/status.*404|404.*\/status/s);
  });

  it('because its migration takes too long: that is stopped, and the last lines say where the limit is set', async () => {
    become('bad', slowMigration(60));
    const other = redeployInventory({ ...SETTINGS, rollout: { ...ROLLOUT, migrate: '4s' }, app: site.app });
    const before = await replicas(site);
    const run = await unnoticed(site, () => command(site, ['redeploy'], { other }));
    expect(run.code, output(run)).toBe(1);
    // Wherever the lines break.
    expect(lastLines(run)).toMatch(/raise\s+rollout\.migrate\s+of\s+app/);
    expect(await replicas(site)).toEqual(before);
    expect((await site.host.exec('docker ps -aq --filter name=migration')).stdout).toBe('');
  });

  it('because haproxy does not know its places yet: before anything is built', async () => {
    become('bad');
    const run = await unnoticed(site, () => command(site, ['redeploy'], { other: variant({ replicas: 4 }) }));
    expect(run.code, output(run)).toBe(1);
    expect(lastLines(run)).toMatch(/haproxy runs without app-4, app-5: nothing was touched/);
    expect(output(run)).not.toMatch(/: build/);
  });

  it('leaves nothing behind that the next one could trip over', async () => {
    become('5');
    await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    await isWhole(site, '5');
    const { stdout } = await site.host.exec(`
      docker image ls --format '{{.Repository}}:{{.Tag}}' palindrome/app | sort
      echo --
      cut -d' ' -f2 /opt/palindrome/.provision/releases/[0-9]*/images | grep palindrome/app: | sort -u`);
    const [built, released] = stdout.split('--').map((text) => text.trim().split('\n'));
    expect(built).toEqual(released);
  });
});

describe('an apply', () => {
  it("changes haproxy's configuration", async () => {
    const other = variant({ edits: { '      routes:': '      headers: { X-Motto: slowly }\n      routes:' } });
    const before = await replicas(site);
    await unnoticed(site, () => succeeds(apply(site, other)));
    expect(await header('x-motto')).toBe('slowly');
    await unnoticed(site, () => succeeds(apply(site)));
    expect(await header('x-motto')).toBeUndefined();
    expect(await replicas(site)).toEqual(before);
  });

  it('swaps the certificate', async () => {
    const line = 'provider: self-signed\n';
    const other = variant({ edits: { [line]: `${line}      alt_names: [www.example.com]\n` } });
    await unnoticed(site, () => succeeds(apply(site, other)));
    expect(await certificateNames()).toContain('www.example.com');
    await unnoticed(site, () => succeeds(apply(site)));
    expect(await certificateNames()).not.toContain('www.example.com');
  });

  it("changes haproxy's configuration and the application at once, and a rollback brings back both", async () => {
    const edits = { '      routes:': '      headers: { X-Motto: quickly }\n      routes:' };
    const before = await definitions(site);
    await unnoticed(site, () => succeeds(apply(site, variant({ edits, env: { MOTTO: 'quickly' } }))));
    expect(await header('x-motto')).toBe('quickly');
    await unnoticed(site, () => succeeds(command(site, ['rollback'])));
    expect(await header('x-motto')).toBeUndefined();
    expect(await definitions(site)).toEqual(before);
    // Nobody need hold what the inventory describes.
    await succeeds(command(site, ['redeploy']));
  });

  it('that fails leaves the configuration of haproxy that an earlier one had brought', async () => {
    const edits = { '      routes:': '      headers: { X-Motto: surely }\n      routes:' };
    await unnoticed(site, () => succeeds(apply(site, variant({ edits }))));
    become('bad', doesNotStart());
    const run = await unnoticed(site, () => apply(site, variant({ edits })));
    expect(run.code, output(run)).toBe(1);
    expect(await header('x-motto')).toBe('surely');
    become('5');
    await unnoticed(site, () => succeeds(apply(site)));
    expect(await header('x-motto')).toBeUndefined();
    await isWhole(site, '5');
  });

  it('asks each version as it knows it, and refuses what would leave visitors without one', async () => {
    const drain = 'drain: { prepare: /prepare-for-deploy, ready: /ready-for-deploy,';
    const health = 'health: { path: /status,';
    const renamed = variant({
      edits: { [health]: 'health: { path: /healthz,', [drain]: 'drain: { prepare: /drain, ready: /drained,' },
    });
    const before = await replicas(site);
    become('7', ...renamedPaths());
    const early = await unnoticed(site, () => apply(site, renamed));
    expect(early.code, output(early)).toBe(1);
    expect(output(early)).toMatch(/does not answer\s+\/healthz\s+with\s+200/);
    expect(await replicas(site)).toEqual(before);

    become('6', secondHealth());
    await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    await isWhole(site, '6');
    become('7', ...renamedPaths());
    const run = await unnoticed(site, () => succeeds(apply(site, renamed)));
    expect(output(run)).toMatch(/ready-for-deploy/);
    await isWhole(site, '7');
    await unnoticed(site, () => succeeds(command(site, ['rollback'], { other: renamed })));
    await isWhole(site, '6');
    become('5');
    await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    await isWhole(site, '5');
  });

  it('changes the number of replicas', async () => {
    for (const count of [4, 2]) {
      await unnoticed(site, () => succeeds(apply(site, variant({ replicas: count }))));
      await isWhole(site, '5', count);
    }
  });

  it('reloads haproxy many times in a row', async () => {
    await unnoticed(site, async () => {
      for (let i = 0; i < 5; i += 1) {
        expect(await runOn(site.host, reloadHaproxy.script)).toMatchObject({ code: 0, stderr: '' });
        // As somebody does it by hand, or another program's hook.
        expect(await site.host.exec('systemctl reload haproxy')).toMatchObject({ code: 0, stderr: '' });
      }
    });
    await isWhole(site, '5');
  });
});

describe('a service of one replica', () => {
  it('is redeployed as well', async () => {
    const one = variant({ replicas: 1 });
    await unnoticed(site, () => succeeds(apply(site, one)));
    await isWhole(site, '5', 1);
    become('6');
    await unnoticed(site, () => succeeds(command(site, ['redeploy'], { other: one })));
    await isWhole(site, '6', 1);
    await unnoticed(site, () => succeeds(apply(site)));
    await isWhole(site, '6');
  });
});

describe('without provision', () => {
  it('`docker compose up -d` leaves all as it is', async () => {
    const before = await replicas(site);
    await unnoticed(site, () => composeUp(site));
    expect(await replicas(site)).toEqual(before);
  });

  it('a replica that crashes gets its visitors back when it is ready again', async () => {
    const before = await replicas(site);
    await unnoticed(site, () => site.host.exec('kill -9 $(docker inspect -f {{.State.Pid}} palindrome-app-1)'), {
      afterMs: 5000,
    });
    expect(await replicas(site)).not.toEqual(before);
    await isWhole(site, '6');
  });

  it('`docker compose up -d` brings back the current release, replica for replica', async () => {
    const [names, before] = [Object.keys(await replicas(site)), await definitions(site)];
    await site.host.exec('docker rm -f $(docker ps -q --filter name=^palindrome-app-)');
    await composeUp(site);
    await isWhole(site, '6');
    expect(Object.keys(await replicas(site)).sort()).toEqual(names.sort());
    expect(await definitions(site)).toEqual(before);
  });

  it('the engine comes back with the current release', async () => {
    const names = Object.keys(await replicas(site));
    expect((await site.host.exec('systemctl restart docker')).code).toBe(0);
    await isWhole(site, '6');
    expect(Object.keys(await replicas(site)).sort()).toEqual(names.sort());
  });

  it('so does the host after a reboot, and the next run finds nothing to do', async () => {
    const names = Object.keys(await replicas(site));
    await docker.getContainer(site.host.id).restart();
    const host = await findHost(HOST);
    if (host === undefined) throw new Error('the host did not come back');
    site = {
      ...site,
      host,
      url: `https://127.0.0.1:${host.ports.https}`,
      env: { ...site.env, DEMO_HOST: host.address },
    };
    await eventually(async () => expect(await versions(site)).toEqual(['6', '6']), 90_000);
    await isWhole(site, '6');
    expect(Object.keys(await replicas(site)).sort()).toEqual(names.sort());
    const before = await replicas(site);
    await unnoticed(site, () => succeeds(apply(site)));
    expect(await replicas(site)).toEqual(before);
  });
});

function numerically(a: string, b: string): number {
  return Number(a) - Number(b);
}

/** A request whose answer never ends by itself. */
function openStream(url: string): { received(): string; isClosed(): boolean } {
  let received = '';
  let isClosed = false;
  const close = () => {
    isClosed = true;
  };
  get(url, { rejectUnauthorized: false }, (response) => {
    response.on('data', (chunk: Buffer) => {
      received += chunk;
    });
    response.on('error', close).on('close', close);
  }).on('error', close);
  return { received: () => received, isClosed: () => isClosed };
}

function header(name: string): Promise<string | string[] | undefined> {
  return new Promise((resolve, reject) => {
    const asked = get(site.url, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.headers[name]);
    });
    asked.on('error', reject);
  });
}

/** The names in the certificate that a new visitor gets. */
function certificateNames(): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: site.host.ports.https, rejectUnauthorized: false };
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().subjectaltname ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
