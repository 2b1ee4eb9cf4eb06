import { describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/inventory/overview.ts';
import { load } from './inventory-files.ts';

async function entryOf(vars: string, env: NodeJS.ProcessEnv = {}) {
  const inventory = await load(`all: { children: { web: { hosts: { web1: ${vars} } } } }`, { env });
  const host = inventory.hosts.get('web1');
  return host && overviewOf(host, inventory);
}

describe('overviewOf', () => {
  it('tells groups and roles', async () => {
    expect(await entryOf('{ roles: [users, stak] }')).toEqual({
      host: 'web1',
      address: 'web1',
      groups: ['web'],
      roles: ['users', 'stak'],
    });
  });

  it.each([
    ['{ ansible_host: 203.0.113.10 }', '203.0.113.10'],
    ['{ ansible_user: root, ansible_port: 22 }', 'root@web1:22'],
    ['{ ansible_ssh_user: root, ansible_ssh_host: a, ansible_ssh_port: 2222 }', 'root@a:2222'],
    ['{ ansible_ssh_common_args: -p 2222 -l deploy -J jump@b }', 'deploy@web1:2222'],
    ['{ ansible_ssh_common_args: --odd, ansible_user: root }', 'root@web1'],
    ['{ ansible_host: "2001:db8::1", ansible_port: 2222 }', '[2001:db8::1]:2222'],
    ['{ ansible_host: "{{ address }}", address: 10.0.0.1 }', '10.0.0.1'],
    ['{ ansible_host: "{{ env.HOST }}", ansible_user: "{{ env.NOBODY }}" }', '{{ env.NOBODY }}@10.0.0.2'],
    ['{ ansible_connection: local }', 'this machine'],
    ['{ provision_transport: local }', 'this machine'],
  ])('the address of %s', async (vars, address) => {
    expect((await entryOf(vars, { HOST: '10.0.0.2' }))?.address).toBe(address);
  });
});
