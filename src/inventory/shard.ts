/** One of several parts of the chosen hosts, for as many jobs of a CI that work side by side. */
export interface Shard {
  /** From 1 to `count`. */
  readonly number: number;
  readonly count: number;
}

/**
 * The hosts of one shard. They are dealt out like cards, in the order of the inventory: each host is in exactly one shard, and no
 * shard has more than one host more than another. Hosts of one group, which stand together and take about as long as each other,
 * are spread over all shards; a host that is added at the end moves no other.
 *
 * @example hostsOfShard(['a', 'b', 'c', 'd', 'e'], { number: 2, count: 3 }) // ['b', 'e']
 */
export function hostsOfShard<T>(hosts: readonly T[], { number, count }: Shard): readonly T[] {
  return hosts.filter((_, i) => i % count === number - 1);
}

/** As on the command line: `2/8`. */
export function shardName({ number, count }: Shard): string {
  return `${number}/${count}`;
}
