/** What fails where nobody waits for it: a write to a disk that is full, a timer of a user's role. */
import { EXIT, ProvisionError } from '../errors.ts';

/** From now on such a failure is told, and ends the process. Without this Node would print a stack trace. */
export function watchStrays(tell: (error: unknown) => Promise<void>): void {
  let isEnding = false;

  async function end(thrown: unknown): Promise<void> {
    // To tell of it may fail in the same way.
    if (isEnding) return;
    isEnding = true;
    try {
      const { strayError } = await import('../inventory/roles/errors.ts');
      const error = strayError(thrown);
      process.exitCode = error instanceof ProvisionError ? error.exitCode : EXIT.failed;
      await tell(error);
    } finally {
      process.exit();
    }
  }

  process.on('uncaughtException', end);
  process.stdout.on('error', (error) => void (isReaderGone(error) || end(outputError('standard output', error))));
  process.stderr.on('error', (error) => void (isReaderGone(error) || end(outputError('standard error', error))));
}

/** A reader that went away (`provision plan | head`) is no failure of ours. */
function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE';
}

/** What the system refuses is for the user to mend; anything else a stream says is a bug. */
export function outputError(name: string, error: NodeJS.ErrnoException): Error {
  if (error.syscall === undefined) return error;
  return new ProvisionError('output-unwritable', `${name} cannot be written to`, {
    detail: error.message,
    cause: error,
  });
}
