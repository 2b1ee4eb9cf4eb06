/** A redeploy over hosts that ran different releases: what it tells and writes down. It has nothing to replace here. */
import { describe, expect, it } from 'vitest';
import { deployProject } from '../../src/deploy/redeploy.ts';
import type { FakeAnswer } from '../../src/transport/fake.ts';
import { BALANCER, deployHost, type FakeHost } from './deploy-host.ts';
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

  it('a rollback tells what was not finished', async () => {
    const journal = { action: 'redeploy', from: 3, to: 4, by: 'bob@desk', at: '2026-11-20T00:00:00Z' } as const;
    const { project } = cluster([1, 2], journal);
    const outcome = await deployProject(project, request('rollback'));
    expect(outcome).toMatchObject({ fromByHost: { app1: 3, app2: 2 }, unfinishedByHost: { app1: 4 } });
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

describe('over some of the hosts', () => {
  /** As haproxy answers: what a redeploy of app2 has left, a replica that is healthy and drained, and an empty place. */
  const STATISTICS = [
    'process newest',
    '# pxname,svname,qcur,scur,status,check_status,check_code',
    'app,app1-app-1,0,0,DRAIN,L7OK,200',
    'app,app2-app-1,0,0,DRAIN,L7OK,200',
    'app,app2-app-2,0,0,UP,L7OK,200',
    'app,app2-app-3,0,0,DOWN,L4CON,',
    'docs,app2-web-1,0,0,DRAIN,L7OK,200',
    '',
  ].join('\n');

  function clusterWithout(...answers: readonly FakeAnswer[]) {
    const named = (stack: string, host: string, slot: string) => {
      return { backend: stack === 'shop' ? 'app' : stack, server: `${host}-${slot}`, host, stack, slot };
    };
    const servers = [
      named('shop', 'app1', 'app-1'),
      ...['app-1', 'app-2', 'app-3'].map((slot) => named('shop', 'app2', slot)),
      named('docs', 'app2', 'web-1'),
    ];
    const { project, app1 } = cluster();
    const balancers = answers.map((answer, i) => deployHost(`lb${i + 1}`, answer, { ...BALANCER, servers }));
    const places = project.places.filter(({ host }) => host === app1);
    return { ...project, places, balancers };
  }

  const answer: FakeAnswer = (script) => ({
    // It has kept no other configuration.
    code: script.includes('cmp -s') ? 1 : 0,
    stdout: script.includes('show stat') ? STATISTICS : '',
  });
  const left = ['lb1', 'lb2'].map((balancer) => ({ host: 'app2', server: 'app/app2-app-1', balancer }));

  it.each(['redeploy', 'rollback'] as const)('a %s tells what is drained on the others', async (action) => {
    const { drainedElsewhere } = await deployProject(clusterWithout(answer, answer), request(action));
    expect(drainedElsewhere).toEqual(left);
  });

  it('so does one that has nothing to do', async () => {
    const outcome = await deployProject(clusterWithout(answer, answer), { ...request('rollback'), to: 3 });
    expect(outcome).toMatchObject({ changed: false, drainedElsewhere: left });
  });

  it('an apply leaves it to what it has told of the load balancers that it looked at', async () => {
    const project = clusterWithout(answer, answer);
    const [lb1, lb2] = project.balancers as [FakeHost, FakeHost];
    const balancers = [lb1, { ...lb2, isChosen: false }];
    const { drainedElsewhere } = await deployProject({ ...project, balancers }, request('apply'));
    expect(drainedElsewhere.map(({ balancer }) => balancer)).toEqual(['lb2']);
  });

  it('a load balancer that does not answer then makes no failure of it', async () => {
    const silent: FakeAnswer = (script) => ({ code: script.includes('show stat') ? 1 : 0 });
    const outcome = await deployProject(clusterWithout(silent), request('redeploy'));
    expect(outcome).toMatchObject({ changed: true, drainedElsewhere: [] });
  });
});
