/** The log of a run and the page made of it, with the whole program as a user runs it, against a host that does not answer. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const HOME = mkdtempSync(join(tmpdir(), 'provision-report-'));
const RUNS = join(HOME, '.local/state/provision/runs');
afterAll(() => rmSync(HOME, { recursive: true }));

beforeAll(async () => {
  // A port that was free a moment ago: nobody answers there.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const host = `{ ansible_host: 127.0.0.1, ansible_port: ${port} }`;
  writeFileSync(
    join(HOME, 'prod.yml'),
    `all:\n  hosts:\n    web1: ${host}\n  vars:\n    roles: [packages]\n    packages: { present: [curl] }\n`,
  );
});

beforeEach(() => rmSync(RUNS, { recursive: true, force: true }));

function provision(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'bin/provision'), args, {
    encoding: 'utf8',
    cwd: HOME,
    env: { PATH: process.env.PATH, HOME, ...env },
  });
  return { status, stdout, stderr };
}

describe('the log of a run', { timeout: 60_000 }, () => {
  it('is named in the last line of one that failed', () => {
    const { status, stderr } = provision(['plan', '-i', 'prod.yml']);
    const [name = ''] = readdirSync(RUNS);
    expect(status).toBe(4);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`Log of this run: ~/.local/state/provision/runs/${name}`);
    expect(JSON.parse(readFileSync(join(RUNS, name, 'run.json'), 'utf8'))).toMatchObject({
      command: 'plan',
      commandLine: ['provision', 'plan', '-i', 'prod.yml'],
      inventory: join(HOME, 'prod.yml'),
      exitCode: 4,
      hosts: { unreachable: 1 },
    });
  });

  it('is not there where no host was touched', () => {
    expect(provision(['plan', '-i', 'nosuch.yml']).status).toBe(2);
    expect(existsSync(RUNS)).toBe(false);
  });

  it('that cannot be written changes nothing but a line of --verbose', () => {
    const env = { XDG_STATE_HOME: join(HOME, 'prod.yml') };
    const quiet = provision(['plan', '-i', 'prod.yml'], env);
    expect([quiet.status, /[Ll]og/.test(quiet.stderr)]).toEqual([4, false]);
    expect(provision(['plan', '-i', 'prod.yml', '-v'], env).stderr).toMatch(/^No log of this run: ENOTDIR/m);
  });
});

describe('provision report', { timeout: 60_000 }, () => {
  it('makes a page of the last run, and lists the runs', () => {
    provision(['plan', '-i', 'prod.yml']);
    const [name] = readdirSync(RUNS);
    const made = provision(['report']);
    expect(made).toEqual({ status: 0, stdout: `provision-report.html shows the run ${name}\n`, stderr: '' });
    expect(readFileSync(join(HOME, 'provision-report.html'), 'utf8')).toContain('<h1>web1 failed</h1>');
    expect(provision(['report', '--list']).stdout).toMatch(new RegExp(`\n${name} +unreachable +1 .* prod\\.yml\n$`));
    const [line = ''] = provision(['report', '--list', '--json']).stdout.split('\n');
    expect(JSON.parse(line)).toMatchObject({ version: 1, type: 'run', run: name, exitCode: 4 });
    expect(provision(['report', '--output', '-']).stdout).toMatch(/^<!doctype html>/);
  });

  it('is the option of a run as well, also where there is no log', () => {
    const env = { XDG_STATE_HOME: join(HOME, 'prod.yml') };
    const { status, stderr } = provision(['plan', '-i', 'prod.yml', '--report', 'run.html'], env);
    expect(status).toBe(4);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('Report of this run: run.html');
    expect(readFileSync(join(HOME, 'run.html'), 'utf8')).toContain('<h1>web1 failed</h1>');
  });

  it('tells before any host is touched that the page cannot be written', () => {
    const { status, stderr } = provision(['plan', '-i', 'prod.yml', '--report', 'nosuch/run.html']);
    expect(status).toBe(2);
    expect(stderr).toContain('the report cannot be written to nosuch/run.html');
    expect(existsSync(RUNS)).toBe(false);
  });

  it('tells that there is no run yet', () => {
    const { status, stderr } = provision(['report']);
    expect(status).toBe(2);
    expect(stderr).toContain('run-not-found');
    expect(provision(['report', '--list']).stdout).toBe('no run has left a log in ~/.local/state/provision/runs yet\n');
  });
});
