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
