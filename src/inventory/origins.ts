/** Where loaded values stand in the user's files. Kept beside the values, so that those are plain data. */

/** A text that values were read from. */
export interface Source {
  /** `prod.yml:12:7` for an offset in the text: line and column from 1. */
  place(offset: number): string;
}

interface Entries {
  readonly source: Source;
  /** Of each entry of a mapping its key's offset, of each item of a list its own. */
  readonly offsets: ReadonlyMap<string, number>;
}

const origins = new WeakMap<object, Entries>();

/** Notes where the entries of a mapping or list stand. Entries may come from other places of the same source. */
export function rememberOrigins(container: object, source: Source, offsets: ReadonlyMap<string, number>): void {
  origins.set(container, { source, offsets });
}

/** Notes that all entries of a mapping stand at that one place. */
export function rememberPlace(container: object, place: string): void {
  rememberOrigins(container, { place: () => place }, new Map(Object.keys(container).map((key) => [key, 0])));
}

/** The same for a copy of a mapping, as far as it has the same keys. */
export function shareOrigins<T extends object>(copy: T, original: object): T {
  const known = origins.get(original);
  if (known !== undefined) origins.set(copy, known);
  return copy;
}

/** Where that entry of a mapping or list stands, as `prod.yml:12:7`. */
export function originOf(container: object, key: PropertyKey): string | undefined {
  const entries = origins.get(container);
  const offset = entries?.offsets.get(String(key));
  return offset === undefined ? undefined : entries?.source.place(offset);
}

/** The offset that `rememberOrigins` was given for that entry. */
export function offsetIn(container: object, key: string): number | undefined {
  return origins.get(container)?.offsets.get(key);
}

/** Where the deepest existing part of that path below the container stands. */
export function originOfPath(container: unknown, path: readonly PropertyKey[]): string | undefined {
  let deepest: string | undefined;
  let value = container;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) break;
    const origin = originOf(value, key);
    if (origin === undefined) break;
    deepest = origin;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return deepest;
}
