/** How a machine is: its system, how long it has run, memory, disks, clock, and who works on it. */

import { type LockHolder, lockProbe, readLock } from '../shell/lock-probe.ts';
import { type Script, sh } from '../shell/sh.ts';

export interface SystemState {
  /** `Debian GNU/Linux 13 (trixie)`; empty where it does not say. */
  readonly system: string;
  /** The host's time, seconds since 1970. */
  readonly clockS: number;
  readonly uptimeS: number;
  readonly memory: { readonly totalKiB: number; readonly availableKiB: number } | undefined;
  /** The file systems of `/`, `/var` and Docker, each once. */
  readonly disks: readonly Disk[];
  /** Who holds the lock of the host, where somebody does. */
  readonly lock: LockHolder | undefined;
}

export interface Disk {
  /** Where it is mounted. */
  readonly path: string;
  readonly sizeKiB: number;
  readonly freeKiB: number;
  /** As df(1) has it: of what is not reserved for root. */
  readonly usedPercent: number;
}

export function systemProbe(lockFile?: string): Script {
  return sh`
    [ -r /etc/os-release ] && . /etc/os-release
    printf 'system %s\n' "\${PRETTY_NAME-}"
    date '+clock %s'
    read -r uptime _ </proc/uptime && printf 'uptime %s\n' "$uptime"
    sed -n 's/^\(Mem[TA][a-z]*\): *\([0-9]*\) kB$/\1 \2/p' /proc/meminfo
    df -Pk / /var /var/lib/docker 2>/dev/null | sed 's/^/disk /'
    ${lockProbe(lockFile)}
  `;
}

export function parseSystem(output: string): SystemState {
  const text = (pattern: RegExp) => pattern.exec(output)?.[1] ?? '';
  const number = (pattern: RegExp) => Number(text(pattern) || Number.NaN);
  const [totalKiB, availableKiB] = [number(/^MemTotal (\d+)$/m), number(/^MemAvailable (\d+)$/m)];
  return {
    system: text(/^system (.*)$/m),
    clockS: number(/^clock (\d+)$/m),
    uptimeS: number(/^uptime (\d+)/m),
    // MemAvailable came with Linux 3.14.
    memory: Number.isNaN(totalKiB + availableKiB) ? undefined : { totalKiB, availableKiB },
    disks: readDisks(output),
    lock: readLock(output),
  };
}

/** `disk /dev/vda1 20509264 4120432 15321692 22% /` of df(1), POSIX format. */
function readDisks(output: string): readonly Disk[] {
  const disks = new Map<string, Disk>();
  for (const [, size, free, used, path = ''] of output.matchAll(/^disk .* (\d+) +\d+ +(\d+) +(\d+)% (\/.*)$/gm)) {
    disks.set(path, { path, sizeKiB: Number(size), freeKiB: Number(free), usedPercent: Number(used) });
  }
  return [...disks.values()];
}
