import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareHost } from '../../src/engine/host-run.ts';
import { type ErrorCode, ProvisionError } from '../../src/errors.ts';
import { checkHost, NEEDS_PROBE } from '../../src/operate/host-checks.ts';
import type { Resource } from '../../src/resources/contract.ts';
import { port } from '../../src/resources/port.ts';
import type { Connection } from '../../src/transport/types.ts';
import { runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';
import { localConnection, NEVER, NO_FACTS, taskOf } from './machine.ts';

const BIN = mkdtempSync(join(tmpdir(), 'bin-'));
afterAll(() => rmSync(BIN, { recursive: true }));

function program(name: string, script: string): void {
  writeFileSync(join(BIN, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(BIN, name), 0o755);
}

async function check(connect: () => Promise<Connection>, resources: readonly Resource[] = [], isHere = false) {
  const prepared = await prepareHost(taskOf('web1', connect, resources), NO_FACTS);
  const checks = await checkHost(prepared, { isHere, stop: NEVER });
  return checks.map(({ name, status, message }) => `${name}: ${status}: ${message}`);
}

const REACHED = ['network: ok: root@web1:22 answers', 'host key: ok: is the one that is known', 'login: ok: works'];

describe('a host', () => {
  it.each<[ErrorCode, readonly string[]]>([
    ['unreachable', ['network: missing: so it is']],
    ['host-key-unknown', [...REACHED.slice(0, 1), 'host key: missing: so it is']],
    ['authentication-failed', [...REACHED.slice(0, 2), 'login: missing: so it is']],
    ['become-password-missing', [...REACHED, 'root: missing: so it is']],
    ['unsupported-host', [...REACHED, 'root: ok: works', 'shell: missing: so it is']],
  ])('that cannot be worked on: %s', async (code, found) => {
    expect(await check(() => Promise.reject(new ProvisionError(code, 'so it is')))).toEqual(found);
  });

  it('that is this machine is not said to be reached by ssh', async () => {
    const found = await check(async () => localConnection(), [], true);
    expect(found[0]).toMatch(/^root: /);
    expect(found[1]).toBe('shell: ok: answers as it should');
    const lost = () => Promise.reject(new ProvisionError('unsupported-host', 'so it is'));
    expect(await check(lost, [], true)).toEqual(['root: ok: works', 'shell: missing: so it is']);
  });

  it.each([
    ['0', 'root', 'root: ok: commands run as root'],
    ['1000', 'alice', 'root: warning: commands run as alice'],
    ['4242', '', 'root: warning: commands run as 4242'],
  ])('tells as whom commands run: %s %s', async (id, name, found) => {
    program('id', `if [ "$1" = -u ]; then echo ${id}; else echo ${name}; fi`);
    const connection = localConnection('web1', { env: { PATH: `${BIN}:/usr/sbin:/usr/bin:/sbin:/bin` } });
    const all = await check(async () => connection);
    rmSync(join(BIN, 'id'));
    expect(all).toContain(found);
  });

  it('that is reached is looked at in one exchange', async () => {
    const connection = localConnection();
    const found = await check(async () => connection);
    expect(found.slice(0, 2)).toEqual(REACHED.slice(0, 2));
    expect(found).toContain('clock: ok: agrees with the one here');
    expect(found).toContain('tools: ok: all there');
    expect(found.find((text) => text.startsWith('disk /:'))).toMatch(/GiB free, \d+% used$/);
    expect(connection.exchanges).toBe(1);
    expect(connection.isClosed).toBe(true);
  });

  it('has a port that another program has taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port: taken } = server.address() as { port: number };
    try {
      const found = await check(
        async () => localConnection(),
        [port({ port: taken, by: ['haproxy'] }), port({ port: 1 })],
      );
      expect(found.filter((text) => text.startsWith('ports'))).toEqual([
        expect.stringMatching(new RegExp(`^ports: missing: port ${taken} is taken by `)),
        'ports: ok: 1: free, or taken by those that they are for',
      ]);
    } finally {
      server.close();
    }
  });

  it.each([
    ['echo 26.1', 'echo 2.26', ['Docker: ok: 26.1', 'Docker Compose: ok: 2.26']],
    ['echo 26.1', 'exit 1', ['Docker: ok: 26.1', 'Docker Compose: warning: not installed']],
    ['exit 1', 'echo 2.26', ['Docker: missing: installed, but the engine does not answer']],
  ])('with Docker: %s, %s', async (version, compose, found) => {
    program('docker', `if [ "$1" = compose ]; then ${compose}; else ${version}; fi`);
    program('docker-compose', 'exit 127');
    const connection = localConnection('web1', { env: { PATH: `${BIN}:/usr/sbin:/usr/bin:/sbin:/bin` } });
    const all = await check(async () => connection);
    expect(all.filter((text) => text.startsWith('Docker'))).toEqual(found);
  });
});

describe.each(shells())('what a host needs, asked in %s', (_, options) => {
  it('is told, names that do not resolve as well', async () => {
    program('docker', 'if [ "$1" = compose ]; then echo 2.26; else echo 26.1; fi');
    program('getent', '[ "$1" = hosts ] && [ "$2" = good.example.com ]');
    program(
      'cat',
      'printf "# deb http://no.example.com\\ndeb [a=b] https://good.example.com/debian x\\nURIs: http://bad.example.com:80/x\\n"',
    );
    const env = { ...options.env, PATH: `${BIN}:${options.env?.PATH ?? '/usr/bin:/bin'}` };
    const { code, stdout } = await runScript(NEEDS_PROBE, { ...options, env });
    expect(code).toBe(0);
    const lines = stdout.split('\n').filter((line) => !/^(lacks|user) /.test(line));
    // Busybox's own cat and getent may come before those of the test.
    if (options.shell?.[0] !== 'ash') {
      expect(lines).toEqual([
        'unresolved bad.example.com',
        'resolves good.example.com',
        'docker 26.1',
        'compose 2.26',
        '',
      ]);
    } else {
      expect(lines.slice(-3)).toEqual(['docker 26.1', 'compose 2.26', '']);
    }
  });
});
