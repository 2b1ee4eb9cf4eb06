const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Does something before the process ends by a signal, as taking away a file that is not finished.
 * @param work is done at once: nothing can be waited for
 * @returns leaves the signals to themselves again
 */
export function onSignal(work: () => void): () => void {
  function end(signal: NodeJS.Signals): void {
    release();
    work();
    process.kill(process.pid, signal);
  }
  function release(): void {
    for (const signal of SIGNALS) process.off(signal, end);
  }
  for (const signal of SIGNALS) process.on(signal, end);
  return release;
}
