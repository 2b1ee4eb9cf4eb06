import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isUnknown } from '../../src/resources/contract.ts';
import { type ActualFile, type FileInput, file } from '../../src/resources/file.ts';
import type { Metadata } from '../../src/shell/path-metadata.ts';
import { Secret, text } from '../../src/shell/secret.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { converge, planned, runScript } from './local-target.ts';
import { shells } from './shells.ts';
import { applied, changesOf, desired, probeText } from './table.ts';
import { wholeProbe } from './whole-probe.ts';

const plain: Metadata = { type: 'file', mode: '0644', uid: 0, gid: 0, owner: 'root', group: 'root', links: 1 };
const hello = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';

function actual(state: Partial<ActualFile> & { metadata?: Metadata | undefined }): ActualFile {
  return { metadata: plain, mounted: false, sha256: undefined, bytes: undefined, ...state };
}

describe('file', () => {
  const secret = Secret.named('key', 'hunter2');

  it('looks at all files with one stat and one sha256sum', () => {
    const script = probeText(file, [
      { path: '/etc/motd', content: 'hello\n' },
      { path: '/etc/a b', content: 'hello\n' },
    ]);
    expect(script).toContain(`stat -c '%f %h %u %g:%U:%G:%n' /etc/motd '/etc/a b' `);
    expect(script).toContain(`expect /etc/motd ${hello}\nexpect '/etc/a b' ${hello}\n`);
    expect(script.match(/\| sha256sum -c/g)).toHaveLength(1);
  });

  it('keeps what holds a secret out of the probe, its hash as well', () => {
    const [open, hidden] = [
      { path: '/a', content: text`k=${Secret.named('unknown')}` },
      { path: '/b', content: secret },
    ];
    const script = probeText(file, [open, hidden]);
    expect(script).toContain('for path in /a /b; do');
    expect(script).not.toMatch(/hunter2|[0-9a-f]{64}/);
  });

  it('refuses what is no pattern for lines with secrets', () => {
    expect(() => file({ path: '/a', content: '', secretLines: '(' })).toThrow(
      /secretLines: must be a regular expression/,
    );
  });

  it('is left as it is while something holds it, and tells what waits', async () => {
    const wish = { path: '/etc/motd', content: 'hello\n', heldBy: '/held' };
    const held = (why: string) => ({ why, content: undefined });
    const other = actual({ held: held('somebody looks into it'), bytes: Buffer.from('old\n') });
    expect(changesOf(file, wish, other)).toEqual([]);
    const [state] = desired(file, [wish]);
    expect(file.remark?.(state as never, other)).toBe('/etc/motd is held: somebody looks into it');
    expect(file.remark?.(state as never, { ...other, held: held('') })).toBe(
      '/etc/motd is held: a file in /held says that it stays as it is',
    );
    expect(file.remark?.(state as never, actual({ held: held('by a test'), sha256: hello }))).toBeUndefined();
    expect(changesOf(file, wish, actual({ bytes: Buffer.from('old\n') }))).toHaveLength(1);
    expect(changesOf(file, wish, actual({ held: held(''), metadata: undefined }))).toMatchObject([
      { action: 'create' },
    ]);
    expect(file.parse('held by /held\nby a test\nas \n', [state as never])).toMatchObject([
      { held: held('by a test') },
    ]);
    expect(file.parse('held by /other\nby a test\nas \n', [state as never])).toMatchObject([{ held: undefined }]);
  });

  it('is put back where it is held, and was changed by hand', () => {
    const wish = { path: '/etc/motd', content: 'new\n', heldBy: '/held' };
    const [state] = desired(file, [wish]);
    const [seen] = file.parse(`held by /held\nby a test\nas ${hello} /held.cfg\n`, [state as never]) as ActualFile[];
    const as = (text: string) => actual({ held: seen?.held, bytes: Buffer.from(text) });
    expect(changesOf(file, wish, as('hello\n'))).toEqual([]);
    expect(changesOf(file, wish, as('hello\n# by hand\n'))).toMatchObject([
      { action: 'update', what: 'content', from: 'changed by hand', to: 'as it is held' },
    ]);
    // Too long to be seen.
    expect(changesOf(file, wish, actual({ held: seen?.held, bytes: undefined }))).toEqual([]);
    const changes = changesOf(file, wish, as('by hand\n'));
    expect(scriptText(file.apply?.(state as never, changes, as('by hand\n')) as never)).toContain('cat /held.cfg');
  });

  it('reads what the probe prints', () => {
    const all = desired(file, [
      { path: '/etc/motd', content: 'hello\n' },
      { path: '/etc/a b', content: 'hello\n' },
      { path: '/etc/key', content: secret },
      { path: '/etc/none', content: 'x' },
    ]);
    const output = [
      '81a4 1 0 0:root:root:/etc/motd',
      '8180 2 1000 7:alice:domain users:/etc/a b',
      '81a4 1 0 0:root:root:/etc/key',
      'mounted /etc/a\\040b',
      '/etc/motd: OK',
      'content /etc/a b',
      'aGVsbA==',
      'content /etc/key',
      'aHVudGVyMQ==',
      `${'0'.repeat(64)}  /etc/key`,
      '',
    ].join('\n');
    expect(file.parse(output, all)).toEqual([
      actual({ sha256: hello }),
      actual({
        metadata: { type: 'file', mode: '0600', uid: 1000, gid: 7, owner: 'alice', group: 'domain users', links: 2 },
        mounted: true,
        bytes: Buffer.from('hell'),
      }),
      actual({ sha256: '0'.repeat(64), bytes: Buffer.from('hunter1') }),
      actual({ metadata: undefined }),
    ]);
  });

  const wanted: FileInput = { path: '/etc/motd', content: 'hello\n' };
  it.each<[string, FileInput, ActualFile, object[]]>([
    ['converged', wanted, actual({ sha256: hello }), []],
    [
      'missing',
      wanted,
      actual({ metadata: undefined }),
      [{ action: 'create', what: '', to: 'root:root 0644', text: { before: '', after: 'hello\n' } }],
    ],
    [
      'another mode',
      { ...wanted, mode: '600' },
      actual({ sha256: hello }),
      [{ action: 'update', what: 'mode', from: '0644', to: '0600' }],
    ],
    ['a numeric owner', { ...wanted, owner: 0 }, actual({ sha256: hello }), []],
    [
      'other content',
      wanted,
      actual({ bytes: Buffer.from('hi\n') }),
      [{ action: 'update', what: 'content', text: { before: 'hi\n', after: 'hello\n' } }],
    ],
    ['binary content', wanted, actual({ bytes: Buffer.from([0]) }), [{ action: 'update', what: 'content' }]],
    [
      'sensitive content',
      { ...wanted, sensitive: true },
      actual({ bytes: Buffer.from('hi\n') }),
      [{ action: 'update', what: 'content' }],
    ],
    [
      'a hard link',
      wanted,
      actual({ metadata: { ...plain, links: 2 } }),
      [{ action: 'update', what: 'content, in place (it has 2 hard links)' }],
    ],
    [
      'a symbolic link',
      wanted,
      actual({ metadata: { ...plain, type: 'symlink' } }),
      [
        {
          action: 'conflict',
          what: 'in the way',
          from: 'a symbolic link',
          to: 'a file',
          hint: 'Name the file that it points to, or remove the link.',
        },
      ],
    ],
    ['absent and absent', { path: '/etc/motd', state: 'absent' }, actual({ metadata: undefined }), []],
    ['absent and there', { path: '/etc/motd', state: 'absent' }, actual({}), [{ action: 'delete', what: '' }]],
  ])('%s', (_, input, state, changes) => {
    expect(changesOf(file, input, state)).toEqual(changes);
  });

  it('compares secrets when they are known, and shows neither the new nor the old one', () => {
    const content = text`user=app\npassword=${secret}\n`;
    const input = { path: '/etc/app.env', content };
    const before = 'user=app\npassword=old-secret\n';
    const [change] = changesOf(file, input, actual({ sha256: '0', bytes: Buffer.from(before) }));
    expect(change?.text).toEqual({ before: 'user=app\n<hidden>\n', after: 'user=app\npassword=<secret>\n' });
  });

  it('changes only owner and mode where only they differ', () => {
    const script = applied(file, { ...wanted, mode: '0600' }, actual({ sha256: hello }));
    expect(script).toContain('chown root:root /proc/self/fd/3 && chmod 00600 /proc/self/fd/3');
    expect(script).not.toContain('mv ');
  });

  it.each([
    [{ path: 'etc/motd', content: '' }, 'file: path: must be an absolute path'],
    [{ path: '/etc/../motd', content: '' }, 'file: path: must not hold empty, . or .. segments'],
    [{ path: '/etc/a\nb', content: '' }, 'file: path: must be one line without control characters'],
    [{ path: '/etc/motd', content: '', owner: '$(id)' }, 'file: owner: '],
    [{ path: '/etc/motd', content: '', mode: 'u+s' }, 'file: mode: '],
    [{ path: '/etc/motd', content: '', validate: ['true'] }, 'file: validate: must hold %s as an argument'],
    [{ path: '/etc/motd' }, 'file: content: must be given'],
    [{ path: '/etc/motd', content: '', state: 'absent' as const }, 'file: content: must be given, unless'],
  ])('refuses %j', (input, message) => {
    expect(() => file(input)).toThrow(message);
  });
});

