import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directory } from '../../src/resources/directory.ts';
import type { Metadata } from '../../src/shell/path-metadata.ts';
import { converge, planned } from './local-target.ts';
import { shells } from './shells.ts';
import { applied, changesOf, desired, probeText } from './table.ts';

const found: Metadata = { type: 'directory', mode: '0755', uid: 0, gid: 0, owner: 'root', group: 'root', links: 2 };

describe('directory', () => {
  it('looks at all folders with one process', () => {
    expect(probeText(directory, [{ path: '/srv/a' }, { path: '/srv/b c' }]).trimEnd()).toBe(
      [
        'killed=',
        'exec 4>/dev/null',
        '[ -w / ] || exec 4>&1',
        `stat -c '%f %h %u %g:%U:%G:%n' /srv/a '/srv/b c' 2>&4`,
        '[ $? -lt 128 ] || killed=yes',
        '[ -z "$killed" ]',
      ].join('\n'),
    );
  });

  it('splits what no argument list could hold', () => {
    const many = [...Array(900).keys()].map((i) => ({ path: `/srv/${i}` }));
    expect(probeText(directory, many).match(/stat -c/g)).toHaveLength(3);
  });

  it('reads what stat prints', () => {
    const output = '41ed 3 0 0:root:root:/srv/a\n43ff 2 33 33:www-data:UNKNOWN:/srv/b c\n';
    expect(directory.parse(output, desired(directory, [{ path: '/srv/b c' }, { path: '/no' }]))).toEqual([
      {
        metadata: { type: 'directory', mode: '1777', uid: 33, gid: 33, owner: 'www-data', group: 'UNKNOWN', links: 2 },
      },
      { metadata: undefined },
    ]);
  });

  it.each([
    [{}, found, undefined],
    [{ state: 'absent' as const }, found, 'rmdir /srv/a'],
    [{ state: 'absent' as const }, undefined, undefined],
  ])('%j on %j: %s', (input, metadata, script) => {
    expect(applied(directory, { path: '/srv/a', ...input }, { metadata })).toBe(script);
  });

  it('makes a folder that nobody can enter before it is theirs', () => {
    const script = applied(
      directory,
      { path: '/srv/a', owner: 33, group: 'app', mode: '2770' },
      { metadata: undefined },
    );
    expect(script).toContain('mkdir -p /srv && mkdir -m 0700 /srv/a || exit\n');
    expect(script).toContain('chown 33:app /proc/self/fd/3 && chmod 02770 /proc/self/fd/3 || exit');
  });

  it('says what stands in the way', () => {
    expect(changesOf(directory, { path: '/srv/a' }, { metadata: { ...found, type: 'file' } })).toEqual([
      {
        action: 'conflict',
        what: 'in the way',
        from: 'a file',
        to: 'a folder',
        hint: 'Move it away, or choose another path.',
      },
    ]);
  });
});

describe.each(shells())('directory in %s', (_, options) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'directory-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(['a', "a b/it's $(touch x)/-rf", 'ünï'])('makes, mends and removes %j', async (name) => {
    const path = join(folder, name);
    await converge(directory, { path, mode: '2750', group: 'daemon' }, options);
    const { mode, gid } = statSync(path);
    expect([mode & 0o7777, gid]).toEqual([0o2750, 1]);
    chmodSync(path, 0o700);
    expect(await converge(directory, { path, mode: '2750', group: 'daemon' }, options)).toEqual([
      { action: 'update', what: 'mode', from: '0700', to: '2750' },
    ]);
    await converge(directory, { path, mode: '0700' }, options);
    expect(await planned(directory, { path, mode: '0700' }, options)).toEqual([]);
    await converge(directory, { path, state: 'absent' }, options);
  });

  it('makes folders above it as root’s, 0755', async () => {
    await converge(directory, { path: join(folder, 'a/b'), mode: '0700', owner: 'daemon' }, options);
    const { mode, uid } = statSync(join(folder, 'a'));
    expect([mode & 0o7777, uid]).toEqual([0o755, 0]);
  });

  it('does not remove what is not empty', async () => {
    writeFileSync(join(folder, 'f'), '');
    await expect(converge(directory, { path: folder, state: 'absent' }, options)).rejects.toThrow(/not empty/i);
  });

  it('leaves a link alone', async () => {
    symlinkSync('/etc', join(folder, 'a'));
    expect(await planned(directory, { path: join(folder, 'a') }, options)).toMatchObject([
      { action: 'conflict', from: 'a symbolic link' },
    ]);
  });
});
