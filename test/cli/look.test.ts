/** The commands that only look at the inventory and the reference: the whole program, as a user runs it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const CLUSTER = 'inventory/cluster.yml';

function provision(...args: string[]) {
  // No secret of the inventory is in the environment: none is needed to look at it.
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'bin/provision'), args, { encoding: 'utf8', env, cwd: ROOT });
  return { status, stdout, stderr, lines: stdout.trimEnd().split('\n') };
}

const json = (line = '') => JSON.parse(line) as Record<string, unknown>;

describe('provision inventory', () => {
  it('lists hosts', () => {
    const { status, lines } = provision('inventory', '-i', CLUSTER, '-l', 'lb');
    expect(lines).toEqual([
      'host  address            groups  roles',
      'lb1   root@203.0.113.10  lb      users, packages, certs, haproxy',
      'lb2   root@203.0.113.11  lb      users, packages, certs, haproxy',
    ]);
    expect(status).toBe(0);
  });

  it('lists hosts for programs', () => {
    const { lines } = provision('inventory', 'list', '-i', CLUSTER, '--limit', 'lb1', '--json');
    const roles = ['users', 'packages', 'certs', 'haproxy'];
    const entry = { host: 'lb1', address: 'root@203.0.113.10', groups: ['lb'], roles };
    expect(lines.map(json)).toEqual([{ version: 1, type: 'inventory-host', ...entry }]);
  });

  it('lists the hosts of a shard', () => {
    const { lines, stderr } = provision('inventory', '-i', CLUSTER, '--shard', '2/2');
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual(['lb2', 'app2']);
    expect(stderr).toBe('shard 2/2: 2 of 4 hosts\n');
    const [first, ...others] = provision('inventory', '-i', CLUSTER, '--shard', '2/2', '--json').lines.map(json);
    expect(first).toEqual({ version: 1, type: 'shard', shard: '2/2', hosts: ['lb2', 'app2'], chosen: 4 });
    expect(others.map(({ host }) => host)).toEqual(['lb2', 'app2']);
  });

  it('draws groups', () => {
    expect(provision('inventory', 'graph', '-i', CLUSTER, '-l', 'app1').lines).toEqual([
      '@all:',
      '  |--@application:',
      '  |  |--app1',
    ]);
    const [first] = provision('inventory', 'graph', '-i', CLUSTER, '--json').lines;
    const entry = { group: 'all', children: ['lb', 'application'], hosts: [] };
    expect(json(first)).toEqual({ version: 1, type: 'inventory-group', ...entry });
  });

  it('shows the variables of a host, without secrets', () => {
    const { stdout, lines } = provision('inventory', 'host', 'app1', '-i', CLUSTER);
    expect(stdout).toContain('DATABASE_URI: postgresql+psycopg2://app:<secret>@db.internal.example.com:5432/app');
    expect(lines).toEqual(provision('inventory', '--host', 'app1', '-i', CLUSTER).lines);
    const { lines: told } = provision('inventory', '--host', 'app1', '-i', CLUSTER, '--json');
    expect(json(told[0])).toMatchObject({
      type: 'inventory-variables',
      host: 'app1',
      variables: { ansible_user: 'root' },
    });
  });

  it.each([
    { what: 'a view that is none', args: ['inventory', 'lst'], says: 'Did you mean `list`?' },
    { what: 'a host that is none', args: ['inventory', 'host', 'ap1'], says: 'Did you mean `app1`?' },
    { what: 'a host outside of the limit', args: ['inventory', 'host', 'app1', '-l', 'lb'], says: 'within the limit' },
    { what: 'no host where there are several', args: ['explain', 'roles'], says: '--host lb1' },
    { what: 'a host for the list', args: ['inventory', 'list', 'app1'], says: '--limit app1' },
    {
      what: "a role's variable that the host has not",
      args: ['explain', 'dockr', '--host', 'lb1'],
      says: 'Did you mean `docker`?',
    },
    { what: 'an unknown variable', args: ['explain', 'rolse', '--host', 'app1'], says: 'Did you mean `roles`?' },
  ])('tells of $what', ({ args, says }) => {
    const { status, stdout, stderr } = provision(...args, '-i', CLUSTER);
    expect(stderr).toMatch(/^error: /);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(says);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('provision explain', () => {
  it('tells places, values, and who counts', () => {
    const { lines, status } = provision('explain', 'roles', '-i', CLUSTER, '--host', 'lb1');
    expect(lines.slice(6)).toEqual([
      '* inventory/cluster.yml:18:9  group lb   [users, packages, certs, haproxy]',
      '  inventory/cluster.yml:7:5   group all  [users, packages]',
      '',
      'The first one counts: every group counts before all.',
      'Read by provision.',
      'See provision docs roles.',
    ]);
    expect(status).toBe(0);
  });

  it('does so for programs', () => {
    const { lines } = provision('explain', 'stack.listen', '-i', CLUSTER, '--host', 'app1', '--json');
    const location = 'inventory/cluster.yml:39:11';
    const place = { kind: 'group', name: 'application', location, value: '{{ private_address }}' };
    expect(lines.map(json)).toEqual([
      {
        ...{ version: 1, type: 'explanation', host: 'app1', variable: 'stack.listen', places: [place] },
        ...{ why: 'Nothing else sets it.', value: '10.0.0.20', readers: ['the role stack'] },
      },
    ]);
  });

  it('takes the only host without being told', () => {
    expect(provision('explain', 'packages', '-i', 'inventory/prod.yml').lines[0]).toBe('packages of web1:');
  });
});

describe('provision docs', () => {
  it('lists topics, and tells one', () => {
    expect(provision('docs').lines[0]).toBe('usage: provision docs TOPIC');
    expect(provision('docs', 'stack.services.health').stdout).toContain('timeout  time span; default `60s`');
  });

  it('tells of a topic that does not exist', () => {
    const { status, stderr } = provision('docs', 'stak');
    expect(stderr).toContain('Did you mean `stack`?');
    expect(status).toBe(2);
  });
});
