import { describe, expect, it } from 'vitest';
import { haproxyServers } from '../../../roles/haproxy/servers.ts';
import { planned, runScript } from '../../resources/local-target.ts';
import { shells } from '../../resources/shells.ts';
import { applied, changesOf, desired } from '../../resources/table.ts';

const WISH = {
  socket: '/run/haproxy/admin.sock',
  config: '/etc/haproxy/haproxy.cfg',
  loadedMark: '/run/haproxy-loaded',
  frontends: ['web'],
  servers: [
    { backend: 'app', server: 'app-1', address: '127.0.0.1:18001', isReplica: true },
    { backend: 'app', server: 'app-2', address: '[FE80:0::2]:18001', isReplica: true },
    { backend: 'files', server: 'files-1', address: '10.0.0.5:18001', isReplica: false },
    { backend: 'files', server: 'files-2', address: 'files.test:18001', isReplica: false },
  ],
};
const ADDRESSES: Record<string, string> = {
  'app/app-1': '127.0.0.1',
  'app/app-2': 'fe80::2',
  'files/files-1': '10.0.0.5',
};

interface Told {
  /** What an administrator has told of it. */
  readonly state?: number;
  readonly weight?: number;
  readonly check?: number;
  readonly address?: string;
  readonly port?: number;
}

/** As haproxy answers, with the lines of its configuration behind it. @param how 2 is up, 0 is down */
function told(
  states: Readonly<Record<string, number | Told>>,
  { how = 0, frontend = 'OPEN', config = CONFIG } = {},
): string {
  const rows = Object.entries(states).map(([name, value]) => {
    const [backend, server] = name.split('/');
    const {
      state = 0,
      weight = 1,
      check = 6,
      port = 18001,
      ...other
    } = typeof value === 'number' ? { state: value } : value;
    const address = other.address ?? ADDRESSES[name] ?? '10.0.0.6';
    return `3 ${backend} 1 ${server} ${address} ${how} ${state} ${weight} 1 22 6 3 4 ${check} 0 0 0 - ${port} - 0 0 - - 0`;
  });
  const columns = '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight';
  const statistics = ['# pxname,svname,qcur,status,weight,', `web,FRONTEND,,${frontend},,`];
  return ['servers 0', '1', columns, ...rows, '', ...statistics, '', config, ''].join('\n');
}

const CONFIG = `backend app
    server app-1 127.0.0.1:18001 check
    server app-2 '[FE80:0::2]:18001' check maxconn 5
backend files
    server files-1 10.0.0.5:18001 check
    server files-2 files.test:18001 check`;

function stateOf(output: string) {
  const all = desired(haproxyServers, [WISH]);
  const [actual] = haproxyServers.parse(output, all);
  return { desired: all[0] as never, actual: actual as never };
}

const update = (what: string, from: string, to: string) => ({ action: 'update', what, from, to });
const READY = { action: 'update', from: 'in maintenance, by hand', to: 'ready' };

