/**
 * The one error type for everything that a user can cause or must deal with.
 * Anything else that is thrown is a bug in provision, and is reported as one.
 */

/** Exit codes of the command line: what a script that calls `provision` may rely on. */
export const EXIT = { ok: 0, failed: 1, usage: 2, drift: 3, unreachable: 4, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every error code with its exit code. Each has its paragraph in docs/errors.md; a test holds that. */
export const ERROR_CODES = {
  usage: EXIT.usage,

  'inventory-not-found': EXIT.usage,
  'inventory-script-failed': EXIT.usage,
  'inventory-syntax': EXIT.usage,
  'inventory-structure': EXIT.usage,
  'inventory-duplicate-host': EXIT.usage,
  'inventory-empty-group': EXIT.usage,
  'inventory-no-host-matches': EXIT.usage,
  'inventory-unresolved-reference': EXIT.usage,
  'inventory-unknown-variable': EXIT.usage,
  'inventory-bad-parameter': EXIT.usage,
  'secret-missing': EXIT.usage,
  'vault-damaged': EXIT.usage,
  'vault-password-missing': EXIT.usage,
  'vault-password-wrong': EXIT.usage,
  'vault-password-unreadable': EXIT.usage,
  'vault-id-unknown': EXIT.usage,
  'vault-refused': EXIT.usage,
  'role-not-found': EXIT.usage,
  'role-invalid': EXIT.usage,
  'resource-invalid': EXIT.usage,
  'resource-duplicate': EXIT.usage,
  'template-invalid': EXIT.usage,
  'playbook-invalid': EXIT.usage,
  'file-unreadable': EXIT.usage,
  'file-unwritable': EXIT.usage,
  'run-not-found': EXIT.usage,
  'key-unreadable': EXIT.usage,
  'ssh-config-invalid': EXIT.usage,
  'engine-missing': EXIT.usage,

  unreachable: EXIT.unreachable,
  'connection-lost': EXIT.unreachable,
  'host-key-unknown': EXIT.unreachable,
  'host-key-changed': EXIT.unreachable,
  'host-key-revoked': EXIT.unreachable,
  'authentication-failed': EXIT.unreachable,
  'become-password-wrong': EXIT.unreachable,
  'become-password-missing': EXIT.unreachable,
  'become-not-allowed': EXIT.unreachable,
  'become-not-found': EXIT.unreachable,
  'become-requires-tty': EXIT.unreachable,
  'shell-unusable': EXIT.unreachable,

  'host-locked': EXIT.failed,
  'probe-failed': EXIT.failed,
  'command-timed-out': EXIT.failed,
  'command-failed': EXIT.failed,
  'output-too-large': EXIT.failed,
  conflict: EXIT.failed,
  'apply-failed': EXIT.failed,
  'handler-failed': EXIT.failed,
  'not-converged': EXIT.failed,
  'disk-full': EXIT.failed,
  'build-failed': EXIT.failed,
  'pull-failed': EXIT.failed,
  'not-healthy': EXIT.failed,
  'balancer-failed': EXIT.failed,
  'handshake-failed': EXIT.failed,
  'certificate-not-issued': EXIT.failed,
  'release-not-found': EXIT.failed,
  'proof-impossible': EXIT.failed,
  'unsupported-host': EXIT.failed,
  'report-unwritable': EXIT.failed,
  'output-unwritable': EXIT.failed,
  'test-host-failed': EXIT.failed,
  'test-failed': EXIT.failed,

  internal: EXIT.failed,

  interrupted: EXIT.interrupted,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What to do where the one who throws knows nothing better. */
const DEFAULT_HINTS: Partial<Record<ErrorCode, string>> = {
  'command-failed': 'Mend the cause and run again: it goes on where it stopped.',
  'command-timed-out': 'Look at the host for what hangs, then run again: it goes on where it stopped.',
  'connection-lost': 'Check the network and the host, then run again: it goes on where it stopped.',
  'apply-failed': 'Mend the cause and run again: it goes on where it stopped.',
  'pull-failed': 'Try `docker pull` on the host: what it says is what we were told.',
  'template-invalid': 'Correct the template, or what it is filled in with.',
  'file-unreadable': 'Check the path, and who may read it.',
  'file-unwritable': 'Check the path, who may write there, and whether the disk is full.',
  'output-unwritable': 'Make room there, or let it write elsewhere, and run again: it goes on where it stopped.',
  interrupted: 'Run again: it goes on where it stopped.',
};

export interface ProvisionErrorOptions {
  /** Where in the user's files: `prod.yml:12:7`. */
  readonly location?: string | undefined;
  /** Path of the inventory variable at fault, where `location` is not known: `['stack', 'services', 'app', 'build']`. */
  readonly parameter?: readonly PropertyKey[] | undefined;
  /** On which host, as the inventory names it. */
  readonly host?: string | undefined;
  /** In which task: a resource id such as `file:/etc/motd`. */
  readonly task?: string | undefined;
  /** What to do about it: one or more imperative sentences. */
  readonly hint?: string | undefined;
  /** Further lines that explain the cause, such as the end of the remote command's output. Never a secret. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** A failure to be read by the user: what, where, why, and what to do. Never shown with a stack trace unless `--debug`. */
export class ProvisionError extends Error {
  readonly code: ErrorCode;
  readonly location: string | undefined;
  readonly parameter: readonly PropertyKey[] | undefined;
  readonly host: string | undefined;
  readonly task: string | undefined;
  readonly hint: string | undefined;
  readonly detail: string | undefined;

  /** @param message one sentence without the place: `location`, `host` and `task` are shown beside it */
  constructor(code: ErrorCode, message: string, options: ProvisionErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProvisionError';
    this.code = code;
    this.location = options.location;
    this.parameter = options.parameter;
    this.host = options.host;
    this.task = options.task;
    this.hint = options.hint ?? DEFAULT_HINTS[code];
    this.detail = options.detail;
  }

  get exitCode(): ExitCode {
    return ERROR_CODES[this.code];
  }

  /** The same error, with more to say of what to do. */
  advising(more: string): ProvisionError {
    const { location, parameter, host, task, detail, cause } = this;
    const hint = this.hint === undefined ? more : `${this.hint} ${more}`;
    return new ProvisionError(this.code, this.message, { location, parameter, host, task, hint, detail, cause });
  }

  /** The same error, told where it happened; what the error already knows stays. */
  at(place: Pick<ProvisionErrorOptions, 'location' | 'parameter' | 'host' | 'task'>): ProvisionError {
    const { location = place.location, parameter = place.parameter, host = place.host, task = place.task } = this;
    const { hint, detail, cause } = this;
    return new ProvisionError(this.code, this.message, { location, parameter, host, task, hint, detail, cause });
  }
}

/** In words for what Node has codes for. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
};

/** Why a file of this machine cannot be read, from what its reading threw: `it is a folder`. */
export function whyUnreadable(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  return UNREADABLE[code ?? ''] ?? (cause instanceof Error ? cause.message : String(cause));
}

/** Does something because of a parameter of a role: what goes wrong is told at its place in the inventory. */
export function atParameter<T>(parameter: readonly PropertyKey[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ parameter }) : error;
  }
}
