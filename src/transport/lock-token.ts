/** By what name this process holds a host's lock, and whether another holder of this machine has died. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const PROCESS = `${machine()}.${process.pid}.${randomBytes(8).toString('hex')}`;
/** The hosts that this process has tokens for. */
const hosts = new Map<string, string>();

/**
 * `MACHINE.PROCESS.RANDOM.HOST`: tells this process from all others, so that it can take its lock back after its connection was
 * lost; and its hosts from each other, for two of them may be the same machine.
 */
export function lockToken(host: string): string {
  const token = `${PROCESS}.${createHash('sha256').update(host).digest('hex').slice(0, 16)}`;
  hosts.set(token, host);
  return token;
}

/** The host for which this process holds a lock by that token. */
export function hostOfToken(token: string): string | undefined {
  return hosts.get(token);
}

/**
 * Whether the process behind a token is known to be gone: its lock is then taken over. The host may not know yet: it still ends a
 * step, or never saw the connection die. Of other machines, and of processes that another one may have succeeded, nothing is known.
 */
export function hasDied(token: string): boolean {
  const [where, pid = ''] = token.split('.');
  if (where !== machine() || !/^[1-9]\d*$/.test(pid)) return false;
  if (Number(pid) === process.pid) return !hosts.has(token);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // Of another user's process: it is there.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Where process numbers mean the same as here. */
function machine(): string {
  const marks = [hostname(), process.getuid?.(), ...kernelMarks()];
  return createHash('sha256').update(marks.join('\0')).digest('hex').slice(0, 16);
}

/** On Linux: this start of this kernel, and this container in it. */
function kernelMarks(): string[] {
  try {
    return [readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), readlinkSync('/proc/self/ns/pid')];
  } catch {
    return [];
  }
}
