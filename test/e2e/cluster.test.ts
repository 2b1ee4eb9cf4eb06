/** Two application hosts behind two load balancers: one redeploy over all of them, which no visitor of either notices. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { doesNotStart, version } from './app-variants.ts';
import { type ClusterSite, startCluster } from './cluster-site.ts';
import { type Load, withLoad } from './load.ts';
import { output, succeeds } from './redeploy-site.ts';

let site: ClusterSite;
beforeAll(async () => {
  site = await startCluster({ READY_AFTER_SECONDS: 2, PREPARE_MIN_SECONDS: 1, PREPARE_MAX_SECONDS: 2 });
  await succeeds(site.run('apply', '--yes'));
  // As ufw does: nobody answers for a port that is closed, and who connects to it waits.
  const { app1, app2 } = site.hosts;
  for (const host of [app1, app2]) await host.exec('iptables -A INPUT -p tcp --dport 18000:18200 -j DROP');
});
afterAll(() => site?.stop());

it('builds its image once for all bare hosts', async () => {
  expect(new Set(await images()).size).toBe(1);
});

it('brings out a new version on all hosts, builds its image once, and takes it back', async () => {
  site.app.become(version('2'));
  const { result, longestGapMs } = await unnoticed(() => succeeds(site.run('redeploy')));
  expect(await versions()).toEqual(['2', '2', '2', '2']);
  // Less than haproxy's limit for a connection: nobody was sent to a replica that had been stopped.
  expect(longestGapMs).toBeLessThan(4000);
  expect(output(result)).toMatch(/app1: .*image palindrome\/app:\w+: build/);
  expect(output(result)).toMatch(/app2: .*image palindrome\/app:\w+: fetch from app1/);
  expect(new Set(await images()).size).toBe(1);

  await unnoticed(() => succeeds(site.run('rollback')));
  expect(await versions()).toEqual(['1', '1', '1', '1']);
});

it('ends where a new version does not start on the first host, and never touches the second', async () => {
  const before = await containers(site.hosts.app2);
  site.app.become(version('3'), doesNotStart());
  const { result } = await unnoticed(() => site.run('redeploy'));
  expect(result.code, output(result)).toBe(1);
  expect(await containers(site.hosts.app2)).toEqual(before);
  expect(await versions()).toEqual(['1', '1', '1', '1']);
});

it('leaves one balancer out of no redeploy, whatever --limit says', async () => {
  site.app.become(version('4'));
  await unnoticed(() => succeeds(site.run('redeploy', '--limit', 'app1')));
  expect(await versions()).toEqual(['1', '1', '4', '4']);

  // One that fails leaves each host with what it ran before.
  site.app.become(version('5'), doesNotStart());
  const { result } = await unnoticed(() => site.run('redeploy'));
  expect(output(result)).toMatch(/what ran on each host\s+before runs again on all replicas/);
  expect(await versions()).toEqual(['1', '1', '4', '4']);

  site.app.become(version('4'));
  await unnoticed(() => succeeds(site.run('redeploy')));
  expect(await versions()).toEqual(['4', '4', '4', '4']);
});

it('goes back to what all hosts have, and gives no number twice to hosts that are redeployed alone', async () => {
  const back = await unnoticed(() => succeeds(site.run('rollback')));
  expect(await versions()).toEqual(['1', '1', '1', '1']);
  expect(inOneLine(back.result)).toMatch(
    /back to release 1 .*in place of 6 on app1, app2 Passed over: release 4 is not on app2/,
  );

  site.app.become(version('5'));
  const first = await unnoticed(() => succeeds(site.run('redeploy', '--limit', 'app1')));
  expect(inOneLine(first.result)).toMatch(/: release 7 .*in place of 1 on app1/);
  site.app.become(version('6'));
  const second = await unnoticed(() => succeeds(site.run('redeploy', '--limit', 'app2')));
  expect(inOneLine(second.result)).toMatch(/: release 8 .*in place of 1 on app2/);
  expect(await versions()).toEqual(['5', '5', '6', '6']);

  site.app.become(version('4'));
  const both = await unnoticed(() => succeeds(site.run('redeploy')));
  expect(inOneLine(both.result)).toMatch(/: release 9 .*in place of 8 on app2, in place of 7 on app1/);
  expect(await versions()).toEqual(['4', '4', '4', '4']);
});

it('tells of the host outside the run what a redeploy that was killed has left drained there', async () => {
  site.app.become(version('8'));
  await unnoticed(async () => {
    const killed = await site.killedAt(/app2: .*: get ready to stop/);
    expect(killed.code, output(killed)).toBe(-1);
    const alone = await succeeds(site.run('redeploy', '--limit', 'app1'));
    expect(inOneLine(alone)).toMatch(
      /haproxy on lb1, lb2 has drained app\/\S*app-\d, by a redeploy of app2 that has not ended/,
    );
    const all = await succeeds(site.run('apply', '--yes'));
    expect(inOneLine(all)).toMatch(/unfinished redeploy to release/);
    const again = await succeeds(site.run('redeploy', '--limit', 'app1'));
    expect(output(again)).not.toMatch(/has drained/);
  });
});

it('moves the route to a service that is new, and takes the other one away, on hosts without a load balancer of their own', async () => {
  await site.rename('web', 18_101);
  await unnoticed(() => succeeds(site.run('apply', '--yes')));
  expect(await names()).toEqual(['palindrome-web-1', 'palindrome-web-1', 'palindrome-web-2', 'palindrome-web-2']);

  // The load balancers are not told: what they send requests to stays.
  await site.rename('app', 18_001);
  const { result } = await unnoticed(() => succeeds(site.run('apply', '--yes', '--limit', 'application')));
  expect(output(result)).toMatch(/web still runs, though the inventory no longer has it: haproxy on lb1, lb2\s+sends/);
  expect(await names()).toHaveLength(8);
  await unnoticed(() => succeeds(site.run('apply', '--yes')));
  expect(await names()).toEqual(['palindrome-app-1', 'palindrome-app-1', 'palindrome-app-2', 'palindrome-app-2']);
});

it('drains what cannot run twice on a host before it is replaced there, one host after another', async () => {
  const alone = { replicas: 1, publish: ['9900:5000'] };
  await site.rename('app', 18_001, alone);
  await succeeds(site.run('apply', '--yes'));
  expect(await names()).toEqual(['palindrome-app-1', 'palindrome-app-1']);

  await site.rename('app', 18_001, { ...alone, extra_hosts: { 'a.example.com': '192.0.2.1' } });
  expect(output(await succeeds(site.run('plan'))).replaceAll(/\s+/g, ' ')).toMatch(
    /app-1 stops before the new one starts/,
  );
  await unnoticed(() => succeeds(site.run('apply', '--yes')));
  site.app.become(version('6'));
  await unnoticed(() => succeeds(site.run('redeploy')));
  expect(await versions()).toEqual(['6', '6']);

  site.app.become(version('7'), doesNotStart());
  const failed = await unnoticed(() => site.run('redeploy'));
  expect(failed.result.code, output(failed.result)).toBe(1);
  expect(await versions()).toEqual(['6', '6']);
});

it('refuses a health check of the load balancers alone that no replica answers', async () => {
  site.app.become(version('6'));
  await site.rename('app', 18_001, { replicas: 1, publish: ['9900:5000'] }, { health: { path: '/nothing-here' } });
  const { result } = await unnoticed(() => site.run('apply', '--yes', '--limit', 'lb'));
  expect(result.code, output(result)).toBe(1);
  expect(output(result).replaceAll(/\s+/g, ' ')).toMatch(/app-1 does not answer \/nothing-here with 200/);
  // Longer than it takes haproxy to find a server down.
  await unnoticed(() => sleep(10_000));
});

async function unnoticed<T>(work: () => Promise<T>): Promise<Load<T>> {
  const load = await withLoad({ urls: site.urls }, work);
  expect({ failed: load.failed, failures: load.failures }).toEqual({ failed: 0, failures: {} });
  expect(load.total).toBeGreaterThan(0);
  return load;
}

function inOneLine(result: Parameters<typeof output>[0]): string {
  return output(result).replaceAll(/\s+/g, ' ');
}

/** What each replica says of its version, sorted. */
async function versions(): Promise<string[]> {
  const found = await Promise.all(
    [site.hosts.app1, site.hosts.app2].map((host) =>
      host.exec(`
        for port in $(docker ps --filter name=^palindrome-app- --format '{{.Ports}}' | grep -o '[0-9.]*:18[0-9]*'); do
          curl -fsm 5 "http://$port/version"; echo
        done`),
    ),
  );
  return found.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean)).sort();
}

/** The id of each replica's image. */
async function images(): Promise<string[]> {
  const found = await Promise.all(
    [site.hosts.app1, site.hosts.app2].map((host) =>
      host.exec("docker inspect -f '{{.Image}}' $(docker ps -q --filter name=palindrome-app-)"),
    ),
  );
  return found.flatMap(({ stdout }) => stdout.trim().split('\n'));
}

/** Of the containers of the application, under whatever name. */
async function names(): Promise<string[]> {
  const found = await Promise.all(
    [site.hosts.app1, site.hosts.app2].map((host) => host.exec("docker ps --format '{{.Names}}' | grep -v redis")),
  );
  return found.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean)).sort();
}

async function containers(host: LabHost): Promise<string> {
  return (await host.exec("docker ps -q --no-trunc | xargs docker inspect -f '{{.Id}} {{.State.StartedAt}}' | sort"))
    .stdout;
}
