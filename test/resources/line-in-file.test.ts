import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editLines, type LineEdit } from '../../src/resources/line-edit.ts';
import { type LineInFileInput, lineInFile } from '../../src/resources/line-in-file.ts';
import { converge, planned } from './local-target.ts';
import { shells } from './shells.ts';
import { changesOf } from './table.ts';

describe('editLines', () => {
  it.each<[Omit<LineEdit, 'state'> & { state?: 'absent' }, string, string]>([
    [{ line: 'a=1' }, '', 'a=1\n'],
    [{ line: 'a=1' }, 'b\na=1\n', 'b\na=1\n'],
    [{ line: 'a=1' }, 'b', 'b\na=1\n'],
    [{ line: 'a=1', match: '^#?a=' }, '#a=0\nb\na=2\nc\n', '#a=0\nb\na=1\nc\n'],
    [{ line: 'a=1', match: '^#?a=' }, 'b\n#a=1\n', 'b\na=1\n'],
    // What replaces it need not be found by the expression again.
    [{ line: 'on', match: '^off$' }, 'on\n', 'on\n'],
    [{ line: 'on', match: '^off$' }, 'on\noff\n', 'on\non\n'],
    [{ line: 'x', after: '^b' }, 'b1\nb2\nc\n', 'b1\nb2\nx\nc\n'],
    [{ line: 'x', before: '^b' }, 'b1\nb2\nc\n', 'b1\nx\nb2\nc\n'],
    [{ line: 'x', before: '^' }, 'a\nb\n', 'x\na\nb\n'],
    [{ line: 'x', after: 'nowhere' }, 'a\n', 'a\nx\n'],
    [{ line: 'a', state: 'absent' }, 'a\nba\na\n', 'ba\n'],
    [{ match: '^a', state: 'absent' }, 'a\nba\nab', 'ba\n'],
    [{ match: '^z', state: 'absent' }, 'a', 'a'],
  ])('%j in %j', (edit, before, after) => {
    const edited = editLines(before, { state: 'present', ...edit });
    expect(edited.content).toBe(after);
    expect(edited.removed === undefined && edited.added === undefined).toBe(before === after);
    expect(editLines(after, { state: 'present', ...edit }).content).toBe(after);
  });
});

const METADATA = { type: 'file', mode: '0640', uid: 0, gid: 0, owner: 'root', group: 'root', links: 1 } as const;

describe('lineInFile', () => {
  it.each<[Omit<LineInFileInput, 'path'>, string, object[]]>([
    [{ line: 'a' }, 'a\n', []],
    [{ line: 'ä' }, 'b\n', [{ action: 'create', what: 'line', to: 'ä' }]],
    [{ line: 'a=1', match: '^a=' }, 'a=2\n', [{ action: 'update', what: 'line', from: 'a=2', to: 'a=1' }]],
    [{ match: '^a=', state: 'absent' }, 'a=2\na=3\n', [{ action: 'delete', what: 'line', from: 'a=2 / a=3' }]],
    [{ line: 'a\tb' }, 'a b\na\tb\n', []],
    [{ line: 'a', mode: '0600' }, 'a\n', [{ action: 'update', what: 'mode', from: '0640', to: '0600' }]],
  ])('%j in %j', (input, content, changes) => {
    const actual = { metadata: METADATA, mounted: false, content };
    expect(changesOf(lineInFile, { path: '/a', ...input }, actual)).toEqual(changes);
  });

  it('makes no file of its own accord, and follows no link', () => {
    const link = { metadata: { ...METADATA, type: 'symlink' as const }, mounted: false, content: '' };
    expect(changesOf(lineInFile, { path: '/a', line: 'a' }, link)).toMatchObject([{ action: 'conflict' }]);
  });

  it.each<[object, string]>([
    [{ path: '/a' }, 'line-in-file: line: must be given'],
    [{ path: '/a', line: 'a\nb' }, 'line: must be one line'],
    [{ path: '/a', line: 'a\rb' }, 'line: must be one line'],
    [{ path: '/a', line: 'a', match: '(' }, 'match: must be a regular expression'],
    [{ path: '/a', line: 'a', after: 'b', before: 'c' }, 'takes after or before, not both'],
    [{ path: '/a', line: 'a', validate: ['visudo'] }, 'must hold %s as an argument'],
    [{ path: 'a', line: 'a' }, 'path: must be an absolute path'],
  ])('refuses %j', (input, message) => {
    expect(() => lineInFile(input as LineInFileInput)).toThrow(message);
  });
});

describe.each(shells())('lineInFile in %s', (_, options) => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lines-'));
    path = join(folder, "a 'file'");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('changes one line, and leaves bytes, owner and mode of the file as they are', async () => {
    writeFileSync(path, Buffer.from('\xff\xfe\n#A=0\nlast', 'latin1'));
    chmodSync(path, 0o604);
    const input = { path, match: '^#?A=', line: 'A=ü "1"\t$x' };
    expect(await converge(lineInFile, input, options)).toHaveLength(1);
    expect(readFileSync(path).toString('latin1')).toBe(
      `\xff\xfe\n${Buffer.from('A=ü "1"\t$x').toString('latin1')}\nlast\n`,
    );
    expect(statSync(path).mode & 0o777).toBe(0o604);
    expect(await converge(lineInFile, input, options)).toEqual([]);
  });

  it('tells that a file is not there yet, or makes it', async () => {
    expect(await planned(lineInFile, { path, line: 'a' }, options)).toBe(`there is no ${path} yet`);
    expect(await converge(lineInFile, { path, line: 'a', state: 'absent' }, options)).toEqual([]);
    expect(await converge(lineInFile, { path, line: 'a', create: true, mode: '0600' }, options)).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe('a\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps a file that its command refuses', async () => {
    writeFileSync(path, 'a\n');
    const input = { path, line: 'b', validate: ['grep', '-q', 'c', '%s'] };
    await expect(converge(lineInFile, input, options)).rejects.toThrow(/refused by grep/);
    expect(readFileSync(path, 'utf8')).toBe('a\n');
  });
});
