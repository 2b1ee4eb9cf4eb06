import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contextTag } from '../../../src/resources/docker/build-context.ts';
import { packContext } from '../../../src/resources/docker/pack-context.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'context-'));
  write('Dockerfile', 'FROM scratch\nCOPY . /\n');
  write('app.py', 'print(1)\n');
  write('static/ünï 1.txt', 'text');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

/** Name, kind, mode and content of all that is packed. */
async function packed(settings = {}): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  const archive = extract();
  archive.end(gunzipSync(await buffer(packContext(folder, settings).stream)));
  for await (const entry of archive) {
    const { name, type, mode = 0, linkname, uid, gid } = entry.header;
    expect([uid, gid]).toEqual([0, 0]);
    const content = type === 'symlink' ? `-> ${linkname}` : (await buffer(entry)).toString();
    entry.resume();
    entries[name] = [type, mode.toString(8), content].filter(Boolean).join(' ');
  }
  return entries;
}

describe('the tag of a build context', () => {
  it('is the same for the same files, wherever they are and whenever they were written', () => {
    const tag = contextTag(folder);
    expect(tag).toMatch(/^[0-9a-f]{16}$/);
    const copy = `${folder}-copy`;
    execFileSync('cp', ['-r', folder, copy]);
    try {
      utimesSync(join(copy, 'app.py'), 1, 1);
      chmodSync(join(copy, 'app.py'), 0o600);
      expect(contextTag(copy)).toBe(tag);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it('does not depend on the order in which arguments are given', () => {
    expect(contextTag(folder, { args: { A: '1', B: '2' } })).toBe(contextTag(folder, { args: { B: '2', A: '1' } }));
  });

  it.each<[string, () => unknown]>([
    ['a content', () => write('app.py', 'print(2)\n')],
    [
      'a content of the same length and time',
      () => {
        write('app.py', 'print(9)\n');
        utimesSync(join(folder, 'app.py'), 1, 1);
      },
    ],
    ['the Dockerfile', () => write('Dockerfile', 'FROM scratch\n')],
    ['a new file', () => write('new', '')],
    ['an empty folder', () => mkdirSync(join(folder, 'empty'))],
    ['a removed file', () => rmSync(join(folder, 'app.py'))],
    ['a file that can be executed', () => chmodSync(join(folder, 'app.py'), 0o755)],
    ['a link', () => symlinkSync('app.py', join(folder, 'link'))],
    [
      'a file that became a link',
      () => {
        rmSync(join(folder, 'app.py'));
        symlinkSync('print(1)\n', join(folder, 'app.py'));
      },
    ],
  ])('changes with %s', (_, change) => {
    const tag = contextTag(folder);
    change();
    expect(contextTag(folder)).not.toBe(tag);
  });

  it('changes with the settings', () => {
    write('Other', 'FROM scratch\n');
    const settings = [{}, { dockerfile: 'Other' }, { target: 'x' }, { args: { A: '1' } }, { args: { A: '' } }];
    expect(new Set(settings.map((some) => contextTag(folder, some))).size).toBe(settings.length);
  });

  it('does not take the name of a file for its content', () => {
    write('a', 'b');
    const tag = contextTag(folder);
    rmSync(join(folder, 'a'));
    write('ab', '');
    expect(contextTag(folder)).not.toBe(tag);
  });

  it('reads a file that is larger than memory should hold, piece by piece', () => {
    write('large', '');
    truncateSync(join(folder, 'large'), 3 * 1024 * 1024 + 1);
    const tag = contextTag(folder);
    truncateSync(join(folder, 'large'), 3 * 1024 * 1024 + 2);
    expect(contextTag(folder)).not.toBe(tag);
  });
});

describe('a packed build context', () => {
  it('holds files, folders and links', async () => {
    write('run.sh', '#!/bin/sh\n');
    chmodSync(join(folder, 'run.sh'), 0o700);
    symlinkSync('/etc/passwd', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    expect(await packed()).toEqual({
      Dockerfile: 'file 644 FROM scratch\nCOPY . /\n',
      'app.py': 'file 644 print(1)\n',
      static: 'directory 755',
      'static/ünï 1.txt': 'file 644 text',
      'run.sh': 'file 755 #!/bin/sh\n',
      link: 'symlink 777 -> /etc/passwd',
      dangling: 'symlink 777 -> nowhere',
    });
  });

  it.each([
    { rules: 'static', left: ['.dockerignore', 'Dockerfile', 'app.py'] },
    { rules: '**/*.txt\n', left: ['.dockerignore', 'Dockerfile', 'app.py', 'static'] },
    { rules: '# all\n*\n!app.py\n', left: ['Dockerfile', 'app.py'] },
    { rules: '*\n!static/*.txt\n', left: ['Dockerfile', 'static/ünï 1.txt'] },
    { rules: 'APP.PY\n', left: ['.dockerignore', 'Dockerfile', 'app.py', 'static', 'static/ünï 1.txt'] },
    { rules: 'Dockerfile\n.dockerignore\n', left: ['Dockerfile', 'app.py', 'static', 'static/ünï 1.txt'] },
  ])('respects .dockerignore: $rules', async ({ rules, left }) => {
    write('.dockerignore', rules);
    expect(Object.keys(await packed()).sort()).toEqual([...left].sort());
  });

  it('prefers the rules that belong to the Dockerfile', async () => {
    write('build/Other', 'FROM scratch\n');
    write('build/Other.dockerignore', '*\n');
    write('.dockerignore', 'app.py\n');
    expect(Object.keys(await packed({ dockerfile: 'build/Other' }))).toEqual(['build/Other']);
  });

  it('does not look into folders that are ignored', async () => {
    write('.dockerignore', 'sockets\n');
    mkdirSync(join(folder, 'sockets'));
    execFileSync('mkfifo', [join(folder, 'sockets/pipe')]);
    expect(Object.keys(await packed())).not.toContain('sockets');
  });

  it('ends with an error where a file cannot be read any more', async () => {
    const { stream } = packContext(folder);
    rmSync(join(folder, 'static'), { recursive: true });
    await expect(buffer(stream)).rejects.toThrow('ENOENT');
  });

  it('tells its size', () => {
    expect(packContext(folder).sizeBytes).toBe(22 + 9 + 4);
  });
});

describe('a build context that is none', () => {
  it.each<[string, () => unknown, RegExp, object?]>([
    ['is missing', () => rmSync(folder, { recursive: true }), /^there is no build context .*context-\w+$/],
    ['has no Dockerfile', () => rmSync(join(folder, 'Dockerfile')), /has no Dockerfile/],
    ['has not the Dockerfile named', () => {}, /has no build\/Other/, { dockerfile: 'build/Other' }],
    ['has the Dockerfile elsewhere', () => {}, /is not within the build context/, { dockerfile: '../Dockerfile' }],
    ['has its Dockerfile at an absolute path', () => {}, /is not within/, { dockerfile: '/etc/passwd' }],
    ['has a pipe', () => execFileSync('mkfifo', [join(folder, 'pipe')]), /pipe is a device, socket or pipe/],
    [
      'has an invalid pattern',
      () => write('.dockerignore', 'a[\n'),
      /\.dockerignore holds a pattern that is not valid/,
    ],
    [
      'is a file',
      () => {
        rmSync(folder, { recursive: true });
        writeFileSync(folder, '');
      },
      /is not a folder/,
    ],
  ])('is refused where it %s', (_, change, message, settings = {}) => {
    change();
    const refused = expect.objectContaining({ code: 'file-unreadable', message: expect.stringMatching(message) });
    expect(() => contextTag(folder, settings)).toThrow(refused);
    expect(() => packContext(folder, settings)).toThrow(refused);
  });
});
