/** What can go wrong with an exchange, in words. */
import { ProvisionError } from '../errors.ts';
import { MAX_OUTPUT_BYTES } from './bootstrap.ts';
import { hasDied, hostOfToken } from './lock-token.ts';

/** The root shell answered with a word instead of an exit status: it did not run the script, or may not send what it printed. */
export function notRun(host: string, lockFile: string, word: string, output: string): ProvisionError {
  switch (word) {
    case 'locked':
      return new HostLocked(host, output);
    case 'full':
      return new ProvisionError('disk-full', 'the host has no room for the script and its inputs', {
        host,
        hint: 'Free some space on the host: `df -h /run /dev/shm /tmp`.',
      });
    case 'nofolder':
      return new ProvisionError('disk-full', 'no folder for temporary files could be made in /run, /dev/shm or /tmp', {
        host,
        hint: 'Free some space or inodes on the host: `df -h /run /dev/shm /tmp; df -i /run /dev/shm /tmp`.',
      });
    case 'large':
      return new ProvisionError(
        'output-too-large',
        `the command printed more than ${MAX_OUTPUT_BYTES / 1024 ** 2} MiB`,
        {
          host,
          hint: 'Let it print less, or write to a file on the host.',
        },
      );
    case 'flock':
      return new ProvisionError('unsupported-host', 'the host has no `flock`, which the host lock needs', {
        host,
        hint: 'Install it: it comes with util-linux, and with busybox.',
      });
    default:
      return new ProvisionError('unsupported-host', `the lock file ${lockFile} cannot be written`, {
        host,
        hint: `Root must be able to write it: \`ls -ld ${lockFile}\`.`,
      });
  }
}

/** Process, seconds since it began, and the command line. */
const STEP = /^(\d+) (\d+) (.*)$/;

/** Somebody else holds the host's lock. */
export class HostLocked extends ProvisionError {
  /** Its token, where the process that took the lock is known to be gone. */
  readonly deadHolder: string | undefined;
  /** The host of this very run that is the same machine, and holds the lock: the host itself where its connection was lost. */
  readonly twin: string | undefined;
  readonly #holder: string;

  /**
   * @param holder what the host says of it: token and process there, who, since when, and where it can tell the step in flight
   * @param waitedMs how long it was waited for in vain, milliseconds
   */
  constructor(host: string, holder: string, waitedMs?: number) {
    const lines = holder.split('\n').filter(Boolean);
    const step = lines.slice(1).find((line) => STEP.test(line)) ?? '';
    const [ids = '', who = 'someone', since = ''] = lines.filter((line) => line !== step);
    const [token = '', shell = 'PID'] = ids.split(' ');
    const deadHolder = hasDied(token) ? token : undefined;
    const twin = hostOfToken(token);
    super('host-locked', message(), { host, hint: hint() });
    this.twin = twin;
    this.deadHolder = deadHolder;
    this.#holder = holder;

    function message(): string {
      const run = `${who}${since === '' ? '' : ` since ${since}`}`;
      if (twin === host) return 'what was under way when the connection was lost still goes on there';
      if (twin !== undefined) return `it is the same machine as ${twin}, on which this run works already`;
      const after = waitedMs === undefined ? '' : ` after waiting ${Math.round(waitedMs / 1000)} s`;
      if (deadHolder !== undefined) return `the last step of a dead run still goes on${after}${limitOf(step)}: ${run}`;
      return after === '' ? `the host is locked by ${run}` : `the host is still locked${after}, by ${run}`;
    }

    function hint(): string {
      if (twin === host) return 'Run it again: it waits for that, and goes on.';
      if (twin !== undefined)
        return 'Give the machine one name in the inventory, or choose one of the two with --limit.';
      if (deadHolder !== undefined) {
        return `That run is gone; wait ${waitedMs === undefined ? '' : 'longer '}for its step with \`--wait\`, or end it on the host${endOf(step)}.`;
      }
      const wait =
        waitedMs === undefined
          ? 'Wait for it with `--wait`.'
          : 'Wait until it ends with `--wait`, or longer with `--wait=SECONDS`.';
      return `${wait} Where its machine is gone, end its shell on the host: \`kill ${shell}\`.`;
    }
  }

  /** The same, where it was waited for in vain. @param waitedMs milliseconds */
  afterWaiting(waitedMs: number): HostLocked {
    return new HostLocked(this.host ?? '', this.#holder, waitedMs);
  }
}

/** How much longer it may take; nothing where that is not known. */
function limitOf(step: string): string {
  const [, , ageS, command = ''] = STEP.exec(step) ?? [];
  const [, limitS] = /^\S*timeout (?:-k 5 |-t )?(\d+) /.exec(command) ?? [];
  if (ageS === undefined || limitS === undefined) return '';
  return `, for ${Math.max(1, Math.ceil((Number(limitS) - Number(ageS)) / 60))} min at most`;
}

function endOf(step: string): string {
  const [, pid] = STEP.exec(step) ?? [];
  return pid === undefined ? '' : `: \`kill ${pid}\``;
}

export function timedOut(host: string, seconds: number, detail: string | undefined): ProvisionError {
  return new ProvisionError('command-timed-out', `the command did not end within ${seconds} s`, {
    host,
    detail,
    hint: 'Look on the host at what it waits for; what it had done by then is kept.',
  });
}

export function connectionLost(host: string, reason: string, detail?: string, cause?: unknown): ProvisionError {
  return new ProvisionError('connection-lost', `the connection was lost: ${reason}`, {
    host,
    detail,
    hint: 'Run the same command again: it goes on where it was.',
    cause,
  });
}
