import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemdUnit } from '../../src/resources/systemd-unit.ts';
import { converge, planned } from './local-target.ts';
import { type PrivateEtc, privateEtc } from './private-etc.ts';
import { shells } from './shells.ts';
import { desired, probeText } from './table.ts';

const CONTENT = '[Service]\nExecStart=/bin/true\n';

describe('systemd-unit', () => {
  it('asks systemd once', () => {
    const text = probeText(systemdUnit, [
      { name: 'a', content: CONTENT },
      { name: 'b.timer', state: 'absent' },
    ]);
    expect(text.match(/systemctl/g)).toHaveLength(1);
    expect(text).toContain(
      "systemctl show -p Id,LoadState,NeedDaemonReload a.service b.timer 2>/dev/null | sed 's/^/unit /'",
    );
  });

  it('reads one block per unit', () => {
    const all = desired(systemdUnit, [
      { name: 'a', content: CONTENT },
      { name: 'b', content: CONTENT },
      { name: 'masked', dropIn: 'limits', content: CONTENT },
    ]);
    const output = [
      ['alias', 'loaded', 'no'],
      ['b', 'loaded', 'yes'],
      ['masked', 'masked', 'yes'],
    ]
      .map(([id, load, reload]) => `unit Id=${id}.service\nunit LoadState=${load}\nunit NeedDaemonReload=${reload}\n`)
      .join('unit \n');
    expect(systemdUnit.parse(output, all).map((actual) => 'needsReload' in actual && actual.needsReload)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it.each(['$(touch /tmp/x)', '-rf', 'a b', '../a', 'a/b', 'a\nb', ''])('refuses the name %j', (name) => {
    expect(() => systemdUnit({ name, content: CONTENT })).toThrow(/systemd-unit: name/);
  });

  it('names a drop-in after its file', () => {
    expect(systemdUnit({ name: 'nginx', dropIn: 'limits', content: '' }).id).toBe(
      'systemd-unit:nginx.service.d/limits.conf',
    );
    expect(() => systemdUnit({ name: 'nginx', dropIn: '../x', content: '' })).toThrow(/systemd-unit: dropIn/);
  });

  it('wants a content where there shall be a file, and nowhere else', () => {
    expect(() => systemdUnit({ name: 'a' })).toThrow(/content: must be given/);
    expect(() => systemdUnit({ name: 'a', content: '', state: 'absent' })).toThrow(/content: must be given/);
  });
});

describe.each(shells())('systemd-unit in %s', (_, options) => {
  let etc: PrivateEtc;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'systemctl-'));
    // Stands in for systemd: it notes what it is told, and says of the file `stale` whether it must be told more.
    const code = `#!/bin/sh
      case $1 in
        show) echo Id=a.service; echo "NeedDaemonReload=$(cat ${folder}/stale)" ;;
        *) echo "$*" >>${folder}/calls; echo no >${folder}/stale ;;
      esac`;
    writeFileSync(join(folder, 'systemctl'), code);
    chmodSync(join(folder, 'systemctl'), 0o755);
    writeFileSync(join(folder, 'stale'), 'no\n');
    const path = options.env?.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin';
    etc = privateEtc({ ...options, env: { PATH: `${folder}:${path}` } });
  });
  afterEach(() => {
    etc.remove();
    rmSync(folder, { recursive: true });
  });

  const calls = () => (existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8') : '');
  const unit = () => join(etc.etc, 'systemd/system/provision-test.service');

  function writeUnit(): void {
    mkdirSync(dirname(unit()), { recursive: true });
    writeFileSync(unit(), CONTENT);
  }

  it('writes the file and tells systemd', async () => {
    const wish = { name: 'provision-test', content: CONTENT };
    expect(await converge(systemdUnit, wish, etc.options)).toMatchObject([{ action: 'create', what: '' }]);
    expect(readFileSync(unit(), 'utf8')).toBe(CONTENT);
    expect(calls()).toBe('daemon-reload\n');
    expect(await planned(systemdUnit, wish, etc.options)).toEqual([]);
  });

  it('tells systemd of a file that was changed behind its back', async () => {
    writeUnit();
    writeFileSync(join(folder, 'stale'), 'yes\n');
    const wish = { name: 'provision-test', content: CONTENT };
    expect(await converge(systemdUnit, wish, etc.options)).toEqual([
      { action: 'update', what: 'known to systemd', from: 'an older file', to: 'the file as it is' },
    ]);
    expect(calls()).toBe('daemon-reload\n');
  });

  it('adds to a unit, and takes that away without stopping it', async () => {
    const wish = { name: 'provision-test', dropIn: 'limits', content: CONTENT };
    expect(await converge(systemdUnit, wish, etc.options)).toMatchObject([{ action: 'create', what: '' }]);
    const path = join(etc.etc, 'systemd/system/provision-test.service.d/limits.conf');
    expect(readFileSync(path, 'utf8')).toBe(CONTENT);
    await converge(systemdUnit, { name: 'provision-test', dropIn: 'limits', state: 'absent' }, etc.options);
    expect(existsSync(path)).toBe(false);
    expect(calls()).toBe('daemon-reload\ndaemon-reload\n');
  });

  it('stops a unit before it takes its file away', async () => {
    writeUnit();
    await converge(systemdUnit, { name: 'provision-test', state: 'absent' }, etc.options);
    expect(existsSync(unit())).toBe(false);
    expect(calls()).toBe('disable -q --now provision-test.service\ndaemon-reload\n');
  });
});
