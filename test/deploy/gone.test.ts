import { describe, expect, it } from 'vitest';
import { findGone, leftRunning, takeAway } from '../../src/deploy/gone.ts';
import type { Project } from '../../src/deploy/project.ts';
import { newSteps } from '../../src/deploy/steps.ts';
import type { Finding } from '../../src/engine/plan.ts';
import type { ActualContainer } from '../../src/resources/compose/leftovers.ts';
import { composeProject } from '../../src/resources/compose/project.ts';
import { BALANCER, deployHost } from './deploy-host.ts';

const NAMES = ['shop-web-1', 'shop-web-2', 'shop-db-1'];

/** Containers of the service web and the database db, which nobody wants any more. */
function gone({ knows = false, release = 'app' } = {}) {
  const log: string[] = [];
  const running = new Set(NAMES);
  const balancer = deployHost(
    'lb1',
    (script) => {
      for (const [, server, state] of script.matchAll(/admin\.sock 'set server (\S+) state (\w+)'/g)) {
        log.push(`${server} ${state}`);
      }
      if (!script.includes('show stat')) return {};
      const rows = knows ? ['web,app1-web-1,0,0,UP,L7OK,'] : [];
      return { stdout: ['process newest', '# pxname,svname,qcur,scur,status,check_status,', ...rows, ''].join('\n') };
    },
    {
      ...BALANCER,
      formerServers: ({ host, service, slot }) => [{ backend: service, server: `${host}-${slot}` }],
    },
  );
  const host = deployHost('app1', (script) => {
    if (script.includes('docker tag')) return { stdout: `replicas ${release} 2\n` };
    const [, stopped] = /docker stop -t \d+ (\S+)/.exec(script) ?? [];
    if (stopped !== undefined) {
      running.delete(stopped);
      log.push(`stop ${stopped}`);
      return {};
    }
    if (!script.includes('docker inspect --format')) return {};
    const lines = ['shop-web-1', 'shop-web-2'].map((name) => {
      if (!running.has(name)) return `error: no such object: ${name}`;
      const place = name.replace('shop-', '');
      const state = ['running', 0, 't', null, null, {}, ['shop_default', [place]]];
      return JSON.stringify([
        'container',
        `id-${name}`,
        'shop',
        place,
        'sha256:1',
        'shop/web',
        '',
        0,
        0,
        null,
        ...state,
      ]);
    });
    const made = ['web-1', 'web-2'].map((name) => `made ${name} id-shop-${name} digest`);
    return {
      stdout: [
        'directory /opt/shop',
        ...made,
        ...['web-1', 'web-2'].flatMap((name) =>
          running.has(`shop-${name}`) ? [`services/${name}.yml:services:`] : [],
        ),
        'docker shop-web-1 shop-web-2',
        ...lines,
        'error: no such object: shop/web:latest',
      ].join('\n'),
    };
  });
  const resource = composeProject({ name: 'shop', directory: '/opt/shop', services: ['app'] });
  const containers = NAMES.map((name): ActualContainer => {
    return { name, service: name.replace('shop-', '').replace('db-1', 'db'), ports: [] };
  });
  const actual = { isReleased: true, held: [], parts: ['web-1', 'web-2', 'db'], containers };
  const finding = { role: 'stack', resource, actual, changes: [], status: 'rollout' } as Finding;
  const app = { ...host, survey: { ...host.survey, findings: [finding] } };
  const place = { host: app, release: { project: 'shop', directory: '/opt/shop', services: {}, sources: [] } };
  const project = { name: 'shop', places: [place], balancers: [], allBalancers: [balancer] } as unknown as Project;
  const [stop, abort] = [new AbortController().signal, new AbortController().signal];
  const steps = newSteps({ role: 'redeploy', emit: () => undefined, stop, abort });
  return { project, steps, log };
}

describe('what the inventory no longer has', () => {
  it('is taken away replica by replica, and its databases after that', async () => {
    const { project, steps, log } = gone();
    const found = await findGone(project, 2);
    expect(found.map(({ site }) => site.service.service)).toEqual(['db', 'web']);
    expect(await leftRunning(found)).toBeUndefined();
    await takeAway(found, steps);
    expect(log.filter((entry) => !entry.endsWith('ready'))).toEqual([
      'web/app1-web-1 drain',
      'web/app1-web-1 drain',
      'stop shop-web-1',
      'web/app1-web-2 drain',
      'web/app1-web-2 drain',
      'stop shop-web-2',
      'stop shop-db-1',
    ]);
  });

  it('stays while a load balancer has its servers', async () => {
    const { project } = gone({ knows: true });
    expect(await leftRunning(await findGone(project, 2))).toEqual({ services: ['db', 'web'], balancers: ['lb1'] });
  });

  it('is not gone where the release that is wanted has it', async () => {
    const { project } = gone({ release: 'web' });
    expect((await findGone(project, 2)).map(({ site }) => site.service.service)).toEqual(['db']);
  });
});
