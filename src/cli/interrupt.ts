/** Ctrl-C: the first one ends the run after the step in flight, the second one at once. */

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly stop: AbortSignal;
  /** Aborted by the second one. */
  readonly abort: AbortSignal;
  /** Gives the signals back to Node. */
  release(): void;
}

/** Listens to SIGINT, SIGTERM and SIGHUP until released. `tell` is called with what to say to the user. */
export function listenForInterrupt(tell: (message: string) => void): Interrupt {
  const stop = new AbortController();
  const abort = new AbortController();

  function onSignal(): void {
    if (!stop.signal.aborted) {
      tell('Interrupted: what is under way is finished first. Once more breaks it off.');
      stop.abort();
      return;
    }
    tell('Interrupted again: breaking off.');
    abort.abort();
  }

  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    release() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