describe('the servers of haproxy', () => {
  it.each<[string, string, object[], string | undefined]>([
    ['all ready', told({ 'app/app-1': 0, 'app/app-2': 0, 'files/files-1': 0 }), [], undefined],
    ['haproxy does not run', 'servers 0\n', [], undefined],
    ['a replica', told({ 'app/app-1': 1, 'app/app-2': 0 }), [{ ...READY, what: 'app/app-1' }], undefined],
    ['a replica that was drained besides', told({ 'app/app-2': 9 }), [{ ...READY, what: 'app/app-2' }], undefined],
    // 8 and 16: drained, 32: a name that does not resolve, 2 and 4: by the configuration.
    ['other states', told({ 'app/app-1': 8, 'app/app-2': 32, 'files/files-1': 4, 'files/files-2': 2 }), [], undefined],
    ['a server of nobody', told({ 'old/app-1': 1 }), [], undefined],
    ['a listed one', told({ 'files/files-1': 1 }), [], 'haproxy has in maintenance, by hand: files/files-1'],
    [
      'listed ones',
      told({ 'files/files-1': 1, 'files/files-2': 1 }),
      [],
      'haproxy has in maintenance, by hand: files/files-1, files/files-2',
    ],
    ['drained ones that are down', told({ 'app/app-1': 8 }), [], undefined],
    [
      'drained ones that are up',
      told({ 'app/app-1': 8, 'app/app-2': 0, 'files/files-1': 8, 'files/files-2': 1 }, { how: 2 }),
      [],
      'haproxy has in maintenance, by hand: files/files-2; ' +
        'haproxy has drained, by a redeploy that has not ended or by hand, though healthy: app/app-1',
    ],
    [
      'other weights, and no checks',
      told({
        'app/app-1': { weight: 0 },
        'app/app-2': { state: 8, weight: 7, check: 2 },
        'files/files-1': { weight: 0, check: 2 },
      }),
      [
        update('weight of app/app-1', '0', '1'),
        update('health checks of app/app-2', 'off', 'on'),
        update('weight of app/app-2', '7', '1'),
      ],
      'haproxy has given another weight, by hand: files/files-1; haproxy does not check, by hand: files/files-1',
    ],
    [
      'other addresses',
      told({
        'app/app-1': { address: '127.0.0.9', state: 1 },
        'app/app-2': { port: 18009 },
        'files/files-1': { address: '::1' },
        'files/files-2': { address: '10.0.0.7' },
      }),
      [
        update('address of app/app-1', '127.0.0.9:18001', '127.0.0.1:18001'),
        { ...READY, what: 'app/app-1' },
        update('address of app/app-2', '[fe80::2]:18009', '[fe80::2]:18001'),
        update('address of files/files-1', '[::1]:18001', '10.0.0.5:18001'),
      ],
      undefined,
    ],
    [
      'addresses of a configuration that is to be another, or not loaded',
      told(
        { 'app/app-1': { address: '127.0.0.9' }, 'app/app-2': { port: 18009 } },
        { config: 'backend app\n    server app-1 127.0.0.9:18001 check' },
      ),
      [],
      undefined,
    ],
    [
      'a disabled frontend',
      told({ 'app/app-1': 0 }, { frontend: 'PAUSED' }),
      [update('frontend web', 'disabled, by hand', 'open')],
      undefined,
    ],
    [
      'a frontend that was shut down',
      told({ 'app/app-1': 0 }, { frontend: 'STOP' }),
      [update('frontend web', 'shut down, by hand', 'open')],
      undefined,
    ],
  ])('%s', (_, output, changes, remark) => {
    const { desired, actual } = stateOf(output);
    expect(changesOf(haproxyServers, WISH, actual)).toEqual(changes);
    expect(haproxyServers.remark?.(desired, actual)).toBe(remark);
  });

  it('come back as servers that are down, and the listed ones do not', () => {
    const { actual } = stateOf(told({ 'app/app-2': 1, 'files/files-1': 1 }));
    const script = applied(haproxyServers, WISH, actual);
    expect(script).toContain('for server in app/app-2; do');
    expect(script).toContain(
      '"set server $server state drain; set server $server health down; set server $server state ready"',
    );
    expect(script).not.toMatch(/^order '/m);
  });

  it.each<[string, string, readonly string[]]>([
    [
      'address, checks and weight of a server, then its frontend',
      told(
        { 'app/app-1': { weight: 0, check: 2 }, 'app/app-2': { port: 18009 }, 'files/files-1': { weight: 0 } },
        { frontend: 'PAUSED' },
      ),
      [
        "order 'set server app/app-2 addr fe80::2 port 18001'",
        "order 'enable health app/app-1'",
        "order 'set server app/app-1 weight 100%'",
        "order 'enable frontend web'",
      ],
    ],
    ['a frontend that only a new process can open', told({}, { frontend: 'STOP' }), ['systemctl reload haproxy']],
  ])('are given back: %s', (_, output, lines) => {
    const script = applied(haproxyServers, WISH, stateOf(output).actual);
    expect(script?.split('\n').filter((line) => /^(order '|systemctl|for)/.test(line))).toEqual(lines);
  });
});

describe.each(shells())('the servers of haproxy in %s', (_, options) => {
  it('are nothing to tell of where there is no haproxy', async () => {
    const input = { ...WISH, socket: '/nowhere/admin.sock' };
    expect(await planned(haproxyServers, input, options)).toEqual([]);
    const [state] = desired(haproxyServers, [input]);
    expect(await runScript(haproxyServers.probe([state as never]), options)).toMatchObject({ code: 0, stderr: '' });
  });
});
