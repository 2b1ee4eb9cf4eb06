/** Values that repeat are kept once, and known by their index. */
export interface Store<T> {
  /** @returns the index of this value, or of an earlier one that is equal to it */
  add(value: T): number;
  readonly all: readonly T[];
}

export function newStore<T>(): Store<T> {
  const indices = new Map<string, number>();
  const all: T[] = [];
  return {
    all,
    add(value) {
      const key = JSON.stringify(value);
      const index = indices.get(key) ?? all.push(value) - 1;
      indices.set(key, index);
      return index;
    },
  };
}
