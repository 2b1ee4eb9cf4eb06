/** So many hosts are worked on at a time. */
import { slots } from '../transport/slots.ts';

/** After so long without an answer a host lends its place to the next one, milliseconds. */
const LENT_AFTER_MS = 2_000;

/** The place of one host. */
export interface Place {
  /**
   * Waits for what a host may be long in answering, or never answer: its place is lent meanwhile, so that it delays itself alone. What
   * comes of it is given when there is a place again.
   * @param afterMs when it is lent
   */
  lend<T>(work: Promise<T>, afterMs?: number): Promise<T>;
  /** For good: what the host still does is not counted. */
  leave(): void;
}

/** Hands out places in the order in which they are asked for. */
export function newPlaces(count: number): () => Promise<Place> {
  const take = slots(count);

  return async function enter() {
    let release: (() => void) | undefined = await take();
    let isGone = false;

    function free(): void {
      release?.();
      release = undefined;
    }

    async function lend<T>(work: Promise<T>, afterMs = LENT_AFTER_MS): Promise<T> {
      const timer = setTimeout(free, afterMs);
      const result = await work.finally(() => clearTimeout(timer));
      if (release === undefined && !isGone) release = await take();
      // It may have left while it waited for one.
      if (isGone) free();
      return result;
    }

    return {
      lend,
      leave() {
        isGone = true;
        free();
      },
    };
  };
}
