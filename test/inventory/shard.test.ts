import { describe, expect, it } from 'vitest';
import { hostsOfShard, shardName } from '../../src/inventory/shard.ts';

const HOSTS = ['db1', 'db2', 'web1', 'web2', 'web3', 'web4', 'web5'];

describe('hostsOfShard', () => {
  it.each([
    [1, 1, HOSTS],
    [1, 3, ['db1', 'web2', 'web5']],
    [2, 3, ['db2', 'web3']],
    [3, 3, ['web1', 'web4']],
    [7, 9, ['web5']],
    [8, 9, []],
  ])('%i/%i', (number, count, hosts) => {
    expect(hostsOfShard(HOSTS, { number, count })).toEqual(hosts);
  });

  it.each([1, 2, 3, 6, 7, 8, 50])('puts each host in one of %i shards, and in each about as many', (count) => {
    const shards = Array.from({ length: count }, (_, i) => hostsOfShard(HOSTS, { number: i + 1, count }));
    expect(shards.flat().toSorted()).toEqual(HOSTS);
    const sizes = shards.map(({ length }) => length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it('moves no host when one is added at the end', () => {
    const before = hostsOfShard(HOSTS, { number: 2, count: 4 });
    expect(hostsOfShard([...HOSTS, 'web6', 'web7'], { number: 2, count: 4 })).toEqual(
      expect.arrayContaining([...before]),
    );
  });
});

it('is written as on the command line', () => expect(shardName({ number: 2, count: 8 })).toBe('2/8'));
