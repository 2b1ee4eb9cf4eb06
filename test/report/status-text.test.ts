import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import type { HostStatus } from '../../src/operate/status.ts';
import { formatUptime, statusLines } from '../../src/report/status-text.ts';
import { APP, NOW, stateOf, statusOf } from '../operate/states.ts';
import { lines, PLAIN_TEXT } from './streams.ts';

const RECORD = { number: 7, version: '1.2.0', commit: 'abc1234', by: 'alice@laptop', at: '2026-11-20T03:12:45.120Z' };
const RELEASE = { project: 'shop', current: RECORD, held: undefined, unfinished: undefined };
const CERTIFICATE = { path: '/etc/app.pem', names: ['app.example.com'], end: '2027-12-20T09:00:00.000Z' };
const DRIFT = { about: 'drift' as const, text: '3 resources differ from the inventory: see provision plan' };

function text(statuses: readonly HostStatus[], but = {}): string[] {
  return statusLines(statuses, { ...PLAIN_TEXT, now: NOW, ...but });
}

describe('statusLines', () => {
  it('is short where all is well', () => {
    const up = { host: 'web1', state: 'UP L7OK 200', isUp: true };
    const app = { ...APP, replicas: APP.replicas.map((replica) => ({ ...replica, balancers: [up] })) };
    const state = stateOf({ services: [app], releases: [RELEASE], certificates: [CERTIFICATE] });
    expect(text([statusOf('web1', { state })])).toEqual(
      lines(`
        host  status    up  disk  memory  drift  system
        web1  ok      12 d   41%     25%      0  Debian GNU/Linux 13 (trixie)

        service  replicas  containers  haproxy  image
        app           2/2  2 healthy   2 up     shop/app:1

        release      shop 7 (1.2.0, abc1234), by alice@laptop at 2026-11-20 03:12 UTC
        certificate  app.example.com: 394 days left, until 2027-12-20
        `),
    );
  });

  it('tells problems first, of all hosts together', () => {
    const down = { host: 'lb1', state: 'DOWN L4CON', isUp: false };
    const [one, two] = APP.replicas as [(typeof APP.replicas)[0], (typeof APP.replicas)[0]];
    const dead = { ...two, isServing: false, state: 'exited with 137', balancers: [down] };
    const lock = { by: 'bob@desk, provision apply', since: '2026-11-21T07:59:00.000Z' };
    const { system } = stateOf();
    const state = stateOf({
      services: [
        { ...APP, serving: 1, replicas: [one, dead] },
        { ...APP, service: 'api', wanted: undefined },
      ],
      system: { ...system, lock },
      drift: { changed: 3, rollouts: 0, unknown: 0, handlers: 0 },
      releases: [RELEASE],
    });
    const error = new ProvisionError('unreachable', '203.0.113.9 port 22 refuses connections', {
      hint: 'Is sshd running?',
    });
    const problem = { about: 'service' as const, text: 'shop/app: 1 of 2 replicas serve; app-2 exited with 137' };
    const statuses = [
      statusOf('web1'),
      statusOf('web2', { status: 'problems', problems: [problem, DRIFT], state }),
      statusOf('web3', { status: 'problems', problems: [DRIFT], state: stateOf({ releases: [RELEASE] }) }),
      statusOf('web4', { status: 'unreachable', error, state: undefined }),
    ];
    expect(text(statuses)).toEqual(
      lines(`
        problems
          web2: shop/app: 1 of 2 replicas serve; app-2 exited with 137
          web4: 203.0.113.9 port 22 refuses connections
            Is sshd running?
          web2, web3: 3 resources differ from the inventory: see provision plan

        host  status         up  disk  memory  drift  system
        web1  ok           12 d   41%     25%      0  Debian GNU/Linux 13 (trixie)
        web2  problems     12 d   41%     25%      3  Debian GNU/Linux 13 (trixie)
        web3  problems     12 d   41%     25%      0  Debian GNU/Linux 13 (trixie)
        web4  unreachable

        service  replicas  containers           haproxy  image
        app           5/6  5 healthy, 1 exited  1 down   shop/app:1
        api             ?  2 healthy            -        shop/app:1

        release  shop 7 (1.2.0, abc1234), by alice@laptop at 2026-11-20 03:12 UTC (web2,
                 web3)
        at work  bob@desk, provision apply, since 2026-11-21 07:59 UTC (web2)

        4 hosts: 1 ok, 2 with problems, 1 unreachable
        `),
    );
  });

  it('counts thousands of hosts, and shows those that are not well', () => {
    const well = Array.from({ length: 2_000 }, (_, i) => statusOf(`web${i}`));
    const statuses = [...well, statusOf('bad', { status: 'problems', problems: [DRIFT] })];
    const shown = text(statuses);
    expect(shown.length).toBeLessThan(15);
    expect(shown.slice(3, 6)).toEqual([
      'host  status      up  disk  memory  drift  system',
      'bad   problems  12 d   41%     25%      0  Debian GNU/Linux 13 (trixie)',
      'and 2000 more hosts: --verbose shows them all',
    ]);
    expect(shown.at(-1)).toBe('2001 hosts: 2000 ok, 1 with problems');
    expect(text(statuses, { verbose: true }).length).toBeGreaterThan(2_000);
  });

  it('never grows wider than the terminal, and lets no host paint on it', () => {
    const name = 'web-with-a-long-name-that-somebody-gave-it';
    const problem = { about: 'service' as const, text: `evil \u001b[2J ${'word '.repeat(30)}` };
    for (const columns of [60, 80, 120]) {
      const shown = text([statusOf(name, { status: 'problems', problems: [problem] })], { columns });
      expect(shown.filter((line) => line.length > columns)).toEqual([]);
      expect(shown.join('\n')).not.toContain('\u001b');
    }
  });
});

describe('formatUptime', () => {
  it.each([
    [59, '0 min'],
    [7_199, '119 min'],
    [7_200, '2 h'],
    [172_799, '47 h'],
    [172_800, '2 d'],
    [Number.NaN, '-'],
  ])('%i s: %s', (uptimeS, formatted) => {
    expect(formatUptime(uptimeS)).toBe(formatted);
  });
});
