/** A redeploy over hosts that ran different releases: what it tells and writes down. It has nothing to replace here. */
import { describe, expect, it } from 'vitest';
import { deployProject } from '../../src/deploy/redeploy.ts';
import { cluster, request, told } from './fake-cluster.ts';

describe('over hosts of which one was redeployed alone', () => {
  it('a redeploy gets a number that no host has had, and tells what each of them ran', async () => {
    const { project, app1, app2, lb1 } = cluster();
    const outcome = await deployProject(project, request('redeploy'));
    expect(outcome).toMatchObject({ from: 3, to: 8, fromByHost: { app1: 3, app2: 2 }, passedOver: [] });
    expect(told(app1)).toContain('release 3 -> 8');
    expect(told(app2)).toContain('release 2 -> 8');
    expect(told(lb1)).toContain('echo 8 >/var/lib/provision/balancer/shop/last.new');
    // One deploy has one mark on all of its hosts.
    const marks = [app1, app2].map((host) => /"deploy":"([^"]+)"/.exec(told(host))?.[1]);
    expect(marks[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(marks[1]).toBe(marks[0]);
  });

  it('a rollback goes to what both have', async () => {
    const { project } = cluster();
    const outcome = await deployProject(project, request('rollback'));
    expect(outcome).toMatchObject({ action: 'rollback', to: 2, fromByHost: { app1: 3, app2: 2 } });
  });

  it('a rollback that has nowhere to go tells the application host', async () => {
    const { project } = cluster([4]);
    const failed = deployProject(project, request('rollback'));
    await expect(failed).rejects.toMatchObject({ code: 'release-not-found', host: 'app2' });
  });
});

describe('the log on the hosts', () => {
  it('tells how long all of it took, the login and the look included', async () => {
    const { project, app1, lb1 } = cluster();
    await deployProject(project, request('redeploy'));
    for (const host of [app1, lb1]) expect(told(host)).toMatch(/-> 8; ok after 45\.\d s/);
  });
});
