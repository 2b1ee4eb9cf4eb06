import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { symlink } from '../../src/resources/symlink.ts';
import { converge, planned, runScript } from './local-target.ts';
import { shells } from './shells.ts';
import { changesOf, desired } from './table.ts';

describe('symlink', () => {
  it('reads what the probe prints', () => {
    const output = 'directory /b\nfile /c\nlink /a\n to\n nowhere\nlink /e\n';
    const all = ['/c', '/a', '/d', '/b'].map((path) => ({ path, target: 'x' }));
    expect(symlink.parse(output, desired(symlink, all))).toEqual([
      { type: 'file', target: '' },
      { type: 'symlink', target: 'to\nnowhere' },
      { type: 'nothing', target: '' },
      { type: 'directory', target: '' },
    ]);
  });

  it('reads what the probe prints where one process read all links', () => {
    const output = 'directory /b\nlinks 2\n/a\n/c\n/c\nfile /b\n';
    const all = ['/c', '/a', '/d', '/b'].map((path) => ({ path, target: 'x' }));
    expect(symlink.parse(output, desired(symlink, all))).toEqual([
      { type: 'symlink', target: 'file /b' },
      { type: 'symlink', target: '/c' },
      { type: 'nothing', target: '' },
      { type: 'directory', target: '' },
    ]);
  });

  it.each([
    [{ target: 'x' }, { type: 'symlink', target: 'x' }, []],
    [{ target: 'x' }, { type: 'nothing', target: '' }, [{ action: 'create', what: '', to: 'x' }]],
    [{ target: 'x' }, { type: 'symlink', target: 'y' }, [{ action: 'update', what: 'target', from: 'y', to: 'x' }]],
    [
      { target: 'x', replaceFile: true },
      { type: 'file', target: '' },
      [{ action: 'update', what: 'type', from: 'a file', to: 'a link to x' }],
    ],
    [{ state: 'absent' }, { type: 'nothing', target: '' }, []],
    [{ state: 'absent' }, { type: 'symlink', target: 'y' }, [{ action: 'delete', what: '', from: 'y' }]],
  ] as const)('%j on %j', (input, actual, changes) => {
    expect(changesOf(symlink, { path: '/a', ...input }, actual)).toEqual(changes);
  });

  it.each([
    [{ target: 'x' }, 'file', 'Move it away, or set replaceFile, which replaces it by the link.'],
    [{ target: 'x', replaceFile: true }, 'directory', 'Move it away, or choose another path.'],
    [{ state: 'absent' }, 'directory', 'Move it away, or choose another path.'],
  ] as const)('refuses %j over a %s', (input, type, hint) => {
    expect(changesOf(symlink, { path: '/a', ...input }, { type, target: '' })).toMatchObject([
      { action: 'conflict', what: 'in the way', hint },
    ]);
  });

  it.each([
    [{ path: '/a' }, 'symlink: target: must be given'],
    [{ path: '/a', target: '' }, 'symlink: target: '],
    [{ path: '/a', target: 'x\ny' }, 'symlink: target: must be one line'],
  ])('refuses %j', (input, message) => {
    expect(() => symlink(input)).toThrow(message);
  });
});

describe.each(shells())('symlink in %s', (_, options) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'symlink-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ['a', '/etc'],
    ["it's $(touch x)", '-rf * \\n "%s"'],
    ['ünï', '../☃'],
  ])('links %j to %j, then elsewhere', async (name, target) => {
    const path = join(folder, name);
    await converge(symlink, { path, target }, options);
    expect(readlinkSync(path)).toBe(target);
    expect(await planned(symlink, { path, target }, options)).toEqual([]);
    // A link to a folder is replaced, and nothing is made inside that folder.
    await converge(symlink, { path, target: folder }, options);
    await converge(symlink, { path, target: 'other' }, options);
    expect(readlinkSync(path)).toBe('other');
    expect(readdirSync(folder)).toEqual([name]);
    await converge(symlink, { path, state: 'absent' }, options);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('reads where links point to, even over several lines', async () => {
    const targets = ['plain', ' a\n\nb ', '\\n'];
    const links = targets.map((target, i) => ({ path: join(folder, `l${i}`), target }));
    for (const { path, target } of links) symlinkSync(target, path);
    for (const some of [links, links.filter((_, i) => i !== 1)]) {
      const all = some.map(({ path }) => ({ path, target: 'x', state: 'present', replaceFile: false }) as const);
      const { stdout } = await runScript(symlink.probe(all), options);
      expect(symlink.parse(stdout, all)).toEqual(some.map(({ target }) => ({ type: 'symlink', target })));
    }
  });

  it('replaces a file only when asked to, a folder never', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'x');
    expect(await planned(symlink, { path, target: 'x' }, options)).toMatchObject([{ action: 'conflict' }]);
    await converge(symlink, { path, target: 'x', replaceFile: true }, options);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    mkdirSync(join(folder, 'd'));
    expect(await planned(symlink, { path: join(folder, 'd'), target: 'x', replaceFile: true }, options)).toMatchObject([
      { action: 'conflict' },
    ]);
  });

  it('leaves what a removed link points to', async () => {
    symlinkSync(folder, join(folder, 'a'));
    await converge(symlink, { path: join(folder, 'a'), state: 'absent' }, options);
    expect(readdirSync(folder)).toEqual([]);
  });
});
