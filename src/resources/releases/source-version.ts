/** What the source of an application calls itself, and the commit it is at. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const GIT_LIMIT_MS = 5000;
const LONGEST = 64;

export interface SourceVersion {
  /** From `version.txt` in the folder, else the nearest tag of git; empty where there is neither. */
  readonly version: string;
  /** Abbreviated, with `-dirty` where files differ from it; empty where the folder is in no repository of git. */
  readonly commit: string;
}

/** Reads the version of the source in these folders: of the first one that has any. */
export async function sourceVersion(folders: readonly string[]): Promise<SourceVersion> {
  for (const folder of folders) {
    const [text, commit, tag] = await Promise.all([
      readFile(join(folder, 'version.txt'), 'utf8').catch(() => ''),
      git(folder, ['describe', '--always', '--dirty', '--exclude=*']),
      git(folder, ['describe', '--tags', '--dirty']),
    ]);
    const version = oneLine(text) || tag;
    if (version !== '' || commit !== '') return { version, commit };
  }
  return { version: '', commit: '' };
}

/** @returns nothing where git is not installed, or has nothing to say of the folder */
async function git(folder: string, args: readonly string[]): Promise<string> {
  try {
    const options = { cwd: folder, timeout: GIT_LIMIT_MS };
    return oneLine((await promisify(execFile)('git', args, options)).stdout);
  } catch {
    return '';
  }
}

function oneLine(text: string): string {
  const [first = ''] = text.trim().split('\n');
  return first
    .replaceAll(/\p{Cc}/gu, '')
    .trim()
    .slice(0, LONGEST);
}
