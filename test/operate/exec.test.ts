import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exec.ts';
import { ProvisionError } from '../../src/errors.ts';
import { commandScript, endScript, runOnHosts } from '../../src/operate/exec.ts';
import { Secret } from '../../src/shell/secret.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import { runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';
import { NEVER, taskOf } from './machine.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'exec-'));
const GROUP = join(FOLDER, 'the group');
afterAll(() => rmSync(FOLDER, { recursive: true }));

describe.each(shells())('a command in %s', (_, options) => {
  const run = (...words: string[]) =>
    runScript(commandScript(words, GROUP), { ...options, env: { ...options.env, HOME: FOLDER } });

  it.each<[string, readonly string[], string]>([
    [
      'several words reach a program as they are',
      ['printf', '<%s>', 'a  b', "c'd", '$HOME', '*', ';'],
      `<a  b><c'd><$HOME><*><;>`,
    ],
    ['one word alone is a line of shell', ["echo 'a  b' | tr a-z A-Z; echo $((1 + 1))"], 'A  B\n2\n'],
    ['it starts at home', ['pwd'], `${FOLDER}\n`],
    ['it has no input', ['cat'], ''],
  ])('%s', async (_what, words, stdout) => {
    expect(await run(...words)).toEqual({ code: 0, stdout, stderr: '' });
    expect(existsSync(GROUP)).toBe(false);
  });

  it('exits as the command does', async () => {
    expect((await run('echo no >&2; exit 7')).code).toBe(7);
    expect((await run('no-such-program', 'x')).code).toBe(127);
    expect(existsSync(GROUP)).toBe(false);
  });
});

describe('a command that is broken off', () => {
  // In a process group of its own, as it has on a host: ours must live on.
  it.each([['dash'], ['bash'], ['busybox', 'ash']])(
    'is ended with all that it has started, in %s',
    async (...shell) => {
      const own = { shell: ['setsid', '--wait', ...shell], env: { HOME: FOLDER } };
      const running = runScript(commandScript(['sleep 600 & echo begun; sleep 600'], GROUP), own);
      while (!existsSync(GROUP) || readFileSync(GROUP, 'utf8') === '') await sleep(5);
      expect(await runScript(endScript(GROUP), { shell })).toEqual({ code: 0, stdout: '', stderr: '' });
      expect((await running).code).toBeGreaterThan(128);
      expect(existsSync(GROUP)).toBe(false);
    },
  );

  it('is killed where it does not want to end', async () => {
    const own = { shell: ['setsid', '--wait', 'sh'], env: { HOME: FOLDER } };
    const running = runScript(commandScript(["trap '' TERM; echo begun; sleep 600"], GROUP), own);
    while (!existsSync(GROUP) || readFileSync(GROUP, 'utf8') === '') await sleep(5);
    await runScript(endScript(GROUP));
    expect((await running).code).toBeGreaterThan(128);
    expect(existsSync(GROUP)).toBe(false);
  });

  it('is nothing to be ended where it is over', async () => {
    expect((await runScript(endScript(join(FOLDER, 'none')))).code).toBe(0);
  });
});

describe('runOnHosts', () => {
  it('masks secrets, and ends no host for the failure of another', async () => {
    Secret.named('admin', 'open sesame');
    const good = fakeConnection(() => ({ stdout: 'it is open sesame\n', stderr: 'open sesame!' }));
    const tasks = [
      taskOf('web1', async () => good),
      taskOf('web2', () => Promise.reject(new ProvisionError('unreachable', 'no route'))),
      taskOf('web3', async () => fakeConnection(() => ({ code: 3 }))),
    ];
    const results = await runOnHosts(tasks, ['id'], { forks: 5, timeoutMs: 7_000, stop: NEVER });
    expect(results.map(({ host, value, error }) => [host, value ?? error?.code])).toEqual([
      ['web1', { code: 0, stdout: 'it is <secret>\n', stderr: '<secret>!' }],
      ['web2', 'unreachable'],
      ['web3', { code: 3, stdout: '', stderr: '' }],
    ]);
    expect(good.asked.map(({ options }) => options)).toEqual([{ timeoutMs: 7_000 }]);
    expect(good.isClosed).toBe(true);
  });

  it('ends the command on the host when it is broken off', async () => {
    const stop = new AbortController();
    const streamed: string[] = [];
    const answer = Promise.withResolvers<object>();
    const connection = {
      ...fakeConnection(() => answer.promise),
      async stream(script: Parameters<ReturnType<typeof fakeConnection>['stream']>[0]) {
        streamed.push(script.parts.join(''));
        answer.resolve({ code: 143 });
        return fakeConnection().stream(script);
      },
    };
    const running = runOnHosts([taskOf('web1', async () => connection)], ['sleep 9'], {
      forks: 1,
      timeoutMs: 1,
      stop: stop.signal,
    });
    await sleep(10);
    stop.abort();
    await running;
    expect(streamed).toEqual([
      expect.stringMatching(/^read -r group <\/run\/provision-exec\.[0-9a-f]{16} .*\n *kill -TERM "-\$group"/),
    ]);
  });
});

describe('the exit code', () => {
  const ok = { host: 'a', durationMs: 1, value: { code: 0, stdout: '', stderr: '' } };
  const failed = { ...ok, value: { code: 9, stdout: '', stderr: '' } };
  const lost = { host: 'b', durationMs: 1, error: new ProvisionError('unreachable', 'x') };
  const late = { host: 'c', durationMs: 1, error: new ProvisionError('command-timed-out', 'x') };

  it.each([
    [0, [ok, ok]],
    [1, [ok, failed]],
    [4, [ok, lost]],
    [1, [failed, lost]],
    [1, [late, lost]],
  ])('is %i', (code, results) => {
    expect(exitCodeOf(results)).toBe(code);
  });
});
