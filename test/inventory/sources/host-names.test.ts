import { describe, expect, it } from 'vitest';
import { expandHostNames } from '../../../src/inventory/sources/host-names.ts';

describe('expandHostNames', () => {
  it.each<[string, readonly string[], number?]>([
    ['web1', ['web1']],
    ['web1:2222', ['web1'], 2222],
    ['203.0.113.10:22', ['203.0.113.10'], 22],
    ['2001:db8::1', ['2001:db8::1']],
    ['[2001:db8::1]:22', ['2001:db8::1'], 22],
    ['web[1:3]', ['web1', 'web2', 'web3']],
    ['web[:2]', ['web0', 'web1', 'web2']],
    ['web[08:11]', ['web08', 'web09', 'web10', 'web11']],
    ['web[8:11]', ['web8', 'web9', 'web10', 'web11']],
    ['web[00:06:3]', ['web00', 'web03', 'web06']],
    ['db[a:c].example.com', ['dba.example.com', 'dbb.example.com', 'dbc.example.com']],
    ['db[y:B]', ['dby', 'dbz', 'dbA', 'dbB']],
    ['db[a:f:2]', ['dba', 'dbc', 'dbe']],
    ['r[1:2]-[a:b]:2200', ['r1-a', 'r1-b', 'r2-a', 'r2-b'], 2200],
    ['10.0.[0:1].[1:2]', ['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.0.1.2']],
  ])('%s', (written, names, port) => {
    expect(expandHostNames(written, 'hosts:1:1')).toEqual({ names, port });
  });

  it.each([
    ['web[1-3]', '[1-3] is no range of hosts'],
    ['web[1:]', '[1:] is no range of hosts'],
    ['web[1:3:0]', '[1:3:0] is no range of hosts'],
    ['web[a:3]', '[a:3] is no range of hosts'],
    ['web[3:1]', '[3:1] is empty: it begins after its end'],
    ['web[01:100]', '[01:100]: the two ends of a padded range must be of one length'],
    ['web[0:999999999]', '[0:999999999] stands for more than 100000 hosts'],
    ['[0:999]-[0:999]', '[0:999]-[0:999] stands for more than 100000 hosts'],
    ['web1:0', '0 is no port'],
    ['web1:65536', '65536 is no port'],
    ['web1:', '"web1:" cannot be the name of a host'],
    ['a b', '"a b" cannot be the name of a host'],
    ['-oProxyCommand=x', '"-oProxyCommand=x" cannot be the name of a host'],
    ['$(id)', '"$(id)" cannot be the name of a host'],
  ])('refuses %s', (written, message) => {
    expect(() => expandHostNames(written, 'hosts:1:1')).toThrow(
      expect.objectContaining({ code: 'inventory-structure', location: 'hosts:1:1', message }),
    );
  });
});
