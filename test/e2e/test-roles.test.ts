/** `provision test` on real containers: the example of docs/test-roles.md, roles that fail, and hosts that must not stay. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker } from '../lab/docker.ts';
import { lab } from '../lab/lab.ts';
import { eventually } from './eventually.ts';

const ROOT = join(import.meta.dirname, '../..');
const BOOKWORM = 'debian:bookworm-slim';

let folder: string;
beforeAll(async () => {
  await lab();
  folder = mkdtempSync(join(tmpdir(), 'provision-roles-'));
  cpSync(join(ROOT, 'inventory/examples/roles'), join(folder, 'roles'), { recursive: true });
});
afterAll(async () => {
  for (const { Id } of await hosts()) await docker.getContainer(Id).remove({ force: true, v: true });
  rmSync(folder, { recursive: true, force: true });
});

/** Hosts of this file's scenarios. */
async function hosts() {
  const all = await docker.listContainers({ all: true, filters: { label: ['provision.test'] } });
  return all.filter(({ Labels }) => /^(backup|motd|stuck)\b/.test(Labels['provision.test'] ?? ''));
}

function start(...args: string[]): ChildProcess & { output: () => string; ended: Promise<number | null> } {
  const env = { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: process.env.DOCKER_HOST };
  const child = spawn(join(ROOT, 'bin/provision'), ['test', ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return Object.assign(child, { output: () => output, ended });
}

async function run(...args: string[]) {
  const child = start(...args);
  return { code: await child.ended, output: child.output() };
}

interface Line {
  readonly type: string;
  readonly name: string;
  readonly status: string;
  readonly error?: { readonly message: string; readonly detail: string };
}

const linesOf = (output: string) =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('provision test', () => {
  it('runs the example of the page', async () => {
    const { code, output } = await run('backup', '--junit', 'results.xml');
    expect(output).toContain('1 of 1 test passed; 14 steps');
    expect(code).toBe(0);
    const page = readFileSync(join(ROOT, 'docs/test-roles.md'), 'utf8');
    const [, shown = ''] = /^```text\n(backup on .*?)^```/ms.exec(page) ?? [];
    expect(steps(output)).toEqual(steps(shown));
    expect(readFileSync(join(folder, 'results.xml'), 'utf8')).toContain(
      '<testsuite name="backup on debian:trixie-slim" tests="14" failures="0"',
    );
    expect(await hosts()).toEqual([]);
  });

  it('runs it on another release', async () => {
    const { code, output } = await run('backup', '--image', BOOKWORM, '--json');
    expect(linesOf(output).at(-1)).toMatchObject({ type: 'test', image: BOOKWORM, status: 'passed', passed: 14 });
    expect(code).toBe(0);
  });

  it('tells what a role does wrong, keeps the host on demand, and replaces it', async () => {
    writeRole('motd', "[file({ path: '/etc/motd', content: 'Hello\\n' })]");
    writeScenario('motd', {
      assert: [{ run: 'cat /etc/motd', prints: 'Welcome' }],
      disturb: ['touch /tmp/nothing-of-ours'],
    });
    const kept = await run('motd', '--keep', '--json');
    expect(kept.code).toBe(1);
    expect(
      linesOf(kept.output)
        .filter(({ status }) => status === 'failed')
        .map(({ name, error }) => [name, error?.message]),
    ).toEqual([
      ['assert: cat /etc/motd', 'it printed something else'],
      ['drift: touch /tmp/nothing-of-ours', 'a plan sees nothing of it'],
      [undefined, undefined],
    ]);
    const [first] = await hosts();
    writeScenario('motd', {});
    expect((await run('motd')).code).toBe(0);
    expect(first).toBeDefined();
    expect(await hosts()).toEqual([]);
  });

  it('removes the host at Ctrl-C, and what a killed run has left at the next one', async () => {
    writeRole('stuck', "[command({ name: 'wait', argv: ['sleep', '600'], creates: '/nowhere' })]");
    const interrupted = start('stuck', '--json');
    await eventually(async () => expect(interrupted.output()).toContain('"name":"plan"'));
    expect(await hosts()).toHaveLength(1);
    interrupted.kill('SIGINT');
    expect(await interrupted.ended).toBe(130);
    expect(await hosts()).toEqual([]);

    const killed = start('stuck', '--json');
    await eventually(async () => expect(killed.output()).toContain('"name":"plan"'));
    killed.kill('SIGKILL');
    await killed.ended;
    expect(await hosts()).toHaveLength(1);
    expect((await run('motd')).code).toBe(0);
    expect(await hosts()).toEqual([]);
  });
});

/** What steps are told, without their times. */
function steps(output: string): string[] {
  return [...output.matchAll(/^ {2}(passed|failed|skipped) +\S+( s| min.*? s) +(.*)$/gm)].map(
    ([, status, , rest = '']) => `${status} ${rest.replace(/\d+\.\d+\.\d+\.\d+/, 'ADDRESS').replaceAll(/ +/g, ' ')}`,
  );
}

function writeRole(name: string, resources: string): void {
  mkdirSync(join(folder, 'roles'), { recursive: true });
  writeFileSync(
    join(folder, `roles/${name}.ts`),
    `import { command, defineRole, file, z } from 'provision';
export default defineRole({ name: '${name}', params: z.object({}), resources: () => ${resources} });
void [command, file];
`,
  );
}

function writeScenario(name: string, test: object): void {
  const text = JSON.stringify({ all: { hosts: { host: null }, vars: { test } } });
  writeFileSync(join(folder, `roles/${name}.test.yml`), text);
}
