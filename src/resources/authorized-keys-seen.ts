/** What the probe of authorized keys prints: a line for each thing that it met, and files in base64. */
import { keysOf } from './authorized-keys-file.ts';
import type { Access } from './home-access.ts';

/** A line of the probe that tells of the home, the folder or the file: `access 700 1000 1000 ann 4096 .` */
export function access(line: string): [string, Access][] {
  const [, mode = '', uid = '', gid = '', owner = '', bytes, path = ''] =
    /^access (\d+) (\d+) (\d+) (\S+) (\d+) (.+)$/.exec(line) ?? [];
  if (path === '') return [];
  return [[path.startsWith('/') ? 'home' : path, { path, mode, uid, gid, owner, bytes: Number(bytes) }]];
}

/** A file that the probe printed in base64, from the line that announces it to the next that has a blank. */
export function encodedAfter(line: string, lines: readonly string[]): Buffer {
  const rest = lines.slice(lines.indexOf(line) + 1);
  const end = rest.findIndex((one) => one.includes(' '));
  const encoded = lines.includes(line) ? rest.slice(0, end === -1 ? undefined : end) : [];
  return Buffer.from(encoded.join(''), 'base64');
}

/** What lets somebody in by authorized_keys2: `2 keys`. What a link leads to nobody needs to see: sshd would follow it. */
export function secondFile(lines: readonly string[], file: Access | undefined): string | undefined {
  if (lines.includes('second link')) return 'a symbolic link';
  const content = encodedAfter('second file', lines);
  if (content.length < (file?.bytes ?? 0)) return 'a file that cannot be read as a whole';
  const { length } = keysOf(content.toString('latin1'));
  return length === 0 ? undefined : `${length} ${length === 1 ? 'key' : 'keys'}`;
}
