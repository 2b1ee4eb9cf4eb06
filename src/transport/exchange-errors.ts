/** What can go wrong with an exchange, in words. */
import { ProvisionError } from '../errors.ts';
import { MAX_OUTPUT_BYTES } from './bootstrap.ts';

/** The root shell answered with a word instead of an exit status: it did not run the script, or may not send what it printed. */
export function notRun(host: string, lockFile: string, word: string, output: string): ProvisionError {
  switch (word) {
    case 'locked':
      return locked(host, output);
    case 'full':
      return new ProvisionError('disk-full', 'the host has no room for the script and its inputs', {
        host,
        hint: 'Free some space on the host: `df -h /run /dev/shm /tmp`.',
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

/** The holder file says: token and process, who, since when. */
function locked(host: string, holder: string): ProvisionError {
  const [, who = 'someone', since = ''] = holder.split('\n');
  return new ProvisionError('host-locked', `the host is locked by ${who}${since === '' ? '' : ` since ${since}`}`, {
    host,
    hint: 'Wait until that run has ended, or end it: the lock goes with its connection.',
  });
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
