import { describe, expect, it } from 'vitest';
import { selectHosts } from '../../src/inventory/patterns.ts';
import { failure, load } from './inventory-files.ts';

const INVENTORY = `
web:
  hosts: { web1: , web2: , web3: }
db:
  hosts: { db1: , db2: , "2001:db8::1": }
prague:
  hosts: { web1: , db1: }
`;

async function select(limit: string): Promise<string> {
  const hosts = selectHosts(await load(INVENTORY), limit);
  return hosts.map(({ name }) => name).join(' ');
}

describe('selectHosts', () => {
  it.each([
    ['web1', 'web1'],
    ['web', 'web1 web2 web3'],
    ['all', 'web1 web2 web3 db1 db2 2001:db8::1'],
    ['*', 'web1 web2 web3 db1 db2 2001:db8::1'],
    ['db2,web1', 'web1 db2'],
    [' db2 , web1 ,', 'web1 db2'],
    ['db2:web1', 'web1 db2'],
    ['2001:db8::1', '2001:db8::1'],
    ['db,!2001:db8::1', 'db1 db2'],
    ['web*', 'web1 web2 web3'],
    ['w?b3', 'web3'],
    ['pra*', 'web1 db1'],
    ['web,&prague', 'web1'],
    ['web:&prague', 'web1'],
    ['&prague,web', 'web1'],
    ['!web1,web', 'web2 web3'],
    ['!web', 'db1 db2 2001:db8::1'],
    ['&prague', 'web1 db1'],
    ['all,&prague,!db*', 'web1'],
  ])('%s: %s', async (limit, hosts) => {
    expect(await select(limit)).toBe(hosts);
  });

  it.each([
    ['', 'usage: the limit is empty\nName hosts or groups, or leave --limit out for all hosts.'],
    [' , ', 'usage: the limit is empty\nName hosts or groups, or leave --limit out for all hosts.'],
    ['wbe1', 'inventory-no-host-matches: no host or group is named "wbe1"\nDid you mean `web1`?'],
    ['web1,bd1', 'inventory-no-host-matches: no host or group is named "bd1"\nDid you mean `db1`?'],
    ['web,!wbe1', 'inventory-no-host-matches: no host or group is named "wbe1"\nDid you mean `web1`?'],
    [
      'web2,&prague',
      'inventory-no-host-matches: no host matches "web2,&prague"\nEvery part of it names hosts, but no host is left of them.',
    ],
    [
      'x*',
      'inventory-no-host-matches: no host or group is named "x*"\nThere are: all, web, db, prague, web1, web2, web3, db1, db2, 2001:db8::1.',
    ],
    ['web.', 'inventory-no-host-matches: no host or group is named "web."\nDid you mean `web`?'],
    [
      '~web',
      'usage: the pattern "~web" is not supported\nUse names, groups and globs such as web*, with `,` between them, and `&` or `!` before them.',
    ],
    [
      'web[0]',
      'usage: the pattern "web[0]" is not supported\nUse names, groups and globs such as web*, with `,` between them, and `&` or `!` before them.',
    ],
  ])('refuses %j', async (limit, error) => {
    expect(await failure(select(limit))).toBe(error);
  });
});
