/** What stat(1) tells of a path, and how it is mended. Shared by the kinds that stand for something in the file system. */
import { joinScripts, raw, type Script, sh } from '../shell/sh.ts';
import type { Change } from './contract.ts';

export type FileType = 'file' | 'directory' | 'symlink' | 'other';

export interface Metadata {
  readonly type: FileType;
  /** Four octal digits. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** `NOBODYS` where the number has no name. */
  readonly owner: string;
  readonly group: string;
  /** How many names the file has: more than one are hard links. */
  readonly links: number;
}

/** Who shall own a path, and its permission bits. */
export interface Permissions {
  readonly owner: string | number;
  readonly group: string | number;
  readonly mode: string;
}

// Linux takes 2 MiB of arguments: 400 of the longest paths there are.
const PATHS_PER_PROCESS = 400;
// S_IFMT and its values: inode(7).
const TYPE_MASK = 0o170_000;
const TYPES = new Map<number, FileType>([
  [0o100_000, 'file'],
  [0o040_000, 'directory'],
  [0o120_000, 'symlink'],
]);
/** For stat(1), which prints a line for each path. */
export const METADATA_FORMAT = '%f %h %u %g:%U:%G:%n';
const ENTRY = /^([0-9a-f]+) (\d+) (\d+) (\d+):([^:]*):([^:]*):(\/.*)$/;

/** Looks at all paths with one process, and not through symbolic links. Paths that do not exist are left out. */
export function probeMetadata(paths: readonly string[]): Script {
  const scripts: Script[] = [];
  for (let start = 0; start < paths.length; start += PATHS_PER_PROCESS) {
    const some = paths.slice(start, start + PATHS_PER_PROCESS);
    scripts.push(sh`stat -c ${METADATA_FORMAT} ${some} 2>/dev/null || :`);
  }
  return joinScripts(scripts);
}

/** The name that stat(1) gives an owner who is not among the accounts. */
export const NOBODYS = 'UNKNOWN';

/** What `probeMetadata` printed, by path; lines of other probes are passed over. */
export function parseMetadata(output: string): ReadonlyMap<string, Metadata> {
  const found = new Map<string, Metadata>();
  for (const line of output.split('\n')) {
    const [, hexMode = '', links, uid, gid, owner = '', group = '', path = ''] = ENTRY.exec(line) ?? [];
    if (path === '') continue;
    const bits = Number.parseInt(hexMode, 16);
    found.set(path, {
      type: TYPES.get(bits & TYPE_MASK) ?? 'other',
      mode: (bits & 0o7777).toString(8).padStart(4, '0'),
      uid: Number(uid),
      gid: Number(gid),
      owner,
      group,
      links: Number(links),
    });
  }
  return found;
}

/** What differs in owner, group and mode. */
export function permissionChanges(desired: Permissions, actual: Metadata): Change[] {
  const owner = typeof desired.owner === 'number' || actual.owner === NOBODYS ? actual.uid : actual.owner;
  const group = typeof desired.group === 'number' || actual.group === NOBODYS ? actual.gid : actual.group;
  return [
    difference('owner', owner, desired.owner),
    difference('group', group, desired.group),
    difference('mode', actual.mode, desired.mode),
  ].flat();
}

/** `root:root 0644` */
export function describePermissions({ owner, group, mode }: Permissions): string {
  return `${owner}:${group} ${mode}`;
}

/** For messages: `a directory`. */
export function describeType(type: FileType): string {
  return { file: 'a file', directory: 'a directory', symlink: 'a symbolic link', other: 'a device, pipe or socket' }[
    type
  ];
}

/** Folder and last segment of an absolute path. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, at) || '/', name: path.slice(at + 1) };
}

/**
 * Opens the path as descriptor 3, so that `PINNED` means that very file or folder from then on. Who may write to the folder
 * around it could otherwise put a symbolic link in its place at the right moment, and have root change any file of the host.
 */
export function pin(path: string): Script {
  return sh`
    exec 3<${path} || exit
    if [ -L ${path} ] || ! [ ${path} -ef ${PINNED} ]; then
      printf '%s was replaced while it was being changed\n' ${path} >&2
      exit 1
    fi
  `;
}

export const PINNED = raw('/proc/self/fd/3');

/** Sets owner, group and mode of an existing file or folder. */
export function setPermissions(path: string, permissions: Permissions): Script {
  return sh`
    ${pin(path)}
    ${changePermissions(PINNED, permissions)} || exit
  `;
}

/**
 * Owner first: chown(2) may clear bits of the mode. Of a folder, chmod(1) clears the set-group-ID bit only when it is given
 * five digits.
 */
export function changePermissions(target: Script, { owner, group, mode }: Permissions): Script {
  return sh`chown ${`${owner}:${group}`} ${target} && chmod ${`0${mode}`} ${target}`;
}

function difference(what: string, from: string | number, to: string | number): Change[] {
  return from === to ? [] : [{ action: 'update', what, from: String(from), to: String(to) }];
}
