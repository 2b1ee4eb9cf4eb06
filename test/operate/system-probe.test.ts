import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseSystem, systemProbe } from '../../src/operate/system-probe.ts';
import { runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'system-'));
const LOCK = join(FOLDER, 'it is.lock');

afterAll(() => rmSync(FOLDER, { recursive: true }));

describe('what a machine tells of itself', () => {
  it('is read', () => {
    const output = `system Debian GNU/Linux 13 (trixie)
clock 1795250443
uptime 30031.42
MemTotal 24684092
MemAvailable 23692992
disk Filesystem     1024-blocks    Used Available Capacity Mounted on
disk /dev/mapper/a b   264212084 4120432  74197760      31% /
disk /dev/vda1            100000   50000     50000      50% /var/lib/with blank
disk /dev/vda1            100000   50000     50000      50% /var/lib/with blank
lock 2026-11-21T03:12:45.120Z alice@laptop, provision apply, process 12
`;
    expect(parseSystem(output)).toEqual({
      system: 'Debian GNU/Linux 13 (trixie)',
      clockS: 1_795_250_443,
      uptimeS: 30_031,
      memory: { totalKiB: 24_684_092, availableKiB: 23_692_992 },
      disks: [
        { path: '/', sizeKiB: 264_212_084, freeKiB: 74_197_760, usedPercent: 31 },
        { path: '/var/lib/with blank', sizeKiB: 100_000, freeKiB: 50_000, usedPercent: 50 },
      ],
      lock: { by: 'alice@laptop, provision apply, process 12', since: '2026-11-21T03:12:45.120Z' },
    });
  });

  it('may be nothing', () => {
    expect(parseSystem('')).toEqual({
      system: '',
      clockS: Number.NaN,
      uptimeS: Number.NaN,
      memory: undefined,
      disks: [],
      lock: undefined,
    });
  });
});

describe.each(shells())('the look at a machine in %s', (_, options) => {
  it('tells all of it', async () => {
    const { code, stdout, stderr } = await runScript(systemProbe(LOCK), options);
    const { clockS, uptimeS, memory, disks, lock } = parseSystem(stdout);
    expect({ code, stderr, lock }).toEqual({ code: 0, stderr: '', lock: undefined });
    expect(Math.abs(clockS - Date.now() / 1000)).toBeLessThan(5);
    expect(uptimeS).toBeGreaterThan(0);
    expect(memory?.totalKiB).toBeGreaterThan(memory?.availableKiB ?? 0);
    expect(disks.find(({ path }) => path === '/')?.sizeKiB).toBeGreaterThan(0);
  });

  it('names who holds the lock, and nobody when that one is gone', async () => {
    // As the root shell holds it: open as its descriptor 9.
    const holder = spawn('sh', ['-c', 'exec 9>>"$1"; echo ready; read -r _', 'sh', LOCK]);
    await once(holder.stdout, 'data');
    writeFileSync(`${LOCK}.holder`, `token ${holder.pid}\nbob@desk, provision apply\n2026-11-21T03:12:45.120Z\n`);
    const held = parseSystem((await runScript(systemProbe(LOCK), options)).stdout);
    expect(held.lock).toEqual({ by: 'bob@desk, provision apply', since: '2026-11-21T03:12:45.120Z' });
    holder.stdin.end();
    await once(holder, 'close');
    expect(parseSystem((await runScript(systemProbe(LOCK), options)).stdout).lock).toBeUndefined();
  });
});
