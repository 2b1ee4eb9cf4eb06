/** An interrupt before the first replica moves: it ends the deploy before its next step, and nothing is left to be finished. */
import { ProvisionError } from '../errors.ts';
import type { Journal } from '../resources/releases/release.ts';
import type { Project } from './project.ts';
import { giveUp, startOf } from './releases.ts';
import type { Steps } from './steps.ts';

/** Before a step that comes before the first replica. @throws ProvisionError `interrupted` */
export function endIfStopped(project: Project, { stop }: Pick<Steps, 'stop'>): void {
  if (stop.aborted) throw stoppedBefore(project);
}

export function stoppedBefore({ name, places }: Project): ProvisionError {
  const isResumed = places.some(({ actual }) => actual.journal);
  return new ProvisionError('interrupted', `interrupted before the first replica of ${name}`, {
    hint: isResumed
      ? 'No replica was touched. What was unfinished before still is: run it again to go on.'
      : 'No replica was touched, and nothing is left unfinished; what was built or migrated until then stays. Run it again to begin anew.',
  });
}

/** Crosses out what was written down: what was unfinished before is so again. */
export async function crossOut({ places }: Project, journal: Journal, isNew: boolean): Promise<void> {
  for (const place of places) {
    const from = startOf(place, journal.from);
    await giveUp(place, { ...journal, from, to: isNew ? journal.to : from }, place.actual.journal);
  }
}
