/**
 * Which release a rollback goes to: one that all hosts have, and that is the same on all of them. Hosts that were redeployed
 * alone have other releases than the rest, and perhaps another one by the same number.
 */
import { ProvisionError } from '../errors.ts';
import { isSameContent, isSameRelease } from '../resources/releases/same.ts';
import { formerRelease, type ProjectPlace } from './releases.ts';

/** A newer release than the one that is gone back to. */
export interface PassedOver {
  readonly number: number;
  /** The hosts that do not have it; none where it is not the same on all of them. */
  readonly missingOn: readonly string[];
}

export interface WayBack {
  readonly number: number;
  readonly passedOver: readonly PassedOver[];
}

type Places = readonly ProjectPlace[];

/** What ran last on all hosts, and is not what runs on each of them. @throws ProvisionError `release-not-found` */
export function wayBack(places: Places): WayBack {
  const chains = places.map(ranOn);
  const number = chains[0]?.findLast(
    (one) =>
      chains.every((chain) => chain.includes(one)) &&
      isSameOnAll(places, one) &&
      places.some((place) => wouldChange(place, one)),
  );
  if (number !== undefined) return { number, passedOver: passedOver(places, chains, number) };
  const all = passedOver(places, chains, 0);
  const isWay = ({ number: one }: PassedOver) => places.some((place) => has(place, one) && wouldChange(place, one));
  const told = all.findLast(isWay);
  const lacking = places.find(({ host }) => host.name === told?.missingOn[0]) ?? places[0];
  throw notFound(
    places.length > 1 ? 'there is no earlier release that all hosts have' : 'there is no earlier release',
    {
      host: lacking?.host.name,
      detail: told && reasonOf(told),
      ways: [commonOn(places), alone(places)],
    },
  );
}

/** @throws ProvisionError `release-not-found` where a host does not have this release, or another one by its number */
export function requireRelease(places: Places, number: number): WayBack {
  const without = places.filter((place) => !has(place, number));
  const having = places.filter((place) => has(place, number) && wouldChange(place, number));
  const names = without.map(({ host }) => host.name).join(', ');
  if (without.length > 0) {
    throw notFound(`there is no release ${number} on ${names}`, {
      host: without[0]?.host.name,
      ways: [commonOn(places), someAlone(aloneTo(number, having))],
    });
  }
  if (!isSameOnAll(places, number)) {
    const [first, ...others] = places;
    const other = others.find((place) => first && !isSameRelease(first.actual, place.actual, number));
    throw notFound(`release ${number} on ${other?.host.name} is another than on ${first?.host.name}`, {
      host: other?.host.name,
      detail: 'Each was redeployed alone, and both got the same number.',
      ways: [commonOn(places), someAlone(aloneTo(number, having))],
    });
  }
  return { number, passedOver: [] };
}

/** What became the current one on a host, up to what runs there now, as far as it is kept. */
function ranOn(place: ProjectPlace): readonly number[] {
  const { ran, releases } = place.actual;
  const now = formerRelease(place) ?? 0;
  const end = ran.lastIndexOf(now);
  // A version that did not write down what ran has left none.
  const all = end === -1 ? releases.map(({ number }) => number).filter((one) => one <= now) : ran.slice(0, end + 1);
  return all.filter((number) => has(place, number));
}

function has({ actual }: ProjectPlace, number: number): boolean {
  return actual.releases.some((one) => one.number === number);
}

function isSameOnAll([first, ...others]: Places, number: number): boolean {
  return first === undefined || others.every(({ actual }) => isSameRelease(first.actual, actual, number));
}

/** What was not finished runs in part. */
function wouldChange({ actual }: ProjectPlace, number: number): boolean {
  const { journal, current } = actual;
  return journal !== undefined || current === undefined || !isSameContent(actual, current, number);
}

/** What ran between that release and now, and why that is none to go to. */
function passedOver(places: Places, chains: readonly (readonly number[])[], number: number): readonly PassedOver[] {
  const between = places.flatMap((place, i) => {
    const chain = chains[i] ?? [];
    return chain.slice(chain.indexOf(number) + 1).filter((one) => one !== formerRelease(place));
  });
  return [...new Set(between)]
    .toSorted((a, b) => a - b)
    .map((one) => ({
      number: one,
      missingOn: places.filter((place) => !has(place, one)).map(({ host }) => host.name),
    }))
    .filter(({ number: one, missingOn }) => missingOn.length > 0 || !isSameOnAll(places, one));
}

/** `release 3 is not on app2` */
export function reasonOf({ number, missingOn }: PassedOver): string {
  if (missingOn.length > 0) return `release ${number} is not on ${missingOn.join(', ')}`;
  return `release ${number} is not the same on all hosts`;
}

/** What could be gone to on all hosts. */
function commonOn(places: Places): string {
  if (places.length < 2) return '';
  const [first] = places;
  const common = (first?.actual.releases ?? [])
    .map(({ number }) => number)
    .filter((number) => places.every((place) => has(place, number)) && isSameOnAll(places, number));
  if (common.length === 0) return 'No release is on all hosts.';
  const others = common.filter((number) => places.some((place) => wouldChange(place, number)));
  if (others.length > 0) return `All hosts have ${releasesOf(others)}.`;
  return `All hosts have ${releasesOf(common)}, which ${common.length === 1 ? 'is' : 'are'} what runs.`;
}

function releasesOf(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? 'release' : 'releases'} ${numbers.join(', ')}`;
}

/** To what each host can go back alone: the others may be meant to stay. */
function alone(places: Places): string {
  if (places.length < 2) return '';
  const ends = places.flatMap((place) => {
    const number = ranOn(place).findLast((one) => wouldChange(place, one));
    return number === undefined ? [] : [{ place, number }];
  });
  const byNumber = Map.groupBy(ends, ({ number }) => number);
  const commands = [...byNumber].flatMap(([number, group]) => {
    const having = group.map(({ place }) => place);
    return aloneTo(number, having);
  });
  return someAlone(commands);
}

/** All together, unless they have different ones by that number. */
function aloneTo(number: number, having: Places): readonly string[] {
  if (having.length === 0) return [];
  const groups = isSameOnAll(having, number) ? [having] : having.map((place) => [place]);
  return groups.map((group) => {
    const names = group.map(({ host }) => host.name).join(',');
    return `provision rollback --to ${number} --limit ${names}`;
  });
}

function someAlone(commands: readonly string[]): string {
  return commands.length === 0 ? '' : `Go back on some of them alone: ${commands.join(', or ')}.`;
}

interface NotFound {
  readonly host: string | undefined;
  readonly detail?: string | undefined;
  readonly ways: readonly string[];
}

function notFound(message: string, { host, detail, ways }: NotFound): ProvisionError {
  const hint = ['`provision releases` lists what there is.', ...ways].filter(Boolean).join(' ');
  return new ProvisionError('release-not-found', message, { host, detail, hint });
}
