/** What stat(1) tells of paths. */
import { ProvisionError } from '../errors.ts';
import { joinScripts, raw, type Script, sh } from './sh.ts';

/** The least exit status by which a shell says that a program was ended by a signal. */
export const KILLED = 128;

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

/**
 * Looks at all paths with one process, and not through symbolic links. Paths that do not exist are left out. Where stat(1) is killed,
 * the script fails: what it did not come to is not taken for absent.
 */
export function probeMetadata(paths: readonly string[]): Script {
  const scripts: Script[] = [];
  for (let start = 0; start < paths.length; start += PATHS_PER_PROCESS) {
    const some = paths.slice(start, start + PATHS_PER_PROCESS);
    scripts.push(sh`
      stat -c ${METADATA_FORMAT} ${some} 2>&4
      [ $? -lt ${KILLED} ] || killed=yes
    `);
  }
  return joinScripts([raw('killed='), COMPLAINTS, ...scripts, raw('[ -z "$killed" ]')]);
}

/** The name that stat(1) gives an owner who is not among the accounts. */
export const NOBODYS = 'UNKNOWN';

/** Root may look everywhere: it need not hear of each path that is not there. */
const COMPLAINTS = sh`
  exec 4>/dev/null
  [ -w / ] || exec 4>&1
`;

/** A folder on the way to the path may not be entered. */
const DENIED = /^stat: .*?(['"])(\/.*)\1: Permission denied/m;

/**
 * What `probeMetadata` printed, by path; lines of other probes are passed over.
 * @throws ProvisionError `probe-failed` where a path could not be looked at: it may be there, or not
 */
export function parseMetadata(output: string): ReadonlyMap<string, Metadata> {
  const [, , denied] = DENIED.exec(output) ?? [];
  if (denied !== undefined) {
    throw new ProvisionError('probe-failed', `${denied} cannot be looked at: permission denied`, {
      hint: 'The user who logs in may not enter a folder on the way there: let it become root (`ansible_become: true`).',
    });
  }
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
