import { setTimeout as sleep } from 'node:timers/promises';

/** Tries again until the expectation holds; after the limit its failure counts. */
export async function eventually(expectation: () => Promise<void>, limitMs = 30_000): Promise<void> {
  for (const deadlineMs = Date.now() + limitMs; ; await sleep(250)) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
    }
  }
}
