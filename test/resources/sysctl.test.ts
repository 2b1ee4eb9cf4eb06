import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/resources/contract.ts';
import { type SysctlInput, sysctl } from '../../src/resources/sysctl.ts';
import { joinScripts, type Script, sh } from '../../src/shell/sh.ts';
import { runScript } from './local-target.ts';
import { type PrivateEtc, privateEtc } from './private-etc.ts';
import { shells } from './shells.ts';
import { changesOf, desired, probeText } from './table.ts';
import { wholeProbe } from './whole-probe.ts';

const NO_FILE = { metadata: undefined, mounted: false, sha256: undefined, bytes: undefined };

describe('sysctl', () => {
  it('reads all settings with one process', () => {
    const text = probeText(sysctl, [
      { name: 'net.core.somaxconn', value: 1 },
      { name: 'net.ipv4.conf.eth0/100.forwarding', value: 1 },
    ]);
    expect(text).toContain("grep -sH '' /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/conf/eth0.100/forwarding || :");
  });

  it('reads the running value, and that there is none', () => {
    const all = desired(sysctl, [
      { name: 'net.ipv4.ip_local_port_range', value: '1 2' },
      { name: 'net.ipv4.nosuch', value: 1 },
    ]);
    const running = sysctl
      .parse('/proc/sys/net/ipv4/ip_local_port_range:32768\t60999\n', all)
      .map((actual) => ('running' in actual ? actual.running : actual));
    expect(running).toEqual(['32768\t60999', undefined]);
  });

  it.each([
    { running: '4096', value: 4096, now: [] },
    { running: '20000\t60000', value: '20000  60000', now: [] },
    { running: '128', value: 4096, now: [{ action: 'update', what: 'now', from: '128', to: '4096' }] },
    { running: undefined, value: 4096, now: [{ action: 'update', what: 'now', from: undefined, to: '4096' }] },
  ])('$running against $value: $now', ({ running, value, now }) => {
    const [boot, ...rest] = changesOf(sysctl, { name: 'net.core.somaxconn', value }, { running, file: NO_FILE });
    expect(boot).toMatchObject({ action: 'create', what: 'after a boot' });
    expect(rest).toEqual(now);
  });

  it.each(['$(touch /tmp/x)', '-w', 'a', 'a b.c', 'net..x', '../../etc/passwd', 'net.*.x', 'net.x\n', ''])(
    'refuses the name %j',
    (name) => {
      expect(() => sysctl({ name, value: 1 })).toThrow(/sysctl: name/);
    },
  );

  it.each(['', ' ', '1\n2'])('refuses the value %j', (value) => {
    expect(() => sysctl({ name: 'net.core.somaxconn', value })).toThrow(/sysctl: value/);
  });
});

/** A network namespace has settings of its own, which end with it: all of it is one script. */
function throughout(input: SysctlInput, etc: PrivateEtc) {
  const { kind, desired } = sysctl(input);
  const { shell = [], env = {} } = etc.options;
  return {
    async run(...scripts: readonly Script[]) {
      const marked = scripts.map((script) => joinScripts([sh`(`, script, sh`) || exit; echo --mark--`]));
      const result = await runScript(joinScripts(marked), { shell: ['/usr/bin/unshare', '-n', ...shell], env });
      return { ...result, parts: result.stdout.split('--mark--\n') };
    },
    probe: wholeProbe(kind, [desired]),
    changes(output = ''): readonly Change[] {
      return kind.diff(desired, kind.parse(output, [desired])[0]);
    },
    apply(output = ''): Script {
      const [actual] = kind.parse(output, [desired]);
      return kind.apply?.(desired, kind.diff(desired, actual), actual) ?? sh``;
    },
  };
}

describe.each(shells())('sysctl in %s', (_, options) => {
  it('sets a value, now and after a boot', async () => {
    const etc = privateEtc(options);
    try {
      const host = throughout({ name: 'net.ipv4.ip_local_port_range', value: '20000 60000' }, etc);
      const before = await host.run(host.probe);
      expect(host.changes(before.parts[0]).map(({ what }) => what)).toEqual(['after a boot', 'now']);
      const after = await host.run(host.apply(before.parts[0]), host.probe);
      expect(after.stderr).toBe('');
      expect(host.changes(after.parts[1])).toEqual([]);
    } finally {
      etc.remove();
    }
  });

  it('has the last word after a boot, in place of the file of before', async () => {
    const etc = privateEtc(options);
    const folder = join(etc.etc, 'sysctl.d');
    mkdirSync(folder);
    symlinkSync('../sysctl.conf', join(folder, '99-sysctl.conf'));
    writeFileSync(join(folder, '60-provision-net.ipv4.ip_forward.conf'), 'net.ipv4.ip_forward = 1\n');
    try {
      const host = throughout({ name: 'net.ipv4.ip_forward', value: 1 }, etc);
      const before = await host.run(host.probe);
      const after = await host.run(host.apply(before.parts[0]), host.probe);
      expect(after).toMatchObject({ code: 0, stderr: '' });
      expect(host.changes(after.parts[1])).toEqual([]);
      expect(readdirSync(folder).sort()).toEqual(['99-sysctl.conf', '99-zz-provision-net.ipv4.ip_forward.conf']);
    } finally {
      etc.remove();
    }
  });

  it.each([
    { name: 'net.ipv4.nosuch', value: 1, says: 'the kernel has no setting net.ipv4.nosuch; a module may be missing\n' },
    { name: 'net.ipv4.ip_forward', value: 'maybe', says: 'the kernel refuses maybe for net.ipv4.ip_forward\n' },
  ])('leaves no file where the kernel will not have it: $says', async ({ name, value, says }) => {
    const etc = privateEtc(options);
    try {
      const host = throughout({ name, value }, etc);
      const before = await host.run(host.probe);
      expect(await host.run(host.apply(before.parts[0]))).toMatchObject({ code: 1, stderr: says });
      const after = await host.run(host.probe);
      expect(host.changes(after.parts[0])[0]).toMatchObject({ action: 'create', what: 'after a boot' });
    } finally {
      etc.remove();
    }
  });
});
