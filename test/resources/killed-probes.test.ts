import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { file } from '../../src/resources/file.ts';
import { symlink } from '../../src/resources/symlink.ts';
import { user } from '../../src/resources/user.ts';
import { probeMetadata } from '../../src/shell/path-metadata.ts';
import { type Script, scriptText } from '../../src/shell/sh.ts';

const SHELLS = [['dash'], ['bash', '--norc', '--posix'], ['busybox', 'ash']];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-killed-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'file'), 'text\n');
  symlinkSync('file', join(folder, 'link'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The look's exit status where one program is killed by the kernel, as when memory runs out; undefined: none is. */
function look(script: Script, [shell = '', ...args]: readonly string[], program?: string): number | null {
  if (program !== undefined) {
    writeFileSync(join(folder, 'bin', program), '#!/bin/sh\nkill -9 $$\n');
    chmodSync(join(folder, 'bin', program), 0o755);
  }
  try {
    const env = { PATH: `${folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' };
    return spawnSync(shell, [...args, '-c', scriptText(script)], { env }).status;
  } finally {
    if (program !== undefined) rmSync(join(folder, 'bin', program));
  }
}

describe.each(SHELLS)('a look in %s, of which a program is killed', (...shell) => {
  const known = () => file({ path: join(folder, 'file'), content: 'text\n' });
  const cases: readonly (readonly [program: string, script: () => Script])[] = [
    ['stat', () => probeMetadata([join(folder, 'file'), join(folder, 'missing')])],
    ['sha256sum', () => file.probe([known().desired as Parameters<typeof file.probe>[0][number]])],
    [
      'readlink',
      () => symlink.probe([{ path: join(folder, 'link'), target: 'file', replaceFile: false, state: 'present' }]),
    ],
    ['getent', () => user.probe([user({ name: 'root' }).desired as Parameters<typeof user.probe>[0][number]])],
  ];

  it.each(cases)('fails without %s, for what it did not see is not taken for absent', (program, script) => {
    expect(look(script(), shell)).toBe(0);
    // busybox has these programs in itself, but for the last.
    if (shell[0] === 'busybox' && program !== 'getent') return;
    expect(look(script(), shell, program)).not.toBe(0);
  });
});
