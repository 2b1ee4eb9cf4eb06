import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  drain,
  giveBack,
  letIn,
  lookAndDrain,
  lookAtServers,
  putInService,
  readStatistics,
  type Server,
  shutSessions,
} from '../../src/deploy/balancer.ts';
import { type LocalOptions, runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';
import { BALANCER, deployHost, type FakeHost } from './deploy-host.ts';

/** As haproxy 3.0 answers, without the columns that nobody reads. */
const HEADER = '# pxname,svname,qcur,qmax,scur,smax,status,weight,check_status,check_code,last_chk,';

interface Row {
  readonly backend?: string;
  readonly server?: string;
  readonly status?: string;
  readonly weight?: number;
  readonly check?: string;
  readonly code?: number;
  readonly inFlight?: number;
  readonly waiting?: number;
}

/** A server that is well, but for this. */
function row({
  backend = 'app',
  server = 'app-1',
  status = 'UP',
  weight = 1,
  check = 'L7OK',
  code = 200,
  ...load
}: Row = {}): string {
  const { inFlight = 0, waiting = 0 } = load;
  return `${backend},${server},${waiting},3,${inFlight},9,${status},${weight},${check},${code},"HTTP status, content",`;
}

function answer(age: 'newest' | 'older', ...rows: readonly string[]): string {
  return `process ${age}\n${HEADER}\n${rows.join('\n')}\n\n`;
}

describe('the statistics of haproxy', () => {
  it('are read by the names of their columns, for each process', () => {
    const output = [
      answer('newest', row(), row({ server: 'app-2', inFlight: 2 })),
      'process older\n# svname,pxname,scur\napp-1,app,1\n\n',
    ].join('');
    const told = readStatistics(output).map(({ isNewest, values }) => {
      return [isNewest, values.pxname, values.svname, values.scur, values.check_code];
    });
    expect(told).toEqual([
      [true, 'app', 'app-1', '0', '200'],
      [true, 'app', 'app-2', '2', '200'],
      [false, 'app', 'app-1', '1', undefined],
    ]);
  });

  it.each(['', 'process newest\n', `process newest\n${HEADER}\n\n`, 'process newest\nNo such proxy, sorry.\n'])(
    'of %j are none',
    (output) => {
      expect(readStatistics(output)).toEqual([]);
    },
  );
});

function lb(name: string, reply: string | (() => { code: number; stderr: string }) = ''): FakeHost {
  return deployHost(name, typeof reply === 'string' ? () => ({ stdout: reply }) : reply, BALANCER);
}

describe('what a load balancer knows of a server', () => {
  it.each<[string, string, boolean | undefined, string, number]>([
    ['that is well', answer('newest', row()), true, 'UP L7OK 200', 0],
    ['that is drained', answer('newest', row({ status: 'DRAIN' })), true, 'DRAIN L7OK 200', 0],
    ['that is being checked', answer('newest', row({ check: '* L7OK' })), true, 'UP L7OK 200', 0],
    ['that is checked by connecting', answer('newest', row({ check: 'L4OK', code: 0 })), true, 'UP L4OK 0', 0],
    ['that is well for the first time', answer('newest', row({ status: 'DOWN 1/2' })), false, 'DOWN 1/2 L7OK 200', 0],
    [
      'that answers otherwise',
      answer('newest', row({ status: 'DRAIN', check: 'L7STS', code: 404 })),
      false,
      'DRAIN L7STS 404',
      0,
    ],
    ['that was well before', answer('newest', row({ check: 'L4CON', code: 0 })), false, 'UP L4CON 0', 0],
    ['that it has not checked yet', answer('newest', row({ check: 'INI', code: 0 })), false, 'UP INI 0', 0],
    ['with work', answer('newest', row({ inFlight: 2, waiting: 1 })), true, 'UP L7OK 200', 3],
    [
      'with work that older processes have left',
      answer('newest', row({ inFlight: 1 })) +
        answer('older', row({ status: 'DOWN', check: 'L4CON', inFlight: 2 })) +
        answer('older', row({ waiting: 4 })),
      true,
      'UP L7OK 200',
      7,
    ],
    [
      'that only an older process has',
      answer('newest', row({ server: 'app-2' })) + answer('older', row({ inFlight: 2 })),
      undefined,
      'unknown',
      2,
    ],
    [
      "of another backend's name",
      answer('newest', row({ backend: 'api', inFlight: 1 }), row({ server: 'app-10' })),
      undefined,
      'unknown',
      0,
    ],
    ['while it does not run', '', undefined, 'not running', 0],
  ])('%s', async (_, output, isHealthy, state, inFlight) => {
    const server: Server = { balancer: lb('lb1', output), backend: 'app', server: 'app-1' };
    expect(await lookAtServers([server])).toMatchObject([{ server, isHealthy, state, inFlight }]);
  });

  it.each<[boolean, string, string]>([
    [true, 'that is well', answer('newest', row())],
    [true, 'that fails for the first time', answer('newest', row({ status: 'UP 1/3' }))],
    [true, 'that it does not check', answer('newest', row({ status: 'no check' }))],
    [false, 'that only an older process has', answer('newest', row({ status: 'DRAIN' })) + answer('older', row())],
    [false, 'that is drained', answer('newest', row({ status: 'DRAIN' }))],
    [false, 'that is ill', answer('newest', row({ status: 'DOWN 1/2' }))],
    [false, 'that it does not know', answer('newest', row({ server: 'app-2' }))],
  ])('is %s for new requests to one %s', async (isInBalance, _, output) => {
    const server: Server = { balancer: lb('lb1', output), backend: 'app', server: 'app-1' };
    expect(await lookAtServers([server])).toMatchObject([{ isInBalance }]);
  });

  it('is asked of each load balancer once, and for all backends, for one may be called as the frontend', async () => {
    const [one, two] = [lb('lb1', answer('newest', row({ inFlight: 1 }))), lb('lb2', answer('newest', row()))];
    const servers: Server[] = [
      { balancer: one, backend: 'app', server: 'app-1' },
      { balancer: two, backend: 'app', server: 'app-1' },
      { balancer: one, backend: 'app', server: 'app-2' },
      { balancer: one, backend: 'api', server: 'api-1' },
    ];
    const states = await lookAtServers(servers);
    expect(states.map(({ server: { balancer, server }, inFlight }) => [balancer.name, server, inFlight])).toEqual([
      ['lb1', 'app-1', 1],
      ['lb1', 'app-2', 0],
      ['lb1', 'api-1', 0],
      ['lb2', 'app-1', 0],
    ]);
    expect([one, two].map(({ connection }) => connection.exchanges)).toEqual([1, 1]);
    const [{ script = '' } = {}] = one.connection.asked;
    expect([...script.matchAll(/admin\.sock 'show stat (\S+) 4 -1'/g)].map(([, backend]) => backend)).toEqual(['-1']);
  });

  it('is not to be had where it runs and does not answer', async () => {
    const balancer = lb('lb1', () => ({ code: 1, stderr: 'socat: Connection refused\n' }));
    await expect(lookAtServers([{ balancer, backend: 'app', server: 'app-1' }])).rejects.toMatchObject({
      code: 'balancer-failed',
      host: 'lb1',
      detail: 'socat: Connection refused',
      hint: expect.stringContaining('systemctl status haproxy'),
    });
  });
});

it('nothing is told where there is nobody to tell', async () => {
  const host = deployHost('web1');
  await drain([]);
  await drain([{ balancer: host, backend: 'app', server: 'app-1' }]);
  expect(host.connection.exchanges).toBe(0);
});

/** What `show proc` answers of the master (management guide of haproxy, 9.4). */
const PROCESSES = [
  '#<PID>          <type>          <reloads>       <uptime>        <version>',
  '1162            master          5               0d00h02m07s     3.0.11',
  '# workers',
  '1271            worker          0               0d00h00m00s     3.0.11',
  '# old workers',
  '1233            worker          3               0d00h00m43s     3.0.11',
  '1240            worker          1               0d00h00m21s     3.0.11',
  '# programs',
  '1244            foo             0               0d00h00m00s     -',
  '',
].join('\n');

/** Answers each command with the file of its name, and writes down whom it was for. */
const SOCAT = `
cd -P "$(dirname "$0")/.." || exit
for last in "$@"; do :; done
read -r command
printf '%s: %s\\n' "\${last##*/}" "$command" >>asked
[ ! -e broken ] || { echo 'socat: Connection refused' >&2; exit 1; }
case $command in
  'show proc') cat processes ;;
  '@!1240 '*) exit 1 ;;
  '@!1233 show stat '*) cat older ;;
  'show stat '*) cat newest ;;
esac
`;

describe.each(shells())('in %s, with a socat that only writes down what it is asked', (_, options) => {
  let folder: string;
  let server: Server;
  const sockets = createServer();

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'balancer-'));
    mkdirSync(join(folder, 'bin'));
    tool('socat', SOCAT);
    tool('systemctl', '[ ! -e "$(dirname "$0")/../stopped" ]');
    write('processes', PROCESSES);
    write('newest', `${HEADER}\n${row()}\n\n`);
    write('older', `${HEADER}\n${row({ inFlight: 2 })}\n\n`);
    const adminSocket = join(folder, 'admin.sock');
    sockets.listen(adminSocket);
    await once(sockets, 'listening');
    const local: LocalOptions = {
      ...options,
      env: { ...options.env, PATH: `${join(folder, 'bin')}:${options.env?.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'}` },
    };
    const balancer = deployHost('lb1', (script) => runScript({ parts: [script] }, local), {
      ...BALANCER,
      adminSocket,
      masterSocket: join(folder, 'master.sock'),
    });
    server = { balancer, backend: 'app', server: 'app-1' };
  });
  afterEach(async () => {
    sockets.close();
    await once(sockets, 'close');
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const asked = () =>
    existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8').split('\n') : [];
  function tool(name: string, script: string): void {
    write(`bin/${name}`, `#!/bin/sh\n${script}`);
    chmodSync(join(folder, 'bin', name), 0o755);
  }

  it('asks the newest process, and those that reloads have left behind', async () => {
    expect(await lookAtServers([server])).toMatchObject([{ isHealthy: true, state: 'UP L7OK 200', inFlight: 2 }]);
  });

  it('drains anew what a reload has brought back, and tells what was', async () => {
    write('older', `${HEADER}\n${row({ status: 'DRAIN' })}\n\n`);
    expect(await lookAndDrain([server])).toMatchObject([{ state: 'UP L7OK 200', isInBalance: true }]);
    expect(asked().filter((line) => !line.includes('@!1240'))).toEqual([
      'admin.sock: show stat -1 4 -1',
      'admin.sock: set server app/app-1 state drain',
      'master.sock: show proc',
      'master.sock: @!1233 show stat -1 4 -1',
      '',
    ]);
  });

  it.each([
    ['set server app/app-1 state drain', () => drain([server])],
    ['shutdown sessions server app/app-1', () => shutSessions([server])],
  ])('tells the newest process alone to %s: the others would refuse it', async (command, work) => {
    await work();
    expect(asked()).toEqual([`admin.sock: ${command}`, '']);
  });

  it('lets a server in with its own weight', async () => {
    await letIn([server]);
    expect(asked()).toEqual([
      'admin.sock: set server app/app-1 weight 100%',
      'admin.sock: set server app/app-1 state ready',
      '',
    ]);
  });

  it('gives the place of a stopped replica back as one that is down', async () => {
    await giveBack([server]);
    expect(asked()).toEqual([
      'admin.sock: set server app/app-1 health down',
      'admin.sock: set server app/app-1 weight 100%',
      'admin.sock: set server app/app-1 state ready',
      '',
    ]);
  });

  it('does not drain anew because of a process that a reload has left behind', async () => {
    write('newest', `${HEADER}\n${row({ status: 'DRAIN' })}\n\n`);
    expect(await lookAndDrain([server])).toMatchObject([{ isInBalance: false, inFlight: 2 }]);
  });

  it('puts a server in service in the same way, and looks whether it gets requests', async () => {
    write('older', `${HEADER}\n${row({ status: 'DRAIN', weight: 0 })}\n\n`);
    await putInService([server]);
    expect(asked().slice(0, 3)).toEqual([
      'admin.sock: set server app/app-1 weight 100%',
      'admin.sock: set server app/app-1 state ready',
      'admin.sock: show stat -1 4 -1',
    ]);
  });

  it.each([
    ['its weight is 0', row({ weight: 0 })],
    ['MAINT', row({ status: 'MAINT' })],
    ['DRAIN', row({ status: 'DRAIN' })],
  ])('fails where a server that is put in service gets no requests: %s', async (reason, state) => {
    write('newest', `${HEADER}\n${state}\n\n`);
    await expect(putInService([server])).rejects.toMatchObject({
      code: 'balancer-failed',
      host: 'lb1',
      message: `haproxy sends app-1 no requests: ${reason}`,
    });
  });

  it.each([
    ['is down', row({ status: 'DOWN', check: 'L4CON' })],
    ['it does not know', row({ server: 'app-2' })],
  ])('puts a server in service that %s', async (_, state) => {
    write('newest', `${HEADER}\n${state}\n\n`);
    await putInService([server]);
  });

  it('tells nothing to one that does not run', async () => {
    write('stopped', '');
    await drain([server]);
    expect(await lookAtServers([server])).toMatchObject([{ isHealthy: undefined, state: 'not running', inFlight: 0 }]);
    expect(asked()).toEqual([]);
  });

  it('fails where one that runs does not answer', async () => {
    write('broken', '');
    await expect(drain([server])).rejects.toMatchObject({
      code: 'balancer-failed',
      detail: 'socat: Connection refused',
    });
  });
});
