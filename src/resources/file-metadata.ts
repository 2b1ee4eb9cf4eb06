/** Who owns a path and may do what with it, and how that is mended. Shared by the kinds that stand for something in the file system. */
import { type FileType, type Metadata, NOBODYS } from '../shell/path-metadata.ts';
import { raw, type Script, sh } from '../shell/sh.ts';
import type { Change } from './contract.ts';

/** Who shall own a path, and its permission bits. */
export interface Permissions {
  readonly owner: string | number;
  readonly group: string | number;
  readonly mode: string;
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
