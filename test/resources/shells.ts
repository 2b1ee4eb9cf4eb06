/** The shells that scripts must run in: with GNU's tools, and busybox with nothing but its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { LocalOptions } from './local-target.ts';

/** What Debian and Alpine add to busybox. */
const ADDED = ['/usr/bin/getent'];

function busyboxAlone(): LocalOptions {
  const folder = mkdtempSync(join(tmpdir(), 'applets-'));
  execFileSync('busybox', ['--install', '-s', folder]);
  for (const tool of ADDED) symlinkSync(tool, join(folder, tool.slice(tool.lastIndexOf('/') + 1)));
  afterAll(() => rmSync(folder, { recursive: true }));
  return { shell: ['ash'], env: { PATH: folder } };
}

/** @returns rows for `describe.each`: a name and what to run scripts with */
export function shells(): readonly (readonly [name: string, options: LocalOptions])[] {
  return [
    ['dash', { shell: ['dash'] }],
    ['bash', { shell: ['bash', '--posix'] }],
    ['busybox ash', { shell: ['busybox', 'ash'] }],
    ['busybox alone', busyboxAlone()],
  ];
}
