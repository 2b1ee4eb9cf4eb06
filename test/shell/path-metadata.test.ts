import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseMetadata, probeMetadata } from '../../src/shell/path-metadata.ts';
import { scriptText } from '../../src/shell/sh.ts';

/** As a user who is not root. */
function look(...paths: readonly string[]) {
  const options = { encoding: 'utf8', uid: 65_534, gid: 65_534, env: { ...process.env, LC_ALL: 'C' } } as const;
  return parseMetadata(execFileSync('sh', ['-c', scriptText(probeMetadata(paths))], options));
}

it.skipIf(process.getuid?.() !== 0)('tells what may not be looked at from what is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'metadata-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [open, closed] = [join(folder, 'open'), join(folder, 'closed')];
  for (const one of [open, closed]) {
    mkdirSync(one);
    writeFileSync(join(one, 'f'), '');
  }
  chmodSync(folder, 0o755);
  chmodSync(closed, 0o700);
  const file = join(open, 'f');
  expect([...look(file, join(open, 'missing'), closed).keys()]).toEqual([file, closed]);
  const message = `${join(closed, 'f')} cannot be looked at: permission denied`;
  expect(() => look(file, join(closed, 'f'), join(closed, 'missing'))).toThrow(
    expect.objectContaining({ code: 'probe-failed', message, hint: expect.stringContaining('become root') }),
  );
});

it.each([
  "stat: cannot statx '/srv/x': Permission denied",
  `stat: cannot statx "/srv/x": Permission denied`,
  "stat: can't stat '/srv/x': Permission denied",
  "stat: cannot stat '/srv/x': Permission denied (os error 13)",
])('reads %j', (line) => {
  expect(() => parseMetadata(`${line}\n`)).toThrow('/srv/x cannot be looked at: permission denied');
});
