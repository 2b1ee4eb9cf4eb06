import { describe, expect, it } from 'vitest';
import { haproxyServers } from '../../../roles/haproxy/servers.ts';
import { planned, runScript } from '../../resources/local-target.ts';
import { shells } from '../../resources/shells.ts';
import { applied, changesOf, desired } from '../../resources/table.ts';

const WISH = {
  socket: '/run/haproxy/admin.sock',
  servers: [
    { backend: 'app', server: 'app-1', isReplica: true },
    { backend: 'app', server: 'app-2', isReplica: true },
    { backend: 'files', server: 'files-1', isReplica: false },
    { backend: 'files', server: 'files-2', isReplica: false },
  ],
};

/** As "show servers state" prints it; what is told of each server is its administrative state. @param how 2 is up, 0 is down */
function told(states: Readonly<Record<string, number>>, how = 0): string {
  const rows = Object.entries(states).map(([name, state]) => {
    const [backend, server] = name.split('/');
    return `3 ${backend} 1 ${server} 127.0.0.1 ${how} ${state} 1 1 22 6 3 4 6 0 0 0 - 18001 - 0 0 - - 0`;
  });
  const columns = '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight';
  return ['servers 0', '1', columns, ...rows, '', ''].join('\n');
}

function stateOf(output: string) {
  const all = desired(haproxyServers, [WISH]);
  const [actual] = haproxyServers.parse(output, all);
  return { desired: all[0] as never, actual: actual as never };
}

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
      told({ 'app/app-1': 8, 'app/app-2': 0, 'files/files-1': 8, 'files/files-2': 1 }, 2),
      [],
      'haproxy has in maintenance, by hand: files/files-2; ' +
        'haproxy has drained, by a redeploy that has not ended or by hand, though healthy: app/app-1',
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
