/** What is redeployed, and to which release. */
import type { ApplyContext } from '../engine/settle.ts';
import { ProvisionError } from '../errors.ts';
import type { ComposeService } from '../resources/compose/desired.ts';
import { composeService } from '../resources/compose/service.ts';
import { contentDigest } from '../resources/releases/files.ts';
import type { Journal } from '../resources/releases/release.ts';
import { type DeployHost, findingsOf } from './deploy-host.ts';
import type { ProjectPlace } from './releases.ts';
import type { Steps } from './steps.ts';

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
  readonly version: string;
  readonly commit: string;
  /** Whether anything was changed. */
  readonly changed: boolean;
  /** The load balancers whose configuration is not what the inventory describes: a redeploy leaves it as it is. */
  readonly staleConfigs: readonly string[];
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

/** What a host runs, or ran before what was not finished. A host that came later, or was redeployed alone, has another than the others. */
export function formerRelease({ actual }: ProjectPlace): number | undefined {
  return actual.journal?.from ?? actual.current;
}

/** By service: the id that the name of its image stands for on a host. */
export type ImageIds = ReadonlyMap<string, string | undefined>;

/** Which release shall run, and whether it is to be written down first. @throws ProvisionError `release-not-found` */
export function chooseRelease(
  { places }: Project,
  from: number,
  images: readonly ImageIds[],
  { action, to }: DeployRequest,
) {
  const newest = Math.max(
    from,
    ...places.flatMap(({ actual }) => [actual.last ?? 0, ...actual.releases.map(({ number }) => number)]),
  );
  const journal = places.find(({ actual }) => actual.journal)?.actual.journal;
  const lacking = (number: number) =>
    places.filter(({ actual }) => !actual.releases.some((one) => one.number === number));
  const isHeld = journal === undefined && places.some(({ actual }) => actual.held);
  // What somebody went back to stays, whatever else an apply finds to replace.
  if (action === 'apply' && isHeld) return { number: from, isNew: false, kind: 'rollback' as const };
  if (action === 'rollback' || (action === 'apply' && journal?.action === 'rollback')) {
    const number = to ?? (journal?.action === 'rollback' ? journal.to : undefined) ?? before(places, from, journal);
    const without = number === undefined ? [] : lacking(number);
    if (number !== undefined && without.length === 0) return { number, isNew: false, kind: 'rollback' as const };
    const names = without.map(({ host }) => host.name).join(', ');
    throw new ProvisionError(
      'release-not-found',
      number === undefined ? 'there is no earlier release' : `there is no release ${number} on ${names}`,
      {
        hint: ['`provision releases` lists what there is.', ...wayWithout(places, without, number)].join(' '),
      },
    );
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
  if (same !== undefined) return { number: same, isNew: false, kind: 'redeploy' as const };
  return { number: newest + 1, isNew: true, kind: 'redeploy' as const };
}

/** Which hosts can go back alone: the others may be meant to stay, or to go somewhere else. */
function wayWithout(
  places: Project['places'],
  without: Project['places'],
  number: number | undefined,
): readonly string[] {
  const having = places.filter((place) => !without.includes(place)).map(({ host }) => host.name);
  if (number === undefined || having.length === 0) return [];
  return [`Where it is, go back alone: provision rollback --to ${number} --limit ${having.join(',')}.`];
}

/** What ran before; of a redeploy that was not finished the one that it came from. */
function before(places: Project['places'], from: number, journal: Journal | undefined): number | undefined {
  if (journal) return journal.from;
  const { ran = [], releases = [] } = places[0]?.actual ?? {};
  const isKept = (number: number) => releases.some((one) => one.number === number);
  const earlier = ran.slice(0, Math.max(0, ran.lastIndexOf(from))).findLast(isKept);
  if (earlier !== undefined || ran.includes(from)) return earlier;
  // Written by a version that did not write down what ran.
  return releases.findLast(({ number }) => number < from)?.number;
}
