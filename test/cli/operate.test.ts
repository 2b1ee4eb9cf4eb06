/** The commands that look at hosts, or run something there: the whole program, as a user runs it. */
import { type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROVISION = fileURLToPath(new URL('../../bin/provision', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'provision-operate-'));
const OPTIONS = { cwd: FOLDER, env: { PATH: process.env.PATH, HOME: FOLDER } } satisfies SpawnSyncOptions;

beforeAll(() => {
  // This machine, as whoever runs the tests; and one where nobody listens.
  writeFileSync(
    join(FOLDER, 'here.yml'),
    `all:
  vars: { roles: [packages], packages: [] }
  hosts:
    here: { provision_transport: local, ansible_become: false }
`,
  );
  writeFileSync(
    join(FOLDER, 'both.yml'),
    `all:
  vars: { roles: [packages], packages: [] }
  hosts:
    here: { provision_transport: local, ansible_become: false }
    gone: { ansible_host: 127.0.0.1, ansible_port: 1 }
`,
  );
});
afterAll(() => rmSync(FOLDER, { recursive: true }));

function provision(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(PROVISION, args, { ...OPTIONS, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function json(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('exec', () => {
  it('prints what the command printed, under the names of the hosts', () => {
    expect(provision('exec', '-i', 'here.yml', '--', 'printf', '%s.', 'a  b', '$HOME')).toEqual({
      status: 0,
      stdout: 'here: ok\na  b.$HOME.\n',
      stderr: '',
    });
  });

  it('leaves a log of what was run and printed, without known secrets', () => {
    provision('exec', '-i', 'here.yml', '-e', 'token=open-sesame-77', '--', 'echo printed; exit 3');
    const [newest] = json(provision('report', '--list', '--json').stdout);
    expect(newest).toMatchObject({ command: 'exec', exitCode: 1, hosts: { failed: 1 } });
    expect(newest?.commandLine).toEqual(expect.arrayContaining(['-e', '<secret>', 'echo printed; exit 3']));
    const page = provision('report', '--output', '-');
    expect([page.status, page.stdout]).toEqual([0, expect.stringContaining('<h1>here failed</h1>')]);
    expect(page.stdout).toContain('printed');
  });

  it('exits with 1 where a command failed, with 4 where a host cannot be reached', () => {
    expect(provision('exec', '-i', 'both.yml', '--', 'exit 3').status).toBe(1);
    const { status, stdout } = provision('exec', '-i', 'both.yml', '--json', '--', 'echo hi');
    expect(status).toBe(4);
    const told = json(stdout).map(({ type, host, code, stdout, error }) => ({ type, host, code, stdout, error }));
    expect(told.toSorted((a, b) => String(b.host).localeCompare(String(a.host)))).toEqual([
      { type: 'exec', host: 'here', code: 0, stdout: 'hi\n', error: undefined },
      {
        type: 'exec',
        host: 'gone',
        code: undefined,
        stdout: undefined,
        error: expect.objectContaining({ code: 'unreachable' }),
      },
    ]);
  });

  it('ends the command at its time limit, and at Ctrl-C', async () => {
    const late = provision('exec', '-i', 'here.yml', '--timeout', '1', '--', 'sleep 600');
    expect([late.status, late.stdout]).toEqual([1, expect.stringContaining('did not end within 1 s')]);
    const child = spawn(PROVISION, ['exec', '-i', 'here.yml', '--', 'sleep 601'], { ...OPTIONS, stdio: 'ignore' });
    const running = () => spawnSync('pgrep', ['-f', '^sleep 601$']).status === 0;
    while (!running()) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(running()).toBe(false);
  });
});

describe('status', () => {
  it('exits with 4 where a host cannot be reached, and shows the others', () => {
    const { status, stdout } = provision('status', '-i', 'both.yml');
    expect(status).toBe(4);
    expect(stdout).toMatch(/^problems\n {2}gone: 127\.0\.0\.1 port 1 refuses connections$/m);
    expect(stdout).toMatch(/^here {2}(ok|problems) /m);
    expect(stdout).toMatch(/^2 hosts: .*1 unreachable$/m);
  });

  it('prints again and again until Ctrl-C', async () => {
    const child = spawn(PROVISION, ['status', '-i', 'here.yml', '--watch=1', '--json'], {
      ...OPTIONS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let stdout = '';
    for await (const chunk of child.stdout) {
      stdout += String(chunk);
      if (stdout.split('\n').length === 3) child.kill('SIGINT');
    }
    expect(child.exitCode ?? (await once(child, 'close'))[0]).toBe(130);
    expect(json(stdout).map(({ type, host }) => `${type} ${host}`)).toEqual(['status here', 'status here']);
  });
});

describe('status --watch', () => {
  it('ends when nobody reads what it prints', async () => {
    const child = spawn(PROVISION, ['status', '-i', 'here.yml', '--watch=1'], {
      ...OPTIONS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = (await once(child, 'close')) as [number];
    expect([0, 3]).toContain(code);
  });
});

describe('logs', () => {
  it('knows the nearest name, and touches no host', () => {
    const { status, stderr } = provision('logs', 'provison', '-i', 'both.yml');
    expect(status).toBe(2);
    expect(stderr).toContain('there are no logs of "provison"');
    expect(stderr).toContain('Did you mean `provision`?');
  });

  it('tells that there are no containers, and exits with 0', () => {
    const { status, stdout, stderr } = provision('logs', '-i', 'here.yml', '--json', '--forks', '1');
    expect([status, json(stdout)]).toEqual([0, [{ version: 1, type: 'no-containers', host: 'here', wanted: [] }]]);
    expect(stderr).toMatch(/^here: no service in the inventory/);
  });

  it('goes on without a host that cannot be reached, and exits with 4', () => {
    const { status, stderr } = provision('logs', '-i', 'both.yml');
    expect(status).toBe(4);
    expect(stderr).toContain('127.0.0.1 port 1 refuses connections');
  });
});

describe('doctor', () => {
  it('looks at this machine without an inventory', () => {
    const { status, stdout } = provision('doctor');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^this machine\n {2}ok +Node\.js/);
    expect(stdout).toMatch(/^ {2}warning {2}keys /m);
  });

  it('asks for nothing of ssh where the only host is this machine', () => {
    const checks = json(provision('doctor', '-i', 'here.yml', '--json').stdout);
    const names = checks.map(({ name }) => name);
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'SSH', message: 'not needed: the only host is this machine' }),
    );
    expect(names).toContain('root');
    for (const name of ['keys', 'known hosts', 'network', 'host key', 'login']) expect(names).not.toContain(name);
  });

  it('tells what is missing, and exits with 1', () => {
    const { status, stdout } = provision('doctor', '-i', 'both.yml', '--json');
    expect(status).toBe(1);
    const lacking = json(stdout).filter(({ where, status }) => where === 'gone' && status === 'missing');
    expect(lacking).toEqual([
      expect.objectContaining({ type: 'check', name: 'network', message: '127.0.0.1 port 1 refuses connections' }),
    ]);
  });

  it('takes an inventory that is wrong for one of the things that are missing', () => {
    writeFileSync(join(FOLDER, 'bad.yml'), 'all: [\n');
    const { status, stdout } = provision('doctor', '-i', 'bad.yml');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ {2}missing {2}inventory +bad\.yml:\d+:\d+: /m);
  });
});
