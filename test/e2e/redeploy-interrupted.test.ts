/** A redeploy that breaks off: nobody notices, and the next run makes the host whole again. */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker } from '../lab/docker.ts';
import { findHost } from '../lab/host.ts';
import { type Edit, slowMigration, version } from './app-variants.ts';
import { eventually } from './eventually.ts';
import {
  apply,
  command,
  isWhole,
  output,
  type RedeploySite,
  startSite,
  succeeds,
  unnoticed,
  versions,
} from './redeploy-site.ts';

/** The steps of the algorithm, by what --verbose tells of them; `next` finishes what was begun. */
const STEPS: readonly { step: string; next: 'redeploy' | 'apply'; hasBegun: boolean }[] = [
  { step: 'build', next: 'redeploy', hasBegun: false },
  { step: 'migrate', next: 'apply', hasBegun: false },
  { step: 'write down', next: 'redeploy', hasBegun: false },
  { step: 'start release', next: 'redeploy', hasBegun: true },
  { step: 'become healthy', next: 'apply', hasBegun: true },
  { step: 'take requests', next: 'redeploy', hasBegun: true },
  { step: 'drain', next: 'apply', hasBegun: true },
  { step: 'get ready to stop', next: 'redeploy', hasBegun: true },
  { step: 'end what is in flight', next: 'apply', hasBegun: true },
  { step: 'stop', next: 'redeploy', hasBegun: true },
];

const HOST = 'redeploy-interrupted';
const MIGRATION = 'palindrome-app-migration';

let site: RedeploySite;
let last = 1;
beforeAll(async () => {
  const env = { READY_AFTER_SECONDS: 1, PREPARE_MIN_SECONDS: 1, PREPARE_MAX_SECONDS: 1 };
  site = await startSite(HOST, { env, rollout: { steady: '1s' } }, [version('1')]);
});
afterAll(() => site?.host.stop());

function nextVersion(...more: readonly Edit[]): string {
  last += 1;
  site.app.become(version(`${last}`), ...more);
  return `${last}`;
}

/** The containers in which it migrates: those that run, with `-a` all. */
async function migrations(option = ''): Promise<string[]> {
  const { stdout } = await site.host.exec(`docker ps -q ${option} --filter name=^/${MIGRATION}$`);
  return stdout.split('\n').filter(Boolean);
}

/** Redeploys, and sends the signal when this step is told of. */
async function interruptedAt(step: string, signal: NodeJS.Signals) {
  let isSent = false;
  const run = await command(site, ['redeploy'], {
    onOutput(text, child) {
      if (isSent || !text.includes(`: ${step}`)) return;
      isSent = child.kill(signal);
    },
  });
  expect(isSent, `nothing told of ${step}:\n${output(run)}`).toBe(true);
  return run;
}

describe('a redeploy that is killed', () => {
  it.each(STEPS)('at $step is finished by the next $next', async ({ step, next, hasBegun }) => {
    const text = nextVersion();
    await unnoticed(site, async () => {
      const killed = await interruptedAt(step, 'SIGKILL');
      expect(killed.code, output(killed)).toBe(-1);
      const run = await succeeds(next === 'apply' ? apply(site) : command(site, ['redeploy']));
      if (hasBegun) expect(output(run)).toMatch(/unfinished/);
    });
    await isWhole(site, text);
  });
});

describe('a migration whose run is killed', () => {
  it('goes on, and none runs beside it', async () => {
    const text = nextVersion(slowMigration(20));
    const started = new Date().toISOString();
    await unnoticed(site, async () => {
      let child: ChildProcess | undefined;
      const killed = command(site, ['redeploy'], {
        onOutput(_, running) {
          child = running;
        },
      });
      await eventually(async () => expect(await migrations()).toHaveLength(1));
      child?.kill('SIGKILL');
      await killed;
      expect(await migrations()).toHaveLength(1);
      await succeeds(command(site, ['redeploy']));
    });
    await isWhole(site, text);
    expect(await migrations('-a')).toEqual([]);
    const { stdout } = await site.host.exec(
      `docker events --since ${started} --until "$(date -u +%FT%TZ)" --format '{{.Action}}' \
         --filter container=${MIGRATION} --filter event=start --filter event=die`,
    );
    expect(stdout.trim()).toMatch(/^start\ndie(\nstart\ndie)*$/);
  });
});

