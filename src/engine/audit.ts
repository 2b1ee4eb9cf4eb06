/** One line for each deed, on the host that it was done to. */
import type { Script } from '../shell/sh.ts';
import { sh } from '../shell/sh.ts';

export const AUDIT_FILE = '/var/log/provision.log';

export interface Deed {
  /** Who: `alice@laptop`. */
  readonly by: string;
  /** What: `redeploy palindrome`, `apply`. */
  readonly what: string;
  /** `release 7 -> 8`; `12 changed`. */
  readonly detail: string;
  readonly outcome: 'ok' | 'failed' | 'interrupted';
  readonly durationMs: number;
}

/** Appends the line to the host's log, for root's eyes and those of its group: when, who, what, how it ended, how long it took. */
export function auditScript({ by, what, detail, outcome, durationMs }: Deed): Script {
  const line = `${new Date().toISOString()} ${by} ${what}: ${detail}; ${outcome} after ${(durationMs / 1000).toFixed(1)} s`;
  return sh`
    umask 027
    printf '%s\n' ${line.replaceAll(/\p{Cc}/gu, ' ')} >>${AUDIT_FILE} || :
  `;
}

/**
 * The same for a script that is the deed itself, and may be cut off where nobody could tell any more: the shell function
 * `provision_audit OUTCOME` appends the line, by the clock of the host. It says nothing where it may not.
 */
export function auditFunction({ by, what, detail }: Pick<Deed, 'by' | 'what' | 'detail'>): Script {
  const deed = `${by} ${what}: ${detail}`.replaceAll(/\p{Cc}/gu, ' ');
  return sh`
    provision_began=$(date +%s)
    provision_audit() {
      umask 027
      {
        printf '%s %s; %s after %s s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" ${deed} "$1" "$(($(date +%s) - provision_began))" \
          >>${AUDIT_FILE}
      } 2>/dev/null || :
    }
  `;
}
