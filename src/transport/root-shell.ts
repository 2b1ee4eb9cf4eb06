/** The one root shell of a host: scripts go in, status and output come out, framed. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProvisionError } from '../errors.ts';
import type { ScriptResult } from '../resources/contract.ts';
import { LOCK_FILE } from '../shell/lock-probe.ts';
import { reveal } from '../shell/secret.ts';
import { type Input, renderScript, type Script } from '../shell/sh.ts';
import { lastLines } from './become-errors.ts';
import { EXCHANGE_LOOP, MAX_OUTPUT_BYTES } from './bootstrap.ts';
import { connectionLost, notRun, timedOut } from './exchange-errors.ts';
import { lockToken } from './lock-token.ts';
import { pack } from './parcel.ts';
import { openRootChannel } from './root-channel.ts';
import { openRootStream } from './root-stream.ts';
import { slots } from './slots.ts';
import type { Connection, HostAddress, Link, RunOptions } from './types.ts';

export interface RootShellOptions {
  /** Path of the lock on the host; its holder is written beside it. */
  readonly lockFile?: string;
}

const DEFAULT_TIMEOUT_MS = 120_000;
/** The host ends a script at its limit, kills it 5 s later, and has these milliseconds to tell us. */
const GRACE_MS = 15_000;
/** timeout(1) exits 124, or 137 where it had to kill; that of busybox leaves the 143 of the script that it ended. */
const ENDED_BY_TIMEOUT: readonly string[] = ['124', '137', '143'];
/** How long a shell that was told to end, or whose stream has ended, is waited for. */
const CLOSE_LIMIT_MS = 2_000;
/** Since when this process holds its locks, whatever becomes of its connections. */
const STARTED_AT = new Date(performance.timeOrigin).toISOString();
/** sshd allows 10 sessions a connection (MaxSessions); two are left for others that share it. */
const MAX_CHANNELS = 8;

/**
 * Opens the root shell over a link, which then belongs to the connection.
 *
 * @throws ProvisionError `become-*`, `shell-unusable`, `unsupported-host`, `connection-lost`
 */