describe('a redeploy that the user breaks off', () => {
  it('before the first replica leaves nothing to be finished', async () => {
    const before = `${last}`;
    const text = nextVersion(slowMigration(5));
    const run = await unnoticed(site, () => interruptedAt('migrate', 'SIGINT'));
    expect(run.code, output(run)).toBe(130);
    expect(output(run)).toMatch(/No replica was touched/);
    expect(await versions(site)).toEqual([before, before]);
    const listed = await succeeds(command(site, ['releases']));
    expect(output(listed)).not.toMatch(/not finished/);
    const { stdout } = await site.host.exec('tail -n 1 /var/log/provision.log');
    expect(stdout).toMatch(/stays; interrupted after/);
    await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    await isWhole(site, text);
  });

  it('ends when the replica in hand is whole', async () => {
    const before = `${last}`;
    const text = nextVersion();
    const run = await unnoticed(site, () => interruptedAt('become healthy', 'SIGINT'));
    expect(run.code, output(run)).toBe(130);
    const seen = await versions(site);
    expect(seen).toHaveLength(2);
    for (const one of seen) expect([before, text]).toContain(one);
    await unnoticed(site, () => succeeds(command(site, ['redeploy'])));
    await isWhole(site, text);
  });
});

describe('a second run', () => {
  it('is told who works on the host, or waits for its end', async () => {
    const text = nextVersion();
    let second: Promise<readonly [number, string]> | undefined;
    let plan: Promise<string> | undefined;
    await unnoticed(site, async () => {
      await succeeds(
        command(site, ['redeploy'], {
          onOutput(told) {
            if (second !== undefined || !/\bhealth/i.test(told)) return;
            second = command(site, ['redeploy']).then((run) => [run.code, output(run)] as const);
            plan = command(site, ['plan']).then(output);
          },
        }),
      );
      const [code, told] = (await second) ?? [0, 'the first one told nothing of health'];
      expect(code, told).not.toBe(0);
      expect(told).toMatch(/since/i);
      expect((await plan)?.replaceAll(/\s+/g, ' ')).toMatch(
        /a redeploy to release \d+ is running: \S+, provision redeploy.*, since /,
      );
      await Promise.all([
        succeeds(command(site, ['redeploy', '--wait'])),
        succeeds(command(site, ['redeploy', '--wait'])),
      ]);
    });
    await isWhole(site, text);
  });
});

describe('a host that is started again in the middle of it', () => {
  it.each([
    ['in order', 10],
    ['at once, as by a power cut', 0],
  ])('%s runs the release of before, and the version is not blamed', async (_, seconds) => {
    const [before = ''] = await versions(site);
    nextVersion();
    let isSent = false;
    let restarted: Promise<unknown> | undefined;
    const run = await command(site, ['redeploy'], {
      onOutput(text) {
        if (isSent || !text.includes(': get ready to stop')) return;
        isSent = true;
        restarted = docker.getContainer(site.host.id).restart({ t: seconds });
      },
    });
    await restarted;
    const host = await findHost(HOST);
    if (host === undefined) throw new Error('the host did not come back');
    site = { ...site, host, env: { ...site.env, DEMO_HOST: host.address } };
    const told = output(run).replaceAll(/\s+/g, ' ');
    expect(run.code, output(run)).toBe(1);
    expect(told).toMatch(/ was restarted meanwhile: /);
    expect(told).toContain('The version is not to blame: run the same command again.');
    await isWhole(site, before);
  });
});
