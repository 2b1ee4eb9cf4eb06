import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import type { HostState } from '../../src/operate/host-status.ts';
import { problemsOf } from '../../src/operate/problems.ts';
import { APP, NOW, stateOf } from './states.ts';

const { system } = stateOf();
const DRIFT = { changed: 0, rollouts: 0, unknown: 0, handlers: 0 };
const UNFINISHED = { action: 'redeploy' as const, from: 6, to: 7, by: 'alice@laptop', at: '2026-11-21T03:12:45.120Z' };
const [one, two] = APP.replicas as [(typeof APP.replicas)[0], (typeof APP.replicas)[0]];

function service(but: Partial<typeof APP>): Partial<HostState> {
  return { services: [{ ...APP, ...but }] };
}

describe('problemsOf', () => {
  it.each<[string, Partial<HostState>, readonly string[]]>([
    ['nothing', {}, []],
    [
      'a replica that died',
      service({ serving: 1, replicas: [one, { ...two, isServing: false, state: 'exited with 137' }] }),
      ['service: shop/app: 1 of 2 replicas serve; app-2 exited with 137'],
    ],
    [
      'a replica too many that does not serve',
      service({ replicas: [one, two, { ...two, name: 'app-3', isServing: false, state: 'starting' }] }),
      ['service: shop/app: 2 of 2 replicas serve; app-3 starting'],
    ],
    ['no answer from Docker', service({ wanted: undefined }), ['service: shop/app: Docker does not tell how it is']],
    [
      'a replica that gets no requests',
      service({
        replicas: [
          one,
          {
            ...two,
            balancers: [
              { host: 'lb1', state: 'DRAIN', isUp: false },
              { host: 'lb2', state: 'UP L7OK', isUp: true },
            ],
          },
        ],
      }),
      ['balancer: shop/app: haproxy on lb1 sends app-2 no requests: DRAIN'],
    ],
    [
      'no haproxy',
      { balancer: { isRunning: false, servers: [] } },
      ['balancer: haproxy does not answer on its socket'],
    ],
    [
      'a server that is no replica; those of spare places are no problem',
      {
        balancer: {
          isRunning: true,
          servers: [
            { backend: 'files', server: 'one', replica: undefined, state: 'DOWN L4TOUT', isUp: false },
            {
              backend: 'app',
              server: 'app-3',
              replica: { host: 'web1', stack: 'shop', name: 'app-3' },
              state: 'DOWN L4CON',
              isUp: false,
            },
          ],
        },
      },
      ['balancer: haproxy: files/one is DOWN L4TOUT'],
    ],
    [
      'certificates',
      {
        certificates: [
          { path: '/a.pem', names: ['a.example.com', 'b.example.com'], end: '2026-11-22T09:00:00.000Z' },
          { path: '/b.pem', names: [], end: '2026-11-20T09:00:00.000Z' },
          { path: '/c.pem', names: ['c.example.com'], end: '2026-12-05T09:00:00.000Z' },
          { path: '/d.pem', names: [], end: undefined },
        ],
      },
      [
        'certificate: the certificate for a.example.com, b.example.com ends in 1 day',
        'certificate: the certificate for /b.pem has ended on 2026-11-20',
      ],
    ],
    [
      'a full disk and little memory',
      {
        system: {
          ...system,
          disks: [{ path: '/var', sizeKiB: 100, freeKiB: 10, usedPercent: 90 }],
          memory: { totalKiB: 2_000_000, availableKiB: 99_999 },
        },
      },
      ['disk: /var is 90% full', 'memory: only 98 MiB of memory are left'],
    ],
    [
      'a redeploy that was broken off',
      { releases: [{ project: 'shop', current: undefined, held: undefined, unfinished: UNFINISHED }] },
      ['redeploy: shop: the redeploy to release 7 by alice@laptop at 2026-11-21 03:12 was not finished'],
    ],
    [
      'not one that is under way',
      {
        releases: [{ project: 'shop', current: undefined, held: undefined, unfinished: UNFINISHED }],
        system: { ...system, lock: { by: 'alice@laptop, provision redeploy', since: '2026-11-21T03:12:45Z' } },
      },
      [],
    ],
    [
      'drift',
      { drift: { ...DRIFT, changed: 1 } },
      ['drift: 1 resource differs from the inventory: see provision plan'],
    ],
    [
      'drift of all sorts',
      { drift: { changed: 1, rollouts: 2, unknown: 3, handlers: 1 } },
      [
        'drift: 6 resources differ from the inventory: see provision plan (1 to change, 2 to redeploy, 3 known after apply)',
        'drift: 1 handler was left undone by an earlier run',
      ],
    ],
    [
      'what stands in the way',
      { failures: [new ProvisionError('conflict', 'port 80 is taken by nginx (pid 7)', { task: 'port:80' })] },
      ['failure: port:80: port 80 is taken by nginx (pid 7)'],
    ],
  ])('%s', (_, but, problems) => {
    expect(problemsOf(stateOf(but), NOW).map(({ about, text }) => `${about}: ${text}`)).toEqual(problems);
  });
});
