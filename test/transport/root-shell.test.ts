import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ProvisionError } from '../../src/errors.ts';
import { Secret } from '../../src/shell/secret.ts';
import { input, sh } from '../../src/shell/sh.ts';
import { EXCHANGE_LOOP, MAX_OUTPUT_BYTES, STREAM_PROGRAM } from '../../src/transport/bootstrap.ts';
import type { HostLocked } from '../../src/transport/exchange-errors.ts';
import { openRootShell } from '../../src/transport/root-shell.ts';
import type { Connection, HostAddress, Link } from '../../src/transport/types.ts';
import { addressOf } from './address.ts';
import { linkWith, SHELLS, type Shell } from './shells.ts';

/** Dozens of processes a test take their time on a busy machine. */
const LIMIT_MS = 30_000;
const address = addressOf({ transport: 'local', become: { method: 'none' } });
let folder: string;
let opened: Connection[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-test-'));
});

afterEach(async () => {
  await Promise.all(opened.map((connection) => connection.close()));
  opened = [];
});

afterAll(() => rmSync(folder, { recursive: true }));

async function open(link: Link, changes: Partial<HostAddress> = {}): Promise<Connection> {
  const connection = await openRootShell(link, { ...address, ...changes }, { lockFile: join(folder, 'lock') });
  opened.push(connection);
  return connection;
}

async function failure(promise: Promise<unknown>): Promise<ProvisionError> {
  return promise.then(
    () => expect.unreachable('it did not fail'),
    (error: ProvisionError) => error,
  );
}

