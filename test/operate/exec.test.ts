import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/commands/exec.ts';
import { AUDIT_FILE } from '../../src/engine/audit.ts';
import type { Event } from '../../src/engine/events.ts';
import { ProvisionError } from '../../src/errors.ts';
import { commandScript, endScript, runOnHosts } from '../../src/operate/exec.ts';
import { reportPage } from '../../src/report/html/page.ts';
import { Secret } from '../../src/shell/secret.ts';
import type { Script } from '../../src/shell/sh.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import { runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';
import { NEVER, taskOf } from './machine.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'exec-'));
const GROUP = join(FOLDER, 'the group');
const AUDIT = join(FOLDER, 'log');
afterAll(() => rmSync(FOLDER, { recursive: true }));

/** The script for that command, with the host's log in our folder. */
function scriptOf(...words: string[]): Script {
  const script = commandScript(words, GROUP, { by: 'alice@laptop', what: 'exec', detail: "it's" });
  return {
    parts: script.parts.map((part) => (typeof part === 'string' ? part.replaceAll(AUDIT_FILE, AUDIT) : part)),
  };
}

/** The last line of the host's log. */
function audited(): string | undefined {
  return readFileSync(AUDIT, 'utf8').trimEnd().split('\n').at(-1);
}

describe.each(shells())('a command in %s', (_, options) => {
  const run = (...words: string[]) =>
    runScript(scriptOf(...words), { ...options, env: { ...options.env, HOME: FOLDER } });

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

  it.each([
    ['true', 'ok'],
    ['exit 7', 'failed'],
  ])('leaves a line in the log of the host: %s', async (command, outcome) => {
    await run(command);
    expect(audited()).toMatch(
      new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ alice@laptop exec: it's; ${outcome} after \\d+ s$`),
    );
    expect(statSync(AUDIT).mode & 0o777).toBe(0o640);
  });
});

describe('a command that is broken off', () => {
  // In a process group of its own, as it has on a host: ours must live on.
  it.each([['dash'], ['bash'], ['busybox', 'ash']])(
    'is ended with all that it has started, in %s',
    async (...shell) => {
      const own = { shell: ['setsid', '--wait', ...shell], env: { HOME: FOLDER } };
      const running = runScript(scriptOf('sleep 600 & echo begun; sleep 600'), own);
      while (!existsSync(GROUP) || readFileSync(GROUP, 'utf8') === '') await sleep(5);
      expect(await runScript(endScript(GROUP), { shell })).toEqual({ code: 0, stdout: '', stderr: '' });
      expect((await running).code).toBeGreaterThan(128);
      expect(existsSync(GROUP)).toBe(false);
      expect(audited()).toMatch(/; interrupted after \d+ s$/);
    },
  );

  it('is killed where it does not want to end', async () => {
    const own = { shell: ['setsid', '--wait', 'sh'], env: { HOME: FOLDER } };
    const running = runScript(scriptOf("trap '' TERM; echo begun; sleep 600"), own);
    while (!existsSync(GROUP) || readFileSync(GROUP, 'utf8') === '') await sleep(5);
    await runScript(endScript(GROUP));
    expect((await running).code).toBeGreaterThan(128);
    expect(existsSync(GROUP)).toBe(false);
  });

  it('is nothing to be ended where it is over', async () => {
    expect((await runScript(endScript(join(FOLDER, 'none')))).code).toBe(0);
  });
});

const OPTIONS = { forks: 5, timeoutMs: 7_000, stop: NEVER, by: 'alice@laptop', emit: () => undefined };
const RECORD = {
  version: 1,
  provision: '0.1.0',
  command: 'exec',
  commandLine: [],
  inventory: '/prod.yml',
  by: 'alice@laptop',
  started: '2026-11-21T08:12:23.000Z',
  hosts: {},
} as const;

describe('runOnHosts', () => {
  it('masks secrets, and ends no host for the failure of another', async () => {
    Secret.named('admin', 'open sesame');
    const good = fakeConnection(() => ({ stdout: 'it is open sesame\n', stderr: 'open sesame!' }));
    const tasks = [
      taskOf('web1', async () => good),
      taskOf('web2', () => Promise.reject(new ProvisionError('unreachable', 'no route'))),
      taskOf('web3', async () => fakeConnection(() => ({ code: 3 }))),
    ];
    const events: Event[] = [];
    const results = await runOnHosts(tasks, ['id', '-u'], { ...OPTIONS, emit: (event) => void events.push(event) });
    expect(results.map(({ host, value, error }) => [host, value ?? error?.code])).toEqual([
      ['web1', { code: 0, stdout: 'it is <secret>\n', stderr: '<secret>!' }],
      ['web2', 'unreachable'],
      ['web3', { code: 3, stdout: '', stderr: '' }],
    ]);
    expect(good.asked.map(({ options }) => options)).toEqual([{ timeoutMs: 7_000 }]);
    expect(good.isClosed).toBe(true);

    const told = events.filter((event) => 'host' in event).map(({ host, type }) => `${host} ${type}`);
    expect(told.filter((line) => line.startsWith('web1'))).toEqual(
      ['host-connecting', 'host-connected', 'step-started', 'step-finished', 'host-finished'].map(
        (type) => `web1 ${type}`,
      ),
    );
    expect(told.filter((line) => line.startsWith('web2'))).toEqual(['web2 host-connecting', 'web2 host-finished']);
    expect(events.find((event) => event.type === 'step-finished')).toMatchObject({
      id: 'command:id -u',
      status: 'changed',
      changes: [{ action: 'run', what: 'output', text: { before: '', after: 'it is <secret>\n<secret>!\n' } }],
    });
    expect(events.at(-1)).toMatchObject({
      type: 'run-finished',
      summaries: [
        { host: 'web1', status: 'ok', ok: 1 },
        { host: 'web2', status: 'unreachable', exchanges: 0 },
        { host: 'web3', status: 'failed', error: { code: 'command-failed', message: 'the command exited with 3' } },
      ],
    });
    const page = (all: readonly Event[]) =>
      reportPage(
        RECORD,
        all.map((event, atMs) => ({ ...event, atMs })),
      );
    expect(page(events)).toContain('<h1>2 of 3 hosts failed</h1>');
    const ofWeb1 = events.filter((event) => !('host' in event) || event.host === 'web1');
    // The page holds its data as JSON, in which "<" and ">" are escaped.
    expect(page(ofWeb1)).toMatch(/"\+it is [^"]*secret/);
  });

  it('cuts the log of a command that prints without end', async () => {
    const events: Event[] = [];
    const connection = fakeConnection(() => ({ stdout: `first\n${'x'.repeat(2 ** 20)}` }));
    const emit = (event: Event) => void events.push(event);
    await runOnHosts([taskOf('web1', async () => connection)], ['yes'], { ...OPTIONS, emit });
    const after = events.flatMap((event) =>
      event.type === 'step-finished' ? (event.changes[0]?.text?.after ?? '') : '',
    );
    expect(after.join('').slice(0, 30)).toBe('… 7 characters before\nxxxxxxxx'.slice(0, 30));
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
      ...OPTIONS,
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
