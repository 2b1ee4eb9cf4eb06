import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { port } from '../../src/resources/port.ts';
import { planned } from './local-target.ts';
import { shells } from './shells.ts';
import { changesOf, desired } from './table.ts';

const SS = [
  'LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=164,fd=3))',
  'LISTEN 0      511             [::]:80           [::]:*    users:(("nginx",pid=12,fd=6),("nginx",pid=13,fd=6))',
  'LISTEN 0      4096   127.0.0.53%lo:53        0.0.0.0:*    users:(("systemd-resolve",pid=9,fd=13))',
  'LISTEN 0      4096               *:9100            *:*',
  '',
].join('\n');

function listenersOf(input: Parameters<typeof port>[0]) {
  const [actual] = port.parse(SS, desired(port, [input]));
  return actual as { listeners: never[] };
}

describe('port', () => {
  it.each([
    { input: { port: 443 }, taken: undefined },
    { input: { port: 22 }, taken: 'port 22 is taken by sshd (pid 164)' },
    { input: { port: 22, by: ['haproxy', 'sshd'] }, taken: undefined },
    { input: { port: 80, by: ['haproxy'] }, taken: 'port 80 is taken by nginx (pid 12)' },
    { input: { port: 80, by: ['nginx'] }, taken: undefined },
    { input: { port: 53 }, taken: 'port 53 is taken by systemd-resolve (pid 9)' },
    { input: { port: 53, address: '10.0.0.1' }, taken: undefined },
    { input: { port: 53, address: '127.0.0.53' }, taken: 'port 53 is taken by systemd-resolve (pid 9)' },
    { input: { port: 53, address: '0.0.0.0' }, taken: 'port 53 is taken by systemd-resolve (pid 9)' },
    { input: { port: 53, by: ['systemd-resolved'] }, taken: undefined },
    { input: { port: 80, address: '10.0.0.1' }, taken: undefined },
    { input: { port: 80, address: '::1' }, taken: 'port 80 is taken by nginx (pid 12)' },
    { input: { port: 22, address: '::1' }, taken: undefined },
    { input: { port: 22, address: '127.0.0.1' }, taken: 'port 22 is taken by sshd (pid 164)' },
    { input: { port: 22, address: '::' }, taken: 'port 22 is taken by sshd (pid 164)' },
    { input: { port: 9100, address: '127.0.0.1' }, taken: 'port 9100 is taken by another program' },
    {
      input: { port: 22, owner: 'the replicas of app' },
      taken: 'port 22, for the replicas of app, is taken by sshd (pid 164)',
    },
    { input: { port: 9100 }, taken: 'port 9100 is taken by another program' },
  ])('$input: $taken', ({ input, taken }) => {
    const changes = changesOf(port, input, listenersOf(input));
    expect(changes.map(({ action, what }) => [action, what])).toEqual(taken === undefined ? [] : [['conflict', taken]]);
  });

  it('knows where to look for a published port', () => {
    const listeners = [{ address: '*', port: 80, programs: [{ name: 'docker-proxy', pid: 7 }] }];
    expect(changesOf(port, { port: 80 }, { listeners })[0]?.hint).toBe(
      'A container publishes it: docker ps --filter publish=80',
    );
  });

  it('tells what in the inventory says which port it is', () => {
    const [plain, own] = [{ port: 22 }, { port: 22, setting: 'host_port' }].map((input) => {
      return changesOf(port, input, listenersOf(input))[0]?.hint;
    });
    const stop = 'Stop that program and keep it from starting again, or choose another port';
    expect([plain, own]).toEqual([`${stop}.`, `${stop} by \`host_port\`.`]);
  });

  it.each([
    ['0100007F', '127.0.0.1'],
    ['00000000', '*'],
    ['00000000000000000000000000000000', '*'],
    ['00000000000000000000000001000000', '::1'],
    ['0000000000000000FFFF00000100007F', '127.0.0.1'],
    ['000080FE00000000FF7D3A02FE3412CD', 'fe80::23a:7dff:cd12:34fe'],
  ])('reads the address %s of /proc/net/tcp as %s', (written, address) => {
    const line = `LISTEN 0 0 ${written}:80 *:* users:(("nginx",pid=12,fd=0))\n`;
    expect(port.parse(line, desired(port, [{ port: 80 }]))).toEqual([
      { listeners: [{ address, port: 80, programs: [{ name: 'nginx', pid: 12 }] }] },
    ]);
  });

  it('is named after address and port', () => {
    expect(port({ port: 80 }).id).toBe('port:80');
    expect(port({ port: 80, address: '::1' }).id).toBe('port:::1:80');
  });

  it.each([{ port: 0 }, { port: 65_536 }, { port: 80, address: 'localhost' }, { port: 80.5 }])(
    'refuses %j',
    (input) => {
      expect(() => port(input)).toThrow(/port: (port|address)/);
    },
  );
});

// busybox alone has no ss.
describe.each(shells())('port in %s', (_, options) => {
  let server: Server;
  let number = 0;

  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) number = address.port;
  });

  afterAll(() => void server.close());

  it('finds who listens', async () => {
    const [change] = await planned(port, { port: number }, options);
    expect(change).toMatchObject({
      action: 'conflict',
      what: expect.stringMatching(new RegExp(`^port ${number} is taken by .+ \\(pid ${process.pid}\\)$`)),
    });
  });

  it('finds it at its own address alone', async () => {
    const [own, every, other] = ['127.0.0.1', '0.0.0.0', '127.0.0.2'].map((address) => {
      return planned(port, { port: number, address }, options);
    });
    expect(await own).toHaveLength(1);
    expect(await every).toHaveLength(1);
    expect(await other).toEqual([]);
  });

  it('finds a free port free', async () => {
    expect(await planned(port, { port: 1 }, options)).toEqual([]);
  });
});