describe.each(shells())('file in %s', (_, options) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'file-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    'motd',
    'it\'s $(touch x) `id` "; rm -rf *',
    '-rf',
    'ünï ☃ 名',
    '%s %d',
    'ends with blank ',
    '*',
    ': OK',
    '#',
  ])('converges the path %j', async (name) => {
    const path = join(folder, name);
    expect(await converge(file, { path, content: 'hello\n', mode: '0640', group: 'daemon' }, options)).toHaveLength(1);
    expect(await planned(file, { path, content: 'hello\n', mode: '0640', group: 'daemon' }, options)).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe('hello\n');
    const { mode, uid, gid } = statSync(path);
    expect([mode & 0o7777, uid, gid]).toEqual([0o640, 0, 1]);
    expect(await converge(file, { path, content: 'bye' }, options)).toEqual([
      { action: 'update', what: 'content', text: { before: 'hello\n', after: 'bye' } },
      { action: 'update', what: 'group', from: 'daemon', to: 'root' },
      { action: 'update', what: 'mode', from: '0640', to: '0644' },
    ]);
    expect(readdirSync(folder)).toEqual([name]);
    await converge(file, { path, state: 'absent' }, options);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps what was there before, for root alone, and which run has changed it', async () => {
    const [path, backup] = [join(folder, 'f'), join(folder, 'kept', 'before')];
    for (const content of ['one\n', 'two\n', 'three\n']) {
      const env = { ...options.env, PROVISION_HOLDER: `of ${content}` };
      await converge(file, { path, content, backup }, { ...options, env });
    }
    expect(readFileSync(backup, 'utf8')).toBe('two\n');
    expect(readFileSync(`${backup}.by`, 'utf8')).toBe('of three\n\n');
    expect(statSync(backup).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['nothing', ''],
    ['no newline at the end', 'a\nb'],
    ['backslashes and percents', '\\n %s %% \\\\ \\0 \\c \\'],
    ['shell code', '$(touch x) `id` "${HOME}" \'\nEOF\n'],
    ['all of UTF-8', `${[...Array(0x2_000).keys()].map((i) => String.fromCodePoint(i)).join('')}☃😀`],
    ['long lines', 'x'.repeat(200_000)],
    ['carriage returns', 'a\r\nb\r\n'],
  ])('keeps %s', async (_name, content) => {
    const path = join(folder, 'f');
    await converge(file, { path, content }, options);
    expect(readFileSync(path, 'utf8')).toBe(content);
    const [change] = await planned(file, { path, content: `${content}!` }, options);
    const isShown = Buffer.byteLength(content) <= 65_536 && !content.includes('\0');
    expect((change as { text?: object }).text).toEqual(isShown ? { before: content, after: `${content}!` } : undefined);
  });

  it('compares content with secrets on this machine', async () => {
    const path = join(folder, 'f');
    const content = text`k=${Secret.named('k', 'one')}\n`;
    await converge(file, { path, content, mode: '0600' }, options);
    expect(readFileSync(path, 'utf8')).toBe('k=one\n');
    expect(await planned(file, { path, content, mode: '0600' }, options)).toEqual([]);
    expect(
      await planned(file, { path, content: text`k=${Secret.named('k', 'two')}\n`, mode: '0600' }, options),
    ).toEqual([{ action: 'update', what: 'content', text: { before: '<hidden>\n', after: 'k=<secret>\n' } }]);
  });

  it('tells of what the program that reads it has not loaded, and leaves that to its handlers', async () => {
    const [path, mark] = [join(folder, 'a b'), join(folder, 'mark')];
    const input = { path, content: 'hello\n', loadedMark: mark };
    const load = () => writeFileSync(mark, execFileSync('sha256sum', ['/etc/passwd', path]));
    await converge(file, input, options);
    expect(await planned(file, input, options)).toEqual([]);
    load();
    expect(await planned(file, input, options)).toEqual([]);

    // Nobody has loaded it: other content stays the only news.
    writeFileSync(path, 'by hand\n');
    expect(await planned(file, input, options)).toMatchObject([{ what: 'content' }]);
    load();
    expect(await planned(file, input, options)).toMatchObject([{ what: 'content' }]);

    writeFileSync(path, 'hello\n');
    expect(await converge(file, input, options)).toEqual([
      { action: 'update', what: 'in use', from: 'another content', to: 'the file as it is' },
    ]);
    expect(readdirSync(folder)).toEqual(['a b']);
    expect(await converge(file, { ...input, content: 'new\n' }, options)).toMatchObject([{ what: 'content' }]);
    load();
    expect(await converge(file, { ...input, content: 'newer\n' }, options)).toMatchObject([{ what: 'content' }]);
    expect(readdirSync(folder)).toEqual(['a b']);
  });

  it('is held, and what was loaded of it compared with what is there', async () => {
    const [path, mark, held] = [join(folder, 'f'), join(folder, 'mark'), join(folder, 'held')];
    const input = { path, content: 'hello\n', loadedMark: mark, heldBy: held };
    mkdirSync(held);
    writeFileSync(join(held, 'why'), 'by a test\n');
    writeFileSync(path, 'as it was\n');
    writeFileSync(mark, execFileSync('sha256sum', [path]));
    expect(await planned(file, input, options)).toEqual([]);
    writeFileSync(path, 'as it was before\n');
    expect(await converge(file, input, options)).toMatchObject([{ what: 'in use' }]);
    expect(readFileSync(path, 'utf8')).toBe('as it was before\n');
  });

  it('installs nothing that its validation refuses', async () => {
    const path = join(folder, 'f');
    const validate = ['grep', '-q', 'good', '%s'];
    await expect(converge(file, { path, content: 'bad', validate }, options)).rejects.toThrow(
      `${path} was not changed: its new content was refused by grep`,
    );
    expect(readdirSync(folder)).toEqual([]);
    await converge(file, { path, content: 'good', validate }, options);
    expect(readdirSync(folder)).toEqual(['f']);
  });

  it('says that the folder is missing', async () => {
    await expect(converge(file, { path: join(folder, 'a/b'), content: '' }, options)).rejects.toThrow(
      `the folder ${folder}/a does not exist`,
    );
  });

  it('keeps hard links together', async () => {
    const [path, other] = [join(folder, 'f'), join(folder, 'g')];
    writeFileSync(path, 'old, and longer');
    linkSync(path, other);
    await converge(file, { path, content: 'new', mode: '0600' }, options);
    expect(readFileSync(other, 'utf8')).toBe('new');
    expect(statSync(other).mode & 0o7777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['f', 'g']);
  });

  it.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['a symbolic link', (path: string) => symlinkSync('/etc/passwd', path)],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
  ])('leaves %s alone', async (_name, make) => {
    const path = join(folder, 'f');
    make(path);
    expect(await planned(file, { path, content: 'x' }, options)).toMatchObject([{ action: 'conflict' }]);
  });

  it('does not change what a link points to that was put there in the meantime', async () => {
    const [path, target] = [join(folder, 'f'), join(folder, 'target')];
    writeFileSync(target, 'x');
    chmodSync(target, 0o600);
    symlinkSync(target, path);
    const state = file({ path, content: 'x' }).desired as ReturnType<typeof file.schema.parse>;
    const script = file.apply?.(state, [{ action: 'update', what: 'mode' }], actual({}));
    if (script === undefined) throw new Error('no script');
    expect(scriptText(script)).toContain('exec 3<');
    const { code, stderr } = await runScript(script, options);
    expect(code).toBe(1);
    expect(stderr).toContain('was replaced while it was being changed');
    expect(statSync(target).mode & 0o7777).toBe(0o600);
  });

  it('replaces a link that was put there in the meantime, and not what it points to', async () => {
    const [path, target] = [join(folder, 'f'), join(folder, 'target')];
    writeFileSync(target, 'x');
    symlinkSync(target, path);
    const state = file({ path, content: 'new' }).desired as ReturnType<typeof file.schema.parse>;
    const script = file.apply?.(state, [{ action: 'update', what: 'content' }], actual({}));
    if (script === undefined) throw new Error('no script');
    expect(await runScript(script, options)).toMatchObject({ code: 0 });
    expect(readFileSync(target, 'utf8')).toBe('x');
    expect(lstatSync(path).isFile()).toBe(true);
  });
});

