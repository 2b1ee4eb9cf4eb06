/** An interrupt before the first replica moves: it ends the deploy before its next step, and nothing is left to be finished. */
import { ProvisionError } from '../errors.ts';
import type { Journal } from '../resources/releases/release.ts';
import type { Project } from './project.ts';
import { giveUp, startOf } from './releases.ts';
import type { Steps } from './steps.ts';

/** Of the usual hints. */
export const GOES_ON = 'run again: it goes on where it stopped';

/** Before a step that comes before the first replica. @throws ProvisionError `interrupted` */
export function endIfStopped(project: Project, { stop }: Pick<Steps, 'stop'>): void {
  if (stop.aborted) throw stoppedBefore(project);
}

export function stoppedBefore({ name, places }: Project): ProvisionError {
  const isResumed = places.some(({ actual }) => actual.journal);
  return new ProvisionError('interrupted', `interrupted before the first replica of ${name}`, {
    hint: isResumed
      ? 'No replica was touched. What was unfinished before still is: run it again to go on.'
      : 'No replica was touched, and nothing is left unfinished; what may have been built or migrated until then stays. Run it again to begin anew.',
  });
}

/** By a second interrupt, which ends the connections. */
export function brokenOffBefore({ name }: Project, cause: unknown): ProvisionError {
  return new ProvisionError('interrupted', `broken off before the first replica of ${name}`, {
    cause,
    hint: 'No replica was touched. What was going on on a host may go on there to its end. Run it again: it waits for that.',
  });
}

/** What failed before the first replica: the next run has nothing to go on with. */
export function beginningAnew(error: ProvisionError): ProvisionError {
  const { message, location, parameter, host, task, detail, cause } = error;
  const hint = error.hint?.replace(GOES_ON, 'redeploy again');
  return new ProvisionError(error.code, message, { location, parameter, host, task, detail, cause, hint });
}

/** Crosses out what was written down: what was unfinished before is so again. */
export async function crossOut({ places }: Project, journal: Journal, isNew: boolean): Promise<void> {
  for (const place of places) {
    const from = startOf(place, journal.from);
    await giveUp(place, { ...journal, from, to: isNew ? journal.to : from }, place.actual.journal);
  }
}
