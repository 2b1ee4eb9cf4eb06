import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sudoers } from '../../src/resources/sudoers.ts';
import { converge, planned } from './local-target.ts';
import { type PrivateEtc, privateEtc } from './private-etc.ts';
import { changesOf, probeText } from './table.ts';

const rule = 'ann ALL=(ALL:ALL) NOPASSWD: ALL';

describe('sudoers', () => {
  it('looks at all files at once', () => {
    const script = probeText(sudoers, [
      { name: 'ann', rule },
      { name: 'bob', state: 'absent' },
    ]);
    expect(script).toContain('/etc/sudoers.d/ann /etc/sudoers.d/bob ');
    expect(script.match(/\| sha256sum -c/g)).toHaveLength(1);
  });

  it('shows the lines', () => {
    const actual = { metadata: undefined, mounted: false, sha256: undefined, bytes: undefined };
    expect(changesOf(sudoers, { name: 'ann', rule: [rule, 'Defaults:ann !lecture'] }, actual)).toEqual([
      {
        action: 'create',
        what: '',
        to: 'root:root 0440',
        text: { before: '', after: `${rule}\nDefaults:ann !lecture\n` },
      },
    ]);
  });

  it.each([
    [{ name: 'a.b', rule }, 'sudoers: name: must be a name that sudo reads'],
    [{ name: 'a~', rule }, 'sudoers: name: '],
    [{ name: '../x', rule }, 'sudoers: name: '],
    [{ name: 'ann' }, 'sudoers: rule: must be given'],
    [{ name: 'ann', rule: 'a\nb' }, 'sudoers: rule'],
  ])('refuses %j', (input, message) => {
    expect(() => sudoers(input)).toThrow(message);
  });
});

describe.each([['dash'], ['bash'], ['busybox ash']])('sudoers in %s', (shell) => {
  let machine: PrivateEtc;
  let folder: string;
  beforeEach(() => {
    machine = privateEtc({ shell: shell.split(' ') });
    folder = join(machine.etc, 'sudoers.d');
  });
  afterEach(() => machine.remove());

  it('converges, and is removed', async () => {
    await converge(sudoers, { name: 'ann', rule }, machine.options);
    expect(readFileSync(join(folder, 'ann'), 'utf8')).toBe(`${rule}\n`);
    expect(statSync(join(folder, 'ann')).mode & 0o7777).toBe(0o440);
    chmodSync(join(folder, 'ann'), 0o644);
    expect(await converge(sudoers, { name: 'ann', rule }, machine.options)).toEqual([
      { action: 'update', what: 'mode', from: '0644', to: '0440' },
    ]);
    await converge(sudoers, { name: 'ann', state: 'absent' }, machine.options);
    expect(existsSync(join(folder, 'ann'))).toBe(false);
    expect(await planned(sudoers, { name: 'ann', state: 'absent' }, machine.options)).toEqual([]);
  });

  it('never installs what visudo refuses', async () => {
    const before = readdirSync(folder);
    await expect(converge(sudoers, { name: 'ann', rule: 'ann ALL=(ALL' }, machine.options)).rejects.toThrow(
      /syntax error[\s\S]*\/etc\/sudoers.d\/ann was not changed/,
    );
    expect(readdirSync(folder)).toEqual(before);
  });

  it('is not refused for what was wrong before', async () => {
    const stray = join(folder, 'stray');
    writeFileSync(stray, 'not a rule\n', { mode: 0o440 });
    await converge(sudoers, { name: 'ann', rule }, machine.options);
    expect(readFileSync(join(folder, 'ann'), 'utf8')).toBe(`${rule}\n`);
    rmSync(stray);
  });

  // An alias that two files define is an error of both together, and of neither alone.
  it('takes back what clashes with another file', async () => {
    writeFileSync(join(folder, 'first'), 'User_Alias ADMINS = ann\n', { mode: 0o440 });
    await converge(sudoers, { name: 'second', rule }, machine.options);
    const clash = converge(sudoers, { name: 'second', rule: 'User_Alias ADMINS = bob' }, machine.options);
    await expect(clash).rejects.toThrow(/ADMINS[\s\S]*\/etc\/sudoers.d\/second was taken back/);
    expect(readFileSync(join(folder, 'second'), 'utf8')).toBe(`${rule}\n`);
    expect(statSync(join(folder, 'second')).mode & 0o7777).toBe(0o440);
    const fresh = converge(sudoers, { name: 'third', rule: 'User_Alias ADMINS = bob' }, machine.options);
    await expect(fresh).rejects.toThrow('/etc/sudoers.d/third was taken back');
    expect(existsSync(join(folder, 'third'))).toBe(false);
  });
});

it('says that sudo is missing', async () => {
  // visudo is in /usr/sbin.
  const machine = privateEtc({ shell: ['env', 'PATH=/usr/bin:/bin', 'sh'] });
  try {
    await expect(converge(sudoers, { name: 'ann', rule }, machine.options)).rejects.toThrow('sudo is not installed');
  } finally {
    machine.remove();
  }
});
