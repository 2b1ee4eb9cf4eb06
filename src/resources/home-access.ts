/** What sshd wants of a home, or it passes over the keys in it. */

import { NOBODYS } from '../shell/path-metadata.ts';
import { type Script, sh } from '../shell/sh.ts';
import type { Change } from './contract.ts';

/** Who may do what with a file or folder, as stat(1) tells it. */
export interface Access {
  readonly path: string;
  /** Octal: `755`. */
  readonly mode: string;
  readonly uid: string;
  readonly gid: string;
  /** `NOBODYS` where the uid has no name. */
  readonly owner: string;
  readonly bytes: number;
}

/** A home, and for whom it is. */
export interface SeenHome {
  readonly uid: string;
  /** The numbers of the user's groups, where the home is root's: elsewhere they do not matter. */
  readonly groups: readonly string[];
  /** Undefined where there is none. */
  readonly home: Access | undefined;
}

const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OWNER = 0o700;

/**
 * What sshd(8) wants of a home, or it passes over the keys in it: its user's or root's, for nobody else to write to, and for its
 * user to enter, as whom it reads the keys.
 */
export function homeChange(user: string, { uid, groups, home }: SeenHome): Change[] {
  if (home === undefined) return [];
  const { path, owner } = home;
  const isOwn = home.uid === uid;
  const isClosed = !isOwn && !isOpenTo(groups, home);
  if (!isOwn && owner !== NOBODYS && (home.uid !== '0' || isClosed)) {
    const whose = home.uid === '0' ? `root's, and closed to ${user}` : `the user ${owner}'s`;
    const hint = `If it is meant to be the home of ${user}, give it to that user: chown -R ${user}: ${path}`;
    return [{ action: 'conflict', what: `the home ${path}`, from: `${whose}: sshd would refuse the keys`, hint }];
  }
  const mode = Number.parseInt(home.mode, 8);
  const safe = (mode & ~WRITABLE_BY_OTHERS) | (isOwn ? OPEN_TO_OWNER : 0);
  if (safe === mode) return [];
  return [{ action: 'update', what: 'home', from: `mode ${home.mode}`, to: `mode ${safe.toString(8)}` }];
}

/** Whether somebody who does not own a folder, and is in these groups, may enter it. */
function isOpenTo(groups: readonly string[], { mode, gid }: Access): boolean {
  return (Number.parseInt(mode, 8) & (groups.includes(gid) ? 0o010 : 0o001)) !== 0;
}

/** In the home: takes the bits that sshd(8) refuses, gives those that its user needs, and ends where it is somebody else's. */
export function checkHome(user: string): Script {
  return sh`
    owner=$(stat -c %U .) || exit
    case $owner in
      ${user}) [ -n "$(find . -maxdepth 0 -perm -0700 ! -perm /022)" ] || chmod u+rwx,go-w . || exit ;;
      root) [ -z "$(find . -maxdepth 0 -perm /022)" ] || chmod go-w . || exit ;;
      *) printf 'the home %s of %s belongs to %s: sshd would refuse the keys\n' "$PWD" ${user} "$owner" >&2; exit 1 ;;
    esac
  `;
}
