/** A redeploy over hosts that ran different releases: what it tells and writes down. It has nothing to replace here. */
import { describe, expect, it } from 'vitest';
import type { DeployRequest } from '../../src/deploy/project.ts';
import { deployProject } from '../../src/deploy/redeploy.ts';
import { newSteps } from '../../src/deploy/steps.ts';
import type { ActualReleases } from '../../src/resources/releases/release.ts';
import { BALANCER, deployHost, type FakeHost } from './deploy-host.ts';

const BY = { by: 'alice@laptop', at: '2026-11-21T03:12:45.120Z' };

/** A host that keeps these releases, each of another content, and runs the last one. */
function placeOf(name: string, numbers: readonly number[]) {
  const actual: ActualReleases = {
    releases: numbers.map((number) => ({ number, version: '', commit: '', ...BY, digest: `content ${number}` })),
    current: numbers.at(-1),
    ran: numbers,
    images: new Map(),
    references: new Map(),
    held: undefined,
    journal: undefined,
  };
  const release = { project: 'shop', directory: '/opt/shop', services: {}, sources: [] };
  return { host: deployHost(name), release, actual };
}

/** `app1` was redeployed alone; its load balancer knows of a number that went to a third host. */
function cluster(app2 = [1, 2]) {
  const lb1 = deployHost('lb1', (script) => ({ stdout: script.includes('cat last') ? '7\n' : '' }), BALANCER);
  const places = [placeOf('app1', [1, 2, 3]), placeOf('app2', app2)];
  const project = { name: 'shop', places, balancers: [lb1], allBalancers: [lb1] };
  const [app1, second] = places.map(({ host }) => host) as [FakeHost, FakeHost];
  return { lb1, app1, app2: second, project };
}

function request(action: DeployRequest['action']): DeployRequest {
  const { signal } = new AbortController();
  const context = { emit: () => {}, stop: signal, abort: signal };
  return { action, by: BY.by, steps: newSteps({ role: 'redeploy', ...context }), context };
}

/** All that a host was told. */
function told({ connection }: FakeHost): string {
  return connection.asked.map(({ script, inputs }) => [script, ...inputs].join('\n')).join('\n');
}

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
