import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import {
  checkWords,
  containersProbe,
  type LogHost,
  type LogSource,
  logScript,
  missingOf,
  servicesIn,
  sourcesOf,
} from '../../src/operate/log-sources.ts';
import { composeService } from '../../src/resources/compose/service.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'logs-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const slot = (name: string) => ({ name, container: `shop-${name}`, definition: 'x' });
const resources = [
  composeService({
    project: 'shop',
    directory: '/opt/shop',
    service: 'app',
    image: 'a',
    replicas: 1,
    slots: [slot('app-1'), slot('app-2')],
  }),
  composeService({
    project: 'shop',
    directory: '/opt/shop',
    service: 'db',
    image: 'b',
    slots: [{ ...slot('db'), container: 'shop-db-1' }],
  }),
];
const services = servicesIn(resources.map((resource) => ({ role: 'stack', resource })));
const HOST: LogHost = { name: 'web1', services, isBalancer: false };
const BALANCER: LogHost = { name: 'lb1', services: [], isBalancer: true };

const CONTAINERS = `container 1db shop db shop-db-1 Up 3 minutes (healthy)
container 2two shop app-10 shop-app-10 Exited (137) 2 minutes ago
container 3app shop app-2 shop-app-2 Up 3 minutes
container 4run shop app-2 shop-app-2-run-1 Up 1 second
container 5old shop worker-1 shop-worker-1 Up 3 minutes
container 6new other app-1 other-app-1 Up 3 minutes
`;

describe('sourcesOf', () => {
  it.each<[readonly string[], LogHost, readonly string[]]>([
    [[], HOST, ['app-2 3app', 'app-10 2two stopped', 'db 1db']],
    [['app'], HOST, ['app-2 3app', 'app-10 2two stopped']],
    [['shop/db'], HOST, ['db 1db']],
    [['app-10', 'db'], HOST, ['app-10 2two stopped', 'db 1db']],
    [['provision'], HOST, ['provision provision']],
    [['haproxy', 'provision'], BALANCER, ['haproxy haproxy', 'provision provision']],
    [['haproxy'], HOST, []],
    [[], BALANCER, []],
  ])('%j of %o', (words, host, sources) => {
    const found = sourcesOf(host, words, CONTAINERS);
    expect(found.map(({ name, id, isRunning }) => `${name} ${id}${isRunning ? '' : ' stopped'}`)).toEqual(sources);
    expect(found.every((source) => source.host === host.name)).toBe(true);
  });
});

describe('missingOf', () => {
  it.each<[readonly string[], LogHost, string, readonly string[] | undefined]>([
    [[], HOST, CONTAINERS, undefined],
    [['app'], HOST, CONTAINERS, undefined],
    [[], HOST, '', ['shop/app', 'shop/db']],
    [['app'], HOST, '', ['app']],
    [['app-17', 'provision'], HOST, CONTAINERS, ['app-17']],
    [['provision'], HOST, '', undefined],
    [['haproxy'], BALANCER, '', undefined],
    [['app'], BALANCER, '', undefined],
    [[], BALANCER, '', []],
  ])('%j of %o', (words, host, containers, wanted) => {
    const missing = missingOf(host, words, sourcesOf(host, words, containers));
    expect(missing).toEqual(wanted && { host: host.name, wanted });
  });
});

describe('checkWords', () => {
  it.each([['app'], ['shop/app'], ['app-1'], ['app-17'], ['db'], ['provision'], ['haproxy']])('knows %s', (word) => {
    expect(() => checkWords([word], [HOST, BALANCER])).not.toThrow();
  });

  it.each([
    ['ap', 'Did you mean `app`?'],
    ['haproxi', 'Did you mean `haproxy`?'],
    ['nothing-like-it', 'There are: app, db, haproxy, provision, shop/app, app-1, shop/db.'],
  ])('does not know %s', (word, hint) => {
    const check = () => checkWords(['app', word], [HOST, BALANCER]);
    expect(check).toThrow(ProvisionError);
    expect(check).toThrow(expect.objectContaining({ code: 'usage', message: `there are no logs of "${word}"`, hint }));
  });

  it('knows no load balancer where there is none', () => {
    expect(() => checkWords(['haproxy'], [HOST])).toThrow('no logs of "haproxy"');
  });
});

const container: LogSource = { host: 'web1', name: 'app-1', id: 'abc', format: 'docker', isRunning: true };
const ONCE = { follow: false, tail: 100, sinceS: undefined };

describe('logScript', () => {
  it.each([
    [container, ONCE, 'docker logs --timestamps  --tail 100  abc 2>&1'],
    [
      container,
      { ...ONCE, tail: Infinity, sinceS: 600 },
      'docker logs --timestamps   --since "$(($(date +%s) - 600))" abc 2>&1',
    ],
    [
      container,
      { ...ONCE, tail: Infinity, after: '2026-11-21T08:36:10.1' },
      'docker logs --timestamps   --since 2026-11-21T08:36:10.1Z abc 2>&1',
    ],
    [
      { ...container, format: 'journal' as const },
      { ...ONCE, sinceS: 60 },
      'journalctl --no-pager --quiet --output short-unix --unit haproxy  --lines 100 --since @"$(($(date +%s) - 60))"',
    ],
  ])('%o %o', (source, query, text) => {
    expect(scriptText(logScript(source, query)).trim()).toBe(text);
  });
});

/** A docker that lists one container, and whose logs go on for ever. */
const BIN = join(FOLDER, 'bin');
mkdirSync(BIN);
writeFileSync(
  join(BIN, 'docker'),
  `#!/bin/sh
case $1 in
  ps) echo "container $5"; [ "$5" = label=com.docker.compose.project=shop ] ;;
  logs) echo $$ >${FOLDER}/pid; echo line; exec sleep 600 ;;
esac
`,
);
chmodSync(join(BIN, 'docker'), 0o755);

describe.each(shells())('in %s', (_, options) => {
  const env = { ...options.env, PATH: `${BIN}:${options.env?.PATH ?? '/usr/bin:/bin'}` };

  it('containers are listed', async () => {
    const { code, stdout } = await runScript(containersProbe(['shop', 'it is']), { ...options, env });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'container label=com.docker.compose.project=shop\ncontainer label=com.docker.compose.project=it is\n',
    });
  });

  it('a log that is followed ends at the end of its input, and its program with it', async () => {
    const [shell = 'sh', ...args] = options.shell ?? [];
    const script = scriptText(logScript(container, { ...ONCE, follow: true }));
    // With a socket for its input and no SHLVL, bash takes itself for a login by rsh, and reads ~/.bashrc.
    const child = spawn(shell, [...args, '-c', script], {
      env: { ...env, SHLVL: '2' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    expect(String((await once(child.stdout, 'data'))[0])).toBe('line\n');
    child.stdin.end();
    await closed;
  });
});
