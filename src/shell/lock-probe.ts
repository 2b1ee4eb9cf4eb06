/** Who else holds the lock of a host, told without trying it. */
import { type Script, sh } from './sh.ts';

/** The lock of a host. Who holds it stands in a file beside it, which is called `.holder` besides. */
export const LOCK_FILE = '/run/provision.lock';

export interface LockHolder {
  /** `alice@laptop, provision apply, process 12` */
  readonly by: string;
  /** RFC 3339. */
  readonly since: string;
}

/**
 * Whether the lock is held shows in the open files of the shell that took it: to try the lock would keep it, for a moment, from
 * a run that begins just then. The shell that asks does not count: the folder of its run names it.
 */
export function lockProbe(lockFile = LOCK_FILE): Script {
  return sh`
    holder=${lockFile}.holder
    if [ -r "$holder" ] && { read -r _ pid && read -r who && read -r since; } <"$holder" &&
      [ "$(readlink "/proc/$pid/fd/9")" = "$(readlink -f ${lockFile})" ]; then
      case \${RUN-} in */provision."$pid".*) ;; *) printf 'lock %s %s\n' "$since" "$who" ;; esac
    fi
    :
  `;
}

/** @returns undefined where nobody else holds it */
export function readLock(output: string): LockHolder | undefined {
  const [, since = '', by = ''] = /^lock (\S+) (.*)$/m.exec(output) ?? [];
  return by === '' ? undefined : { by, since };
}