describe('file, where something is special', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'file-'));
    path = join(folder, 'f');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([['dash'], ['busybox']])('writes what is mounted there in place, in %s', async (shell) => {
    const other = join(folder, 'other file');
    writeFileSync(path, 'below');
    writeFileSync(other, 'old');
    const mount = 'mount -o bind "$0/other file" "$0/f" && exec "$@"';
    const shellWords = shell === 'dash' ? ['dash'] : ['busybox', 'ash'];
    const options = { shell: ['unshare', '-m', 'sh', '-c', mount, folder, ...shellWords] };
    expect(await converge(file, { path, content: 'new', mode: '0600' }, options)).toMatchObject([
      { what: 'content, in place (it is a mount point)', text: { before: 'old', after: 'new' } },
      { what: 'mode' },
    ]);
    expect([readFileSync(path, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['below', 'new']);
  });

  it('keeps an access list', async () => {
    writeFileSync(path, 'old');
    execFileSync('setfacl', ['-m', 'u:daemon:r', path]);
    await converge(file, { path, content: 'new', mode: '0640' });
    expect(execFileSync('getfacl', ['-cp', path], { encoding: 'utf8' })).toContain('user:daemon:r--');
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('looks at many files with a few processes', async () => {
    const many = [...Array(1_000).keys()].map((i) => ({ path: join(folder, `${i}`), content: `${i}` }));
    for (const { path, content } of many) writeFileSync(path, content);
    const all = desired(file, many);
    const { stdout } = await runScript(wholeProbe(file, all));
    const changed = file.parse(stdout, all).filter((state, i) => {
      const one = all[i];
      return one === undefined || isUnknown(state) || file.diff(one, state).length > 0;
    });
    expect(changed).toEqual([]);
  });
});
