/** What a plan tells of the releases of a project: on one host, and over all that run it. */

import type { LockHolder } from '../../shell/lock-probe.ts';
import type { Change } from '../contract.ts';
import { contentDigest } from './files.ts';
import type { ActualReleases, Journal, Release } from './release.ts';

/** The releases of a project on one host. */
export interface ReleasePlace {
  readonly desired: Release;
  readonly actual: ActualReleases;
}

export function releaseChanges({ desired, actual }: ReleasePlace): Change[] {
  const { current, held, journal, releases } = actual;
  if (journal) {
    const from = unfinished(journal, actual.running);
    return [{ action: 'update', what: journal.action, from, to: 'finished', rollout: true }];
  }
  const next = nextNumber(actual);
  if (current === undefined) return [{ action: 'create', what: '', to: `release ${next}` }];
  const running = releases.find(({ number }) => number === current);
  if (held || running?.digest === contentDigest(desired)) return [];
  return [toRelease(current, next)];
}

/**
 * A redeploy brings all hosts to one release: to the newest that runs, where that is what the inventory describes on each of them,
 * and otherwise to one with a number that none has had. So a host that is as it shall be may get another number.
 */
export function sharedReleaseChanges(places: readonly ReleasePlace[], rollsOut: boolean): readonly Change[][] {
  const own = places.map(releaseChanges);
  if (!rollsOut || places.some(({ actual }) => actual.journal ?? actual.held)) return own;
  // A host without any gets its first one by the apply, before the redeploy begins.
  const currents = places.map(({ actual }) => actual.current ?? nextNumber(actual));
  const from = Math.max(...currents);
  const isThere = places.every(({ desired, actual: { current, releases } }, i) =>
    current === undefined
      ? currents[i] === from
      : releases.some(({ number, digest }) => number === from && digest === contentDigest(desired)),
  );
  const unused = Math.max(...places.map(({ actual }) => nextNumber(actual) + (actual.current === undefined ? 1 : 0)));
  const to = isThere ? from : unused;
  return currents.map((current, i) => [
    ...(own[i] ?? []).filter(({ action }) => action === 'create'),
    ...(current === to ? [] : [toRelease(current, to)]),
  ]);
}

/** What a journal tells, in words: one that is under way holds the lock of the host. */
export function unfinished({ action, to, by, at }: Journal, running: LockHolder | undefined): string {
  if (running === undefined) return `a ${action} to release ${to} by ${by} at ${at} was not finished`;
  return `a ${action} to release ${to} is running: ${running.by}, since ${running.since}`;
}

/** They count up, whatever became of those before. */
export function nextNumber({ releases, last = 0 }: ActualReleases): number {
  return Math.max(last, ...releases.map(({ number }) => number)) + 1;
}

function toRelease(from: number, to: number): Change {
  return { action: 'update', what: 'release', from: String(from), to: String(to), rollout: true };
}
