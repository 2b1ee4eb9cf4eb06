import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sourceVersion } from '../../../src/resources/releases/source-version.ts';

const hasGit = (process.env.PATH ?? '').split(delimiter).some((folder) => {
  try {
    execFileSync(join(folder, 'git'), ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'source-'));
  // No repository around it, and nobody's settings.
  vi.stubEnv('GIT_CEILING_DIRECTORIES', tmpdir());
  vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null');
  vi.stubEnv('GIT_CONFIG_SYSTEM', '/dev/null');
  for (const who of ['AUTHOR', 'COMMITTER']) {
    vi.stubEnv(`GIT_${who}_NAME`, 'Alice');
    vi.stubEnv(`GIT_${who}_EMAIL`, 'alice@example.com');
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' }).toString().trim();

function commit(message: string): string {
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '--message', message);
  return git('rev-parse', '--short', 'HEAD');
}

describe('the version of a source', () => {
  it.each([
    ['1.4.2\n', '1.4.2'],
    ['\n  2.0-rc1  \r\nand more\n', '2.0-rc1'],
    ['1\u001b[2J\u0007.0', '1[2J.0'],
    ['x'.repeat(100), 'x'.repeat(64)],
    [' \n', ''],
  ])('stands in version.txt: %j', async (text, version) => {
    write('version.txt', text);
    expect(await sourceVersion([folder])).toEqual({ version, commit: '' });
  });

  it('is that of the first folder that has any', async () => {
    for (const name of ['a', 'b', 'c']) mkdirSync(join(folder, name));
    write('b/version.txt', '2');
    write('c/version.txt', '3');
    const folders = ['nowhere', 'a', 'b', 'c'].map((name) => join(folder, name));
    expect(await sourceVersion(folders)).toEqual({ version: '2', commit: '' });
  });

  it('is empty where nothing tells it', async () => {
    expect(await sourceVersion([])).toEqual({ version: '', commit: '' });
    expect(await sourceVersion([folder])).toEqual({ version: '', commit: '' });
  });

  it('needs no git to be installed', async () => {
    if (hasGit) {
      git('init', '--quiet');
      commit('first');
    }
    vi.stubEnv('PATH', '/nonexistent');
    expect(await sourceVersion([folder])).toEqual({ version: '', commit: '' });
    write('version.txt', '3');
    expect(await sourceVersion([folder])).toEqual({ version: '3', commit: '' });
  });
});

describe.runIf(hasGit)('the version of a source in git', () => {
  beforeEach(() => void git('init', '--quiet'));

  it('is nothing before the first commit', async () => {
    expect(await sourceVersion([folder])).toEqual({ version: '', commit: '' });
  });

  it('is its commit, and whether files differ from that', async () => {
    write('app.py', '1');
    const first = commit('first');
    expect(await sourceVersion([folder])).toEqual({ version: '', commit: first });
    write('app.py', '2');
    expect(await sourceVersion([folder])).toEqual({ version: '', commit: `${first}-dirty` });
  });

  it('is the nearest tag, and the commit without it', async () => {
    const first = commit('first');
    git('tag', 'v1.0');
    expect(await sourceVersion([folder])).toEqual({ version: 'v1.0', commit: first });
    const second = commit('second');
    expect(await sourceVersion([folder])).toEqual({ version: `v1.0-1-g${second}`, commit: second });
  });

  it('is what version.txt says, before any tag', async () => {
    write('version.txt', '7');
    const first = commit('first');
    git('tag', 'v1.0');
    expect(await sourceVersion([folder])).toEqual({ version: '7', commit: first });
  });
});
