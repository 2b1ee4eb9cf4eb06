/** What is redeployed, and to which release. */
import type { ApplyContext } from '../engine/settle.ts';
import { ProvisionError } from '../errors.ts';
import type { ComposeService } from '../resources/compose/desired.ts';
import { composeService } from '../resources/compose/service.ts';
import { contentDigest } from '../resources/releases/files.ts';
import type { Journal } from '../resources/releases/release.ts';
import { type DeployHost, findingsOf } from './deploy-host.ts';
import type { DrainedElsewhere } from './drained-elsewhere.ts';
import { formerRelease, type ProjectPlace } from './releases.ts';
import type { Steps } from './steps.ts';
import { type PassedOver, requireRelease, wayBack } from './way-back.ts';

/** A project on all of its hosts, and the load balancers in front of it. */
export interface Project {
  readonly name: string;
  readonly places: readonly ProjectPlace[];
  readonly balancers: readonly DeployHost[];
  /** All load balancers of the run: some may send it requests until they have their new configuration. */
  readonly allBalancers: readonly DeployHost[];
}

export interface DeployRequest {
  /** `apply`: what an apply has left to be done under traffic. */
  readonly action: 'apply' | 'redeploy' | 'rollback';
  /** The release to go back to; undefined: the one before the current one. */
  readonly to?: number | undefined;
  /** What people call the new release, instead of what its source says. */
  readonly version?: string | undefined;
  /** Who is at work: `alice@laptop`. */
  readonly by: string;
  /** When it began, by `performance.now()`. */
  readonly begunMs: number;
  readonly steps: Steps;
  readonly context: Pick<ApplyContext, 'emit' | 'stop' | 'abort'>;
}

/** How it went. */
export interface Outcome {
  readonly project: string;
  readonly hosts: readonly string[];
  readonly action: Journal['action'];
  readonly from: number;
  readonly to: number;
  /** By host what it ran before: one that came later, or was redeployed alone, has another than the others. */
  readonly fromByHost: Readonly<Record<string, number>>;
  /** By host the release that it was on the way to, where that was not finished: it ran in part, or on all replicas. */
  readonly unfinishedByHost: Readonly<Record<string, number>>;
  /** The newer ones that a rollback without a number has left alone, for not all hosts have them, or not the same. */
  readonly passedOver: readonly PassedOver[];
  readonly version: string;
  readonly commit: string;
  /** Whether anything was changed. */
  readonly changed: boolean;
  /** The load balancers whose configuration is not what the inventory describes: a redeploy leaves it as it is. */
  readonly staleConfigs: readonly string[];
  /** What other hosts have of it, and gets no requests, though healthy. */
  readonly drainedElsewhere: readonly DrainedElsewhere[];
  /** What the inventory no longer has and still runs, for load balancers still send it requests. */
  readonly leftRunning?: { readonly services: readonly string[]; readonly balancers: readonly string[] } | undefined;
}

/** The services of a host, of all its projects, in the order in which they are started. */
export function servicesOf(host: DeployHost): readonly ComposeService[] {
  return findingsOf(host, composeService).map(({ resource }) => resource.desired);
}

/** The release that all hosts run, or ran before what was not finished. @throws ProvisionError `release-not-found` */
export function commonRelease({ name, places }: Project): number {
  const currents = places.map(formerRelease);
  const bare = places.find((_, i) => currents[i] === undefined);
  if (bare) {
    throw new ProvisionError('release-not-found', `${name} has no release on ${bare.host.name} yet`, {
      host: bare.host.name,
      hint: 'Bring it up first: provision apply --inventory FILE.',
    });
  }
  return Math.max(...currents.map((current) => current ?? 0));
}

/** By service: the id that the name of its image stands for on a host. */
export type ImageIds = ReadonlyMap<string, string | undefined>;

/** What is known when a release is chosen. */
export interface Known {
  /** Of each host. */
  readonly images: readonly ImageIds[];
  /** The highest number that its load balancers know to be given, perhaps to a host that does not take part now. */
  readonly given: number;
}

/** A release, and whether it is to be written down first. */
export interface Choice {
  readonly number: number;
  readonly isNew: boolean;
  readonly kind: Journal['action'];
  readonly passedOver: readonly PassedOver[];
}

/** Which release shall run. @throws ProvisionError `release-not-found` */
export function chooseRelease(
  { places }: Project,
  from: number,
  { images, given }: Known,
  { action, to }: DeployRequest,
): Choice {
  const newest = Math.max(
    from,
    given,
    ...places.flatMap(({ actual }) => [actual.last ?? 0, ...actual.releases.map(({ number }) => number)]),
  );
  const journal = places.find(({ actual }) => actual.journal)?.actual.journal;
  const isHeld = journal === undefined && places.some(({ actual }) => actual.held);
  // What somebody went back to stays, whatever else an apply finds to replace.
  if (action === 'apply' && isHeld) return { number: from, isNew: false, kind: 'rollback', passedOver: [] };
  if (action === 'rollback' || (action === 'apply' && journal?.action === 'rollback')) {
    const number = to ?? (journal?.action === 'rollback' ? journal.to : undefined);
    const way = number === undefined ? wayBack(places) : requireRelease(places, number);
    return { ...way, isNew: false, kind: 'rollback' };
  }
  const isAsWanted = (number: number) =>
    places.every(({ release, actual }, i) => {
      const one = actual.releases.find((one) => one.number === number);
      const ids = actual.images.get(number) ?? new Map<string, string>();
      return (
        one?.digest === contentDigest(release) && [...ids].every(([service, id]) => images[i]?.get(service) === id)
      );
    });
  const same = [journal?.to, from].find((number) => number !== undefined && isAsWanted(number));
  const choice = same === undefined ? { number: newest + 1, isNew: true } : { number: same, isNew: false };
  return { ...choice, kind: 'redeploy', passedOver: [] };
}
