import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { balancerProbe, readBalancer } from '../../src/operate/balancer-state.ts';
import { runScript } from '../resources/local-target.ts';

const SERVERS = [
  { backend: 'app', server: 'web1-app-1', host: 'web1', stack: 'shop', slot: 'app-1' },
  { backend: 'app', server: 'web1-app-2', host: 'web1', stack: 'shop', slot: 'app-2' },
];
const STATISTICS = `# pxname,svname,scur,status,check_status,check_code
app,web1-app-1,0,UP,L7OK,200
app,web1-app-2,0,DOWN,* L4CON,
files,one,0,no check,,
files,two,0,MAINT,,
`;

describe('what haproxy knows of its servers', () => {
  it('is told with the replicas that they stand for', () => {
    const { isRunning, servers } = readBalancer(`process newest\n${STATISTICS}`, { servers: SERVERS });
    expect(isRunning).toBe(true);
    expect(servers.map(({ server, replica, state, isUp }) => [server, replica?.name, state, isUp])).toEqual([
      ['web1-app-1', 'app-1', 'UP L7OK 200', true],
      ['web1-app-2', 'app-2', 'DOWN L4CON', false],
      ['one', undefined, 'no check', true],
      ['two', undefined, 'MAINT', false],
    ]);
  });

  it('is nothing where it does not answer', () => {
    expect(readBalancer('', { servers: SERVERS })).toEqual({ isRunning: false, servers: [] });
    expect(readBalancer('process newest\n', { servers: SERVERS }).isRunning).toBe(false);
  });

  it('is asked for on its socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'haproxy-'));
    const adminSocket = join(folder, 'admin.sock');
    const asked: string[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (data) => {
        asked.push(data.toString());
        socket.end(STATISTICS);
      });
    });
    try {
      expect((await runScript(balancerProbe({ adminSocket }))).stdout).toBe('');
      await new Promise<void>((resolve) => server.listen(adminSocket, resolve));
      const { code, stdout } = await runScript(balancerProbe({ adminSocket }));
      expect({ code, asked }).toEqual({ code: 0, asked: ['show stat -1 4 -1\n'] });
      expect(readBalancer(stdout, { servers: SERVERS }).servers.length).toBe(4);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
