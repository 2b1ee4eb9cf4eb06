import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisionError } from '../errors.ts';
import type { Target } from './contract.ts';

/** What one look found: whether it is what is waited for, and in a few words what it is. */
export interface Look {
  readonly done: boolean;
  readonly state: string;
  /** True where waiting longer makes no sense. */
  readonly hopeless?: boolean;
}

/**
 * Looks again and again until it is done, and tells the user what it waits for.
 * @returns the last look: at the limit, or where it is hopeless, one that is not done
 * @throws ProvisionError `interrupted` where the user gives up
 */
export async function waitFor(
  what: string,
  target: Target,
  look: () => Promise<Look>,
  { limitMs, intervalMs = 1000 }: { limitMs: number; intervalMs?: number },
): Promise<Look> {
  const start = performance.now();
  while (true) {
    const found = await look();
    const elapsedMs = performance.now() - start;
    if (found.done || found.hopeless || elapsedMs >= limitMs) return found;
    const seconds = (ms: number) => Math.round(ms / 1000);
    // What is seen stands first: a narrow terminal cuts off the rest.
    target.progress(`${found.state} (${seconds(elapsedMs)} s of ${seconds(limitMs)} s), waiting for ${what}`);
    await pause(Math.min(intervalMs, limitMs - elapsedMs), what, target);
  }
}

async function pause(ms: number, what: string, { signal }: Target): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (cause) {
    throw new ProvisionError('interrupted', `interrupted while waiting for ${what}`, { cause });
  }
}