export async function openRootShell(
  link: Link,
  address: HostAddress,
  { lockFile = LOCK_FILE }: RootShellOptions = {},
): Promise<Connection> {
  const { channel, output, told, errorTail } = await openRootChannel(link, address, EXCHANGE_LOOP, [lockFile]);
  const [startOfHost = '', ...abilities] = told.split(' ');
  /** Nothing is on its way to this very machine. */
  let canUnpack = abilities.includes('gzip') && address.transport !== 'local';
  const takeSlot = slots(MAX_CHANNELS - 1);
  let exchanges = 0;
  let lostBecause: string | undefined;
  /** What the exchange fails with that was given up, where that says more than that the connection was lost. */
  let gaveUpWith: ProvisionError | undefined;
  let previous: Promise<unknown> = Promise.resolve();

  void channel.closed.then(({ reason }) => {
    lostBecause ??= reason ?? 'the root shell ended';
  });
  void link.closed.then((reason) => {
    lostBecause ??= reason;
  });

  async function exchange(script: Script, options: RunOptions): Promise<ScriptResult> {
    if (lostBecause !== undefined) throw lost(lostBecause);
    const id = randomBytes(16).toString('hex');
    const { timeoutMs = DEFAULT_TIMEOUT_MS, isQuick = false } = options;
    const limitS = Math.max(1, Math.ceil(timeoutMs / 1000));
    const bytes = await request(id, isQuick ? '-' : limitS, script, {
      token: lockToken(address.name),
      canUnpack,
      ...options,
    });
    const startedAt = performance.now();
    exchanges++;
    channel.stdin.write(bytes);
    const timer = isQuick
      ? setTimeout(() => giveUp('a look took too long', timedOut(address.name, limitS, undefined)), limitS * 1000)
      : setTimeout(giveUp, limitS * 1000 + GRACE_MS, `the host did not answer within ${limitS + GRACE_MS / 1000} s`);
    try {
      const { code, stdout, stderr } = await answer(id);
      if (code === 'packed') {
        // Its gzip is broken, or was killed, or there is room only for what is not compressed: nothing was run yet.
        canUnpack = false;
        return exchange(script, options);
      }
      const tookMs = performance.now() - startedAt;
      return result(code, stdout, stderr, tookMs >= limitS * 1000 ? limitS : undefined);
    } finally {
      clearTimeout(timer);
    }
  }

  async function answer(id: string): Promise<{ code: string; stdout: string; stderr: string }> {
    try {
      const stdout = await output.until(`\n${id} `, MAX_OUTPUT_BYTES + 1);
      const code = await output.line();
      const stderr = await output.until(`\n${id}\n`, MAX_OUTPUT_BYTES + 1);
      if (Math.max(stdout.length, stderr.length) > MAX_OUTPUT_BYTES) return { code: 'large', stdout: '', stderr: '' };
      return { code, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') };
    } catch (error) {
      if (error instanceof RangeError) giveUp('its output was too large', notRun(address.name, lockFile, 'large', ''));
      // The stream may end a moment before the reason is known.
      await gone();
      channel.destroy();
      throw gaveUpWith ?? lost(lostBecause ?? String(error), error);
    }
  }

  function result(code: string, stdout: string, stderr: string, timedOutS: number | undefined): ScriptResult {
    if (!/^\d+$/.test(code)) throw notRun(address.name, lockFile, code, stdout);
    // A script can exit with the status of one that was ended, but not at that very moment.
    if (timedOutS !== undefined && ENDED_BY_TIMEOUT.includes(code)) {
      throw timedOut(address.name, timedOutS, lastLines(stderr) ?? lastLines(stdout));
    }
    return { code: Number(code), stdout, stderr };
  }

  /** Settles when the shell is gone, or has had time enough to go. */
  async function gone(): Promise<void> {
    await Promise.race([channel.closed, link.closed, delay(CLOSE_LIMIT_MS, undefined, { ref: false })]);
  }

  /** Whatever the host still does, it does without us. */
  function giveUp(reason: string, error?: ProvisionError): void {
    lostBecause ??= reason;
    gaveUpWith ??= error;
    channel.destroy();
    void link.close();
  }

  function lost(reason: string, cause?: unknown): ProvisionError {
    return connectionLost(address.name, reason, errorTail(), cause);
  }

  return {
    host: address.name,
    startOfHost: startOfHost === '' ? undefined : startOfHost,

    get exchanges() {
      return exchanges;
    },

    run(script, options = {}) {
      const current = previous.then(() => exchange(script, options));
      previous = current.catch(() => {});
      return current;
    },

    async stream(command): Promise<Duplex> {
      const { text, inputs } = renderScript(command);
      if (inputs.length > 0) throw new TypeError('a streamed command cannot have inputs: it has no run folder');
      const freeSlot = await takeSlot();
      try {
        if (lostBecause !== undefined) throw lost(lostBecause);
        const stream = await openRootStream(link, address, text);
        stream.once('close', freeSlot);
        return stream;
      } catch (error) {
        freeSlot();
        throw error;
      }
    },

    async close() {
      lostBecause ??= 'it was closed';
      // The end of its input lets the shell remove its folder and end, which frees the lock.
      channel.stdin.end();
      if (!link.closesInOrder) await gone();
      await link.close();
    },
  };
}

/** Secrets are revealed here, on their way into the channel, and nowhere else but where passwords log in. */
async function request(
  id: string,
  limit: number | '-',
  script: Script,
  { token, canUnpack, lock, lockFrom = token }: RunOptions & { readonly token: string; readonly canUnpack: boolean },
): Promise<Buffer> {
  const { text, inputs } = renderScript(script);
  const files = [Buffer.from(text), ...inputs.map(inputBytes)];
  if (lock !== undefined) files.push(Buffer.from(`${lock}\n${STARTED_AT}\n`));
  const { sizes, bytes } = await pack(files, canUnpack);
  const header = `${id} ${limit} ${lock === undefined ? '- -' : `${token} ${lockFrom}`} ${sizes}\n`;
  return Buffer.concat([Buffer.from(header), bytes, Buffer.from(`${id}\n`)]);
}

function inputBytes({ content }: Input): Uint8Array {
  return content instanceof Uint8Array ? content : Buffer.from(reveal(content));
}
