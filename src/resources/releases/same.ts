/** Whether two releases are the same: on one host by what they hold, and over hosts by where they come from. */
import type { ActualReleases } from './release.ts';

/** Whether two releases of a host run the same containers of the same images. */
export function isSameContent(actual: ActualReleases, one: number, other: number): boolean {
  if (one === other) return true;
  const [a, b] = [digestOf(actual, one), digestOf(actual, other)];
  // It is empty where a secret was not known.
  return a === b && a !== undefined && a !== '' && hasSameEntries(actual.images.get(one), actual.images.get(other));
}

/**
 * Whether a number stands for the same release on two hosts that have it. Their definitions tell nothing of that: each may have an
 * address of its own in them. One deploy writes its own mark on all of its hosts; first releases, and those of older versions,
 * have none and are told apart by the names of their images.
 */
export function isSameRelease(one: ActualReleases, other: ActualReleases, number: number): boolean {
  const [a, b] = [deployOf(one, number), deployOf(other, number)];
  if (a !== undefined || b !== undefined) return a === b;
  const [images, others] = [one.references.get(number), other.references.get(number)];
  // A host may have services that another one does not have.
  return [...(images ?? [])].every(([service, name]) => (others?.get(service) ?? name) === name);
}

function digestOf({ releases }: ActualReleases, number: number): string | undefined {
  return releases.find((one) => one.number === number)?.digest;
}

function deployOf({ releases }: ActualReleases, number: number): string | undefined {
  return releases.find((one) => one.number === number)?.deploy;
}

type Entries = ReadonlyMap<string, string>;

function hasSameEntries(one: Entries = new Map(), other: Entries = new Map()): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}