describe('the programs', () => {
  it.each([EXCHANGE_LOOP, STREAM_PROGRAM])('are one line that every login shell passes on', (program) => {
    expect(program).not.toMatch(/[\n!'\\`]/);
  });
});

describe.each(SHELLS)('a root shell in %s', { timeout: LIMIT_MS }, (shell: Shell) => {
  const connect = (changes?: Partial<HostAddress>) => open(linkWith(shell, folder), changes);

  it('runs in that shell', async () => {
    const probe = sh`[ -n "$BASH_VERSION" ] && echo bash; [ -e /proc/$$/exe ] && readlink /proc/$$/exe`;
    expect((await (await connect()).run(probe)).stdout).toContain(shell);
  });

  it('tells which start of the host it is, the same one for each connection', async () => {
    const [one, other] = [await connect(), await connect({ name: 'another' })];
    expect(one.startOfHost).toMatch(/^[0-9a-f-]{36}\.\d+$/);
    expect(other.startOfHost).toBe(one.startOfHost);
    expect(one.exchanges).toBe(0);
  });

  it('gives status, output and error output apart', async () => {
    const result = await (await connect()).run(sh`echo out; echo err >&2; exit 7`);
    expect(result).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  it('gives a clean environment', async () => {
    const { stdout } = await (await connect()).run(
      sh`umask; pwd; env | cut -d= -f1 | sort | tr '\n' ' '; printf %s "$PATH:$HOME:$LC_ALL"`,
    );
    const [mask, folder, names, values] = stdout.split('\n');
    expect([mask, folder]).toEqual(['0022', '/']);
    expect(names?.replaceAll(/(OLD)?PWD |SHLVL |_ /g, '')).toMatch(/^HOME LC_ALL PATH RUN \/.*/);
    expect(values).toBe(undefined);
    expect(names).toMatch(/:\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:\/sbin:\/bin:\/root:C$/);
  });

  it.each([
    ['no newline at its end', sh`printf abc`, 'abc'],
    ['NULs', sh`printf 'a\000b\n\n'`, 'a\0b\n\n'],
    ['what looks like an answer', sh`echo "0123 1 0 5 5"; echo hello`, '0123 1 0 5 5\nhello\n'],
    ['multibyte text', sh`printf '%s' ${'žluťoučký 🐎'}`, 'žluťoučký 🐎'],
    ['quotes and expansions', sh`printf '%s' ${`'"$(id)\`id\`\\ !`}`, `'"$(id)\`id\`\\ !`],
  ])('passes on output with %s', async (_, script, stdout) => {
    expect((await (await connect()).run(script)).stdout).toBe(stdout);
  });

  it('keeps apart what runs one after another, also when started at once', async () => {
    const connection = await connect();
    const results = await Promise.all([1, 2, 3].map((n) => connection.run(sh`echo ${n}`)));
    expect(results.map(({ stdout }) => stdout)).toEqual(['1\n', '2\n', '3\n']);
    expect(connection.exchanges).toBe(3);
  });

  it.each([
    ['text', 'all work and no play\n'.repeat(5_000)],
    ['bytes', Buffer.concat([...Array(300).keys()].map((i) => Buffer.alloc(300, i)))],
    ['what does not get smaller', randomBytes(50_000)],
  ])('takes compressed files of %s', async (_, content) => {
    // What stays on this machine goes as it is.
    const connection = await connect({ transport: 'ssh' });
    const before = await connection.run(sh`sha256sum <${input(content)}; cat ${input('')} ${input('short')}`, {
      lock: 'alice',
    });
    const hash = createHash('sha256').update(content).digest('hex');
    expect(before.stdout).toBe(`${hash}  -\nshort`);
    expect((await connection.run(sh`ls "$RUN"`)).stdout).not.toContain('2');
    expect(readFileSync(join(folder, 'lock.holder'), 'utf8')).toContain('alice');
  });

  it.each([
    ['is not there after all', 'exit 127'],
    ['says nothing, and that all is well', 'cat >/dev/null; exit 0'],
    ['ends in the middle, as where it is killed', '/bin/gzip "$@" | head -c 30000; exit 137'],
  ])('does without gzip where it %s: nothing that came in half is used', async (_, program) => {
    const tools = mkdtempSync(join(folder, 'broken-'));
    const link = linkWith(shell, tools);
    rmSync(join(tools, shell, 'gzip'), { force: true });
    writeFileSync(join(tools, shell, 'gzip'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    const connection = await open(link, { transport: 'ssh' });
    const content = 'all work and no play\n'.repeat(5_000);
    const { stdout } = await connection.run(sh`cat ${input(content)}`, { lock: 'alice' });
    expect(stdout).toBe(content);
    expect(connection.exchanges).toBe(2);
    const words = [...Array(10_000).keys()];
    expect((await connection.run(sh`set -- ${words}; echo $#`, { isQuick: true })).stdout).toBe('10000\n');
    // What has failed once is not tried again.
    expect(connection.exchanges).toBe(3);
  });

  it.each([false, true])('takes a compressed script, quick: %s', async (isQuick) => {
    const connection = await connect({ transport: 'ssh' });
    const words = [...Array(10_000).keys()];
    const { stdout } = await connection.run(sh`set -- ${words}; echo $# "\${9999}"`, { isQuick });
    expect(stdout).toBe('10000 9998\n');
    expect((await connection.run(sh`echo on`, { isQuick })).stdout).toBe('on\n');
  });

  it.each([
    ['that has a syntax error', sh`if then fi (`],
    ['that kills its shell', sh`kill -9 $$`],
    ['that ends in an unknown command', sh`no-such-command-at-all`],
    ['that turns on errexit and fails', sh`set -e; false`],
  ])('survives a script %s', async (_, script) => {
    const connection = await connect();
    expect((await connection.run(script)).code).not.toBe(0);
    expect((await connection.run(sh`echo still here`)).stdout).toBe('still here\n');
  });

  it('gives a script that reads its input nothing', async () => {
    const connection = await connect();
    expect((await connection.run(sh`cat; read -r line || echo end`)).stdout).toBe('end\n');
    expect((await connection.run(sh`echo next`)).stdout).toBe('next\n');
  });

  it('carries inputs as files that nobody else can read, and removes them afterwards', async () => {
    const connection = await connect();
    const secret = Secret.named('pass', 'tö"p $(x)\n');
    const bytes = new Uint8Array([0, 255, 10, 0]);
    const script = sh`cat ${input(secret)}; od -An -tx1 <${input(bytes)}; wc -c <${input('')}; ls -l "$RUN"/1; echo "$RUN"`;
    const { stdout } = await connection.run(script);
    expect(stdout).toMatch(/^tö"p \$\(x\)\n 00 ff 0a 00\n\s*0\n-rw------- /);
    const run = stdout.trim().split('\n').at(-1) as string;
    expect((await connection.run(sh`ls -A ${run}; ls -ld ${run}`)).stdout).toMatch(/^0\nerr\nout\ndrwx------ /);
    await connection.close();
    expect(existsSync(run)).toBe(false);
  });

  it('carries 5 MiB there and 5 MiB back', async () => {
    const big = '0123456789abcde\n'.repeat((5 * 1024 * 1024) / 16);
    const { stdout } = await (await connect()).run(sh`cat ${input(big)}`);
    expect(stdout === big).toBe(true);
  });

  it('decodes multibyte text that arrives in pieces', async () => {
    const text = 'ž🐎'.repeat(200_001);
    const { stdout, stderr } = await (await connect()).run(sh`cat ${input(text)}; cat ${input(text)} >&2`);
    expect(stdout === text && stderr === text).toBe(true);
  });

  it('does not wait for a daemon that a script leaves behind', async () => {
    const connection = await connect();
    const startedAt = performance.now();
    const { stdout } = await connection.run(sh`sleep 4 & echo started`);
    const { stdout: next } = await connection.run(sh`echo next`);
    expect([stdout, next]).toEqual(['started\n', 'next\n']);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('does not take what a daemon prints later for an answer', async () => {
    const connection = await connect();
    await connection.run(sh`(sleep 0.2; echo late) & echo early`);
    expect((await connection.run(sh`sleep 0.4; echo on time`)).stdout).toBe('on time\n');
  });

  it('ends a hung script at its time limit, says how far it came, and goes on', async () => {
    const connection = await connect();
    const error = await failure(connection.run(sh`echo half way >&2; sleep 20`, { timeoutMs: 1_000 }));
    expect(error).toMatchObject({ code: 'command-timed-out', host: 'web1', detail: 'half way' });
    expect(error.message).toBe('the command did not end within 1 s');
    expect((await connection.run(sh`echo on`)).stdout).toBe('on\n');
  });

  it('leaves a script its own status 124', async () => {
    expect((await (await connect()).run(sh`exit 124`)).code).toBe(124);
  });

  it('says that the connection is lost when its shell dies', async () => {
    const connection = await connect();
    const kill = sh`read -r token pid <${join(folder, 'lock.holder')}; kill -9 "$pid"; sleep 1`;
    const error = await failure(connection.run(kill, { lock: 'alice' }));
    expect(error).toMatchObject({ code: 'connection-lost', host: 'web1' });
    expect(await failure(connection.run(sh`true`))).toMatchObject({ code: 'connection-lost' });
  });

  it.skipIf(process.getuid?.() !== 0)('clears away what a killed one left behind, and nothing else', async () => {
    const others = [join('/run', `provision.test.${shell}.holder`), join('/run', `provision.${process.pid}.${shell}`)];
    for (const other of others) writeFileSync(other, '');
    const connection = await connect();
    const { stdout } = await connection.run(sh`echo "$RUN"`, { lock: 'alice' });
    await failure(connection.run(sh`read -r token pid <${join(folder, 'lock.holder')}; kill -9 "$pid"; sleep 1`));
    expect(existsSync(stdout.trim())).toBe(true);
    const other = await connect();
    const { stdout: live } = await other.run(sh`echo "$RUN"`);
    await (await connect()).run(sh`true`);
    expect([stdout.trim(), live.trim(), ...others].map((path) => existsSync(path))).toEqual([false, true, true, true]);
    for (const path of others) rmSync(path);
  });

  it('locks the host until the connection ends, and says who holds it', async () => {
    const first = await connect();
    await first.run(sh`true`, { lock: 'alice@laptop, provision apply' });
    expect((await first.run(sh`echo again`, { lock: 'alice@laptop, provision apply' })).stdout).toBe('again\n');

    // Another process has another token: here it is made to look so.
    await first.run(sh`sed -i '1s/^[0-9a-f]*/other/' ${join(folder, 'lock.holder')}`);
    const second = await connect();
    const error = await failure(second.run(sh`echo not run`, { lock: 'bob@desk, provision apply' }));
    expect(error.code).toBe('host-locked');
    expect(error.message).toMatch(
      /^the host is locked by alice@laptop, provision apply since 20\d\d-\d\d-\d\dT[\d:.]+Z$/,
    );
    expect((await second.run(sh`echo looking is fine`)).stdout).toBe('looking is fine\n');

    await first.close();
    expect((await second.run(sh`echo mine`, { lock: 'bob@desk, provision apply' })).stdout).toBe('mine\n');
  });

  it('tells scripts which run has locked the host, over all its connections', async () => {
    const first = await connect();
    const before = await first.run(sh`echo "by $PROVISION_HOLDER"`, { lock: 'alice' });
    const after = await first.run(sh`echo "by $PROVISION_HOLDER"`);
    await first.close();
    const next = await (await connect()).run(sh`echo "by $PROVISION_HOLDER"`, { lock: 'alice' });
    expect(before.stdout).toMatch(/^by \S{16,}\n$/);
    expect([after.stdout, next.stdout]).toEqual([before.stdout, before.stdout]);
  });

  it('does not leave the lock to a daemon', async () => {
    const first = await connect();
    await first.run(sh`sleep 3 & true`, { lock: 'alice' });
    await first.run(sh`sed -i '1s/^[0-9a-f]*/other/' ${join(folder, 'lock.holder')}`);
    await first.close();
    expect((await (await connect()).run(sh`echo free`, { lock: 'bob' })).stdout).toBe('free\n');
  });

  it('takes its own lock back when its connection was lost without the host knowing', async () => {
    const before = await connect();
    await before.run(sh`true`, { lock: 'alice' });
    const running = failure(before.run(sh`sleep 1; echo done >${join(folder, `${shell}-done`)}`));
    await delay(200);
    const after = await connect();
    const done = await after.run(sh`cat ${join(folder, `${shell}-done`)}`, { lock: 'alice' });
    expect(done.stdout).toBe('done\n');
    expect((await running).code).toBe('connection-lost');
  });

  it('leaves the lock to another host of this process that is the same machine', async () => {
    const first = await connect();
    await first.run(sh`true`, { lock: 'alice' });
    const twin = await connect({ name: 'twin' });
    const error = await failure(twin.run(sh`true`, { lock: 'alice' }));
    expect(error).toMatchObject({
      code: 'host-locked',
      message: `it is the same machine as ${first.host}, on which this run works already`,
      deadHolder: undefined,
    });
    expect((await first.run(sh`echo on`)).stdout).toBe('on\n');
    await first.close();
    const free = await vi.waitFor(() => twin.run(sh`echo mine`, { lock: 'alice' }), 5_000);
    expect(free.stdout).toBe('mine\n');
  });

  it('takes the lock over from a process that died, when its last step has ended', async () => {
    const before = await connect();
    await before.run(sh`true`, { lock: 'alice' });
    const { pid } = spawnSync('true');
    await before.run(sh`sed -i ${`1s/\\.[0-9]*\\./.${pid}./`} ${join(folder, 'lock.holder')}`);
    const running = failure(before.run(sh`sleep 1; echo done >${join(folder, `${shell}-last`)}`));
    await delay(200);
    const after = await connect();
    const error = await failure(after.run(sh`true`, { lock: 'bob' }));
    // The timeout of busybox becomes the program, and its limit is not seen.
    const limit = shell === 'busybox' ? '' : ', for 2 min at most';
    expect(error).toMatchObject({
      code: 'host-locked',
      message: expect.stringMatching(`^the last step of a dead run still goes on${limit}: alice since`),
      hint: expect.stringMatching(/end it on the host: `kill \d+`/),
    });
    const { deadHolder: lockFrom = '' } = error as HostLocked;
    expect(lockFrom).toContain(`.${pid}.`);
    const last = await after.run(sh`cat ${join(folder, `${shell}-last`)}`, { lock: 'bob', lockFrom });
    expect(last.stdout).toBe('done\n');
    expect((await running).code).toBe('connection-lost');
  });

  describe('runs quick scripts', () => {
    const quick = { isQuick: true };

    it('with status, output and error output apart, also one after another and between others', async () => {
      const connection = await connect();
      const results = await Promise.all([
        connection.run(sh`printf '%s\000\n\n' 'a\b'; printf '%s\n' 'e\r' >&2; exit 7`, quick),
        connection.run(sh`cat; read -r line || echo end`, quick),
        connection.run(sh`echo other`),
        connection.run(sh`if then fi (`, quick),
        connection.run(sh`[ $# = 0 ] && echo "$(umask) $PWD [$ID$E]"`, quick),
      ]);
      expect(results[0]).toEqual({ code: 7, stdout: 'a\\b\0\n\n', stderr: 'e\\r' });
      expect(results[1]?.stdout).toBe('end\n');
      expect(results[2]?.stdout).toBe('other\n');
      expect(results[3]?.code).not.toBe(0);
      expect(results[4]).toEqual({ code: 0, stdout: '0022 / []\n', stderr: '' });
      expect(connection.exchanges).toBe(5);
    });

    it('without a folder, which is made when one needs it', async () => {
      const connection = await connect();
      const before = await connection.run(sh`echo "[$RUN]"; ls -d /run/provision.$$.* 2>/dev/null`, quick);
      expect(before.stdout).toBe('[]\n');
      expect((await connection.run(sh`[ -d "$RUN" ] && echo made`)).stdout).toBe('made\n');
    });

    it('and those that are long', async () => {
      const text = `${'žluťoučký 🐎 '.repeat(40_000)}`;
      expect((await (await connect()).run(sh`printf %s ${text}`, quick)).stdout === text).toBe(true);
    });

    it('and ends what hangs, with all that it started, at the limit', async () => {
      const connection = await connect();
      const pidFile = join(folder, `${shell}-hung`);
      const hung = sh`( ( sh -c 'echo $$; exec sleep 60' ) >${pidFile} )`;
      const error = await failure(connection.run(hung, { ...quick, timeoutMs: 1_000 }));
      expect(error).toMatchObject({ code: 'command-timed-out', message: 'the command did not end within 1 s' });
      await ended(pidFile);
      expect(await failure(connection.run(sh`true`))).toMatchObject({
        code: 'connection-lost',
        message: 'the connection was lost: a look took too long',
      });
    });

    it('and ends them when the client is gone', async () => {
      const link = linkWith(shell, folder);
      const connection = await open(link);
      const pidFile = join(folder, `${shell}-left`);
      const running = failure(connection.run(sh`sh -c 'echo $$; exec sleep 60' >${pidFile}`, quick));
      await vi.waitFor(() => expect(readFileSync(pidFile, 'utf8')).toMatch(/^\d+\n$/), 5_000);
      await link.close();
      await ended(pidFile);
      expect((await running).code).toBe('connection-lost');
    });

    async function ended(pidFile: string): Promise<void> {
      const pid = readFileSync(pidFile, 'utf8').trim();
      await vi.waitFor(() => expect(existsSync(`/proc/${pid}/exe`)).toBe(false), 5_000);
    }
  });

  it('streams without losing what follows the hello', async () => {
    const connection = await connect();
    const stream = await connection.stream(sh`echo first; cat; echo ${"it's the end"}`);
    stream.end('and then\n');
    expect(await text(stream)).toBe("first\nand then\nit's the end\n");
  });

  it('streams megabytes both ways', async () => {
    const stream = await (await connect()).stream(sh`cat`);
    const block = Buffer.alloc(3 * 1024 * 1024, 'abcdefg\0');
    stream.end(block);
    expect(Buffer.from(await text(stream, 'latin1'), 'latin1').equals(block)).toBe(true);
  });

  it('fails the stream of a command that fails, with its reason', async () => {
    const stream = await (await connect()).stream(sh`echo some; echo because >&2; exit 3`);
    const error = await failure(text(stream));
    expect(error).toMatchObject({ code: 'command-failed', detail: 'because', host: 'web1' });
    expect(error.message).toBe('the streamed command exited with status 3');
  });
});

describe('a connection', { timeout: LIMIT_MS }, () => {
  const connect = () => open(linkWith('dash', folder));

  it('refuses inputs of a streamed command', async () => {
    await expect((await connect()).stream(sh`cat ${input('x')}`)).rejects.toThrow(TypeError);
  });

  it('has eight channels at most: who comes later waits', async () => {
    const connection = await connect();
    const streams = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(() => connection.stream(sh`cat`)));
    let isOpen = false;
    const eighth = connection.stream(sh`echo eighth`).then((stream) => {
      isOpen = true;
      return stream;
    });
    await delay(200);
    expect(isOpen).toBe(false);
    streams[0]?.destroy();
    expect(await text(await eighth)).toBe('eighth\n');
    for (const stream of streams) stream.destroy();
  });

  it('refuses output that is too large, and goes on', async () => {
    const connection = await connect();
    const error = await failure(connection.run(sh`head -c ${MAX_OUTPUT_BYTES + 1} /dev/zero`));
    expect(error).toMatchObject({ code: 'output-too-large', message: 'the command printed more than 64 MiB' });
    expect((await connection.run(sh`echo on`)).stdout).toBe('on\n');
  });

  it('refuses too large an output of a quick script, which nobody cuts off on the host', async () => {
    const connection = await connect();
    const error = await failure(connection.run(sh`cat /dev/zero`, { isQuick: true }));
    expect(error).toMatchObject({ code: 'output-too-large', message: 'the command printed more than 64 MiB' });
    expect(await failure(connection.run(sh`true`))).toMatchObject({ code: 'connection-lost' });
  });

  it('says so where no folder can be made', async () => {
    const link = linkWith('dash', folder);
    const open = (command: string) => link.open(command.replace('/run /dev/shm /tmp', '/proc/none'));
    const connection = await openRootShell({ ...link, open }, address);
    opened.push(connection);
    expect((await connection.run(sh`echo look`, { isQuick: true })).stdout).toBe('look\n');
    expect(await failure(connection.run(sh`true`))).toMatchObject({
      code: 'disk-full',
      message: 'no folder for temporary files could be made in /run, /dev/shm or /tmp',
    });
  });

  it('says so where the lock cannot be written', async () => {
    const lockFile = join(folder, 'no', 'such', 'folder');
    const connection = await openRootShell(linkWith('dash', folder), address, { lockFile });
    opened.push(connection);
    expect(await failure(connection.run(sh`true`, { lock: 'alice' }))).toMatchObject({ code: 'unsupported-host' });
  });

  it('never runs a script of which only a part arrived', async () => {
    const link = linkWith('dash', folder);
    const witness = join(folder, 'half');
    const half: Link = {
      ...link,
      async open(command) {
        const channel = await link.open(command);
        const write = channel.stdin.write.bind(channel.stdin);
        channel.stdin.write = ((chunk: Buffer) => {
          const isSent = write(chunk.subarray(0, -12));
          channel.stdin.end();
          return isSent;
        }) as typeof write;
        return channel;
      },
    };
    for (const isQuick of [false, true]) {
      const script = sh`touch ${witness}; : the rest of the script`;
      const error = await failure((await open(half)).run(script, { isQuick }));
      expect(error.code).toBe('connection-lost');
      await delay(200);
      expect(existsSync(witness)).toBe(false);
    }
  });

  it.each([
    ['prints before', 'echo motd; printf "no newline "; '],
    ['prints much before', 'head -c 300000 /dev/urandom; '],
    ['echoes its commands', 'set -x; set -v; '],
  ])('starts under a login shell that %s', async (_, rc) => {
    const link = linkWith('dash', folder);
    const connection = await open({ ...link, open: (command) => link.open(`${rc}${command}`) });
    expect((await connection.run(sh`echo ok`)).stdout).toBe('ok\n');
  });

  it('fails where the login shell does not start ours', async () => {
    const link = linkWith('dash', folder);
    const opening = open({ ...link, open: () => link.open('echo This account is currently not available.; exit 1') });
    expect(await failure(opening)).toMatchObject({
      code: 'shell-unusable',
      host: 'web1',
      detail: 'This account is currently not available.',
    });
  });

  it('fails where the login shell hangs', async () => {
    const link = linkWith('dash', folder);
    const hanging: Link = { ...link, open: () => link.open('echo waiting; sleep 5') };
    const opening = openRootShell(hanging, { ...address, connectTimeoutMs: 300 });
    expect(await failure(opening)).toMatchObject({ code: 'shell-unusable', detail: 'waiting' });
  });

  it('names the tool that a host lacks', async () => {
    const link = linkWith('dash', folder);
    const poor: Link = {
      ...link,
      open: (command) => link.open(command.replace(/PATH=\S+/, `PATH=${join(folder, 'dash')}`)),
    };
    const opening = open({ ...poor, open: (command) => poor.open(command.replace('env -i', '/usr/bin/env -i')) });
    expect(await failure(opening)).toMatchObject({ code: 'unsupported-host', message: 'the host has no `timeout`' });
  });

  it('cannot be used after it was closed', async () => {
    const connection = await connect();
    await connection.close();
    expect(await failure(connection.run(sh`true`))).toMatchObject({ code: 'connection-lost' });
    await expect(connection.stream(sh`true`)).rejects.toMatchObject({ code: 'connection-lost' });
  });
});

async function text(stream: AsyncIterable<Buffer>, encoding: BufferEncoding = 'utf8'): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString(encoding);
}
