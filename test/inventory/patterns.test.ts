import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limitHosts, selectHosts } from '../../src/inventory/patterns.ts';
import { failure, folderWith, load } from './inventory-files.ts';

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
    ['db2,web1', 'db2 web1'],
    [' db2 , web1 ,', 'db2 web1'],
    ['db2:web1', 'db2 web1'],
    ['web2 web1', 'web2 web1'],
    ['web2,web,web1', 'web2 web1 web3'],
    ['web[0]', 'web1'],
    ['web[-1]', 'web3'],
    ['web[-3]', 'web1'],
    ['web[0:1]', 'web1 web2'],
    ['web[1:]', 'web2 web3'],
    ['web[1:9]', 'web2 web3'],
    ['web[0]:db[-1]', 'web1 2001:db8::1'],
    ['web,!web[0]', 'web2 web3'],
    ['all[2:3],&all[3:]', 'db1'],
    ['web*[0]', 'web1'],
    ['web1[0]', 'web1'],
    ['web[13]*', 'web1 web3'],
    ['web[!13]', 'web2'],
    ['web[1-2]*', 'web1 web2'],
    ['[wd]*1', 'web1 db1'],
    ['~web[12]', 'web1 web2'],
    ['~(?i)WEB[12]', 'web1 web2'],
    ['~.*b1', 'web1 db1'],
    ['~(?P<x>d)b\\d\\Z', 'db1 db2'],
    ['~db', 'db1 db2 2001:db8::1'],
    ['web,!~.*[23]', 'web1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::1[0]', '2001:db8::1'],
    ['2001:db8::1[-1]', '2001:db8::1'],
    ['2001:db8::*', '2001:db8::1'],
    ['2001:db8::?[0]', '2001:db8::1'],
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
    ['web[3]', 'inventory-no-host-matches: no host is at that position: "web[3]"\nIts positions are 0 to 2.'],
    ['web[-4]', 'inventory-no-host-matches: no host is at that position: "web[-4]"\nIts positions are 0 to 2.'],
    ['web[3:]', 'inventory-no-host-matches: no host is at that position: "web[3:]"\nIts positions are 0 to 2.'],
    ['wbe[0]', 'inventory-no-host-matches: no host or group is named "wbe[0]"\nDid you mean `web`?'],
    ['web[0-1]', 'usage: the pattern "web[0-1]" has a range with -\nWrite [0:1] for positions, or name the hosts.'],
    ['web[2:1]', 'usage: the pattern "web[2:1]" ends before it begins\nWrite the lower position first.'],
    ['web[0', 'usage: the pattern "web[0" has a bracket without the other one\nClose it.'],
    [
      '~web(',
      'usage: the pattern "~web(" is no regular expression\nCorrect it. Commas and colons separate the parts of a pattern, within a regular expression as well.',
    ],
    ['~web\\z', 'usage: the pattern "~web\\\\z" has an escape that is not supported: \\z\nDo without it.'],
    [
      '[z-a]*',
      'usage: the pattern "[z-a]*" has a set of letters that is none\nCorrect it. Commas and colons separate the parts of a pattern, within a regular expression as well.',
    ],
    [
      'web[:7]',
      'inventory-no-host-matches: no host or group is named "web[:7]"\nA range of positions begins with a number, from 0 on: NAME[0:1] are the first two, NAME[-1] is the last.',
    ],
    [
      'web[-2:-1]',
      'usage: the pattern "web[-2:-1]" has a set of letters that is none\nA range of positions begins with a number, from 0 on: NAME[0:1] are the first two, NAME[-1] is the last.',
    ],
    [
      'web:db,lb',
      'inventory-no-host-matches: no host or group is named "web:db"\nSeparate names with commas alone, or with colons alone.',
    ],
    [
      'localhost',
      'inventory-no-host-matches: no host or group is named "localhost"\nThis machine is worked on where the inventory names it: `localhost: { ansible_connection: local }`.',
    ],
    [
      '@hosts',
      'inventory-no-host-matches: no host or group is named "@hosts"\nA file of patterns is read for --limit alone.',
    ],
    ['web,!', 'inventory-no-host-matches: no host or group is named ""\nWrite a name right after `&` or `!`.'],
  ])('refuses %j', async (limit, error) => {
    expect(await failure(select(limit))).toBe(error);
  });
});

describe('limitHosts', () => {
  async function limit(limit: string): Promise<string> {
    const hosts = limitHosts(await load(INVENTORY), limit);
    return hosts.map(({ name }) => name).join(' ');
  }

  it.each([
    ['db2\n web1 \n\n', '', 'db2 web1'],
    ['web\n!web2', '', 'web1 web3'],
    ['db', ',&prague', 'db1'],
    ['2001:db8::1', '', '2001:db8::1'],
  ])('reads a part a line from a file: %j', async (content, more, hosts) => {
    const dir = folderWith({ list: content });
    expect(await limit(`@${join(dir, 'list')}${more}`)).toBe(hosts);
  });

  it('refuses a file that holds nothing, or is not there', async () => {
    const dir = folderWith({ list: ' \n\n' });
    expect(await failure(limit(`@${join(dir, 'list')}`))).toMatch(/^usage: the limit is empty\n/);
    expect(await failure(limit(`@${join(dir, 'lost')}`))).toBe(
      'file-unreadable lost: the file of --limit cannot be read: there is no such file\nCheck the path, and who may read it.',
    );
  });
});
