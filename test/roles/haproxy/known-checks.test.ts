import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkLines } from '../../../roles/haproxy/check-lines.ts';
import { checksOf, knownChecks } from '../../../roles/haproxy/known-checks.ts';
import { planned } from '../../resources/local-target.ts';
import { shells } from '../../resources/shells.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'checks-'));
const [CONFIG, HOLD, SOCKET, BIN] = ['haproxy.cfg', 'held', 'admin.sock', 'bin'].map((name) => join(FOLDER, name)) as [
  string,
  string,
  string,
  string,
];
const OLD = { path: '/status', status: 200, body: 'OK' };
const NEW = { path: '/health', status: 200 };

let app: Server;
let haproxy: ReturnType<typeof createSocket>;
const asked: string[] = [];
const known: string[] = [];

/** As "show servers state" prints it. @param how 2 is up, 0 is down @param told 8 is drained */
function tellState(how: number, told = 0): void {
  const row = `3 app 1 app-1 127.0.0.1 ${how} ${told} 1 1 22 6 3 4 6 0 0 0 - 18001 - 0 0 - - 0`;
  writeFileSync(join(BIN, 'socat'), `#!/bin/sh\necho '${row}'\n`);
  chmodSync(join(BIN, 'socat'), 0o755);
}

beforeAll(async () => {
  mkdirSync(BIN);
  symlinkSync('/usr/bin/curl', join(BIN, 'curl'));
  app = createServer(({ url = '', headers }, response) => {
    asked.push(`${headers.host}${url}`);
    response.statusCode = known.includes(url) ? 200 : 404;
    response.end(known.includes(url) ? 'OK' : 'nothing here');
  });
  haproxy = createSocket();
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => haproxy.listen(SOCKET, resolve));
});
afterAll(() => {
  app.close();
  haproxy.close();
  rmSync(FOLDER, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
  known.splice(0, known.length, '/status');
  rmSync(HOLD, { recursive: true, force: true });
  const lines = (health: typeof NEW) => checkLines(health).map((line) => `    ${line}`);
  const sections = [
    ['frontend web'],
    ['backend other', ...lines(NEW)],
    ['backend app', ...lines(OLD)],
    ['backend last'],
  ];
  writeFileSync(CONFIG, `${sections.flat().join('\n')}\n`);
  tellState(2);
});

describe.each(shells())('a health check that haproxy gets, in %s', (_, shell) => {
  const options = { ...shell, env: { PATH: `${BIN}:${shell.env?.PATH ?? '/usr/bin:/bin'}` } };

  function plan(health: typeof NEW) {
    const { port } = app.address() as { port: number };
    const server = { name: 'app-1', host: '127.0.0.1', port };
    const backends = checksOf([{ name: 'app', servers: [server], health, maxconn: undefined, controlPaths: [] }]);
    return planned(knownChecks, { socket: SOCKET, configFile: CONFIG, holdFolder: HOLD, backends }, options);
  }

  it('is in the way where a server that gets requests does not know it', async () => {
    expect(await plan(NEW)).toEqual([
      {
        action: 'conflict',
        what: 'app/app-1 does not answer /health with 200, as haproxy would ask it from now on',
        from: '404 "nothing here"',
        hint: 'First bring out a version that answers both the old health check and the new one. Then change `health`.',
      },
    ]);
    expect(asked).toEqual(['localhost/health']);
  });

  it.each<[string, () => unknown]>([
    ['it knows it', () => known.push('/health')],
    ['it is down', () => tellState(0)],
    ['it is drained', () => tellState(2, 8)],
  ])('is not where %s', async (_, arrange) => {
    arrange();
    expect(await plan(NEW)).toEqual([]);
    expect(asked).toEqual(['localhost/health']);
  });

  it('asks nobody where haproxy has it already, or keeps its configuration after a rollback', async () => {
    known.length = 0;
    expect(await plan(OLD)).toEqual([]);
    mkdirSync(HOLD);
    writeFileSync(join(HOLD, 'shop'), '1\n');
    expect(await plan(NEW)).toEqual([]);
    expect(asked).toEqual([]);
  });
});
