import { isAbsolute } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.ts';
import type { ConnectionSettings } from '../../src/transport/settings.ts';
import { failure, resolve } from './inventory-files.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w';

/** The settings of web1 with those variables, its name and what is not set left out. */
async function settingsOf(variables: string): Promise<Partial<ConnectionSettings>> {
  const [host] = await resolve(`all:\n  vars: { roles: [motd] }\n  hosts:\n    web1: { ${variables} }\n`, {
    env: { PORT: '2200' },
  });
  const entries = Object.entries(host?.settings ?? {}).filter(
    ([name, value]) => name !== 'name' && value !== undefined,
  );
  return Object.fromEntries(entries);
}

describe('variables that mean something to Ansible alone', () => {
  it('are passed over, and told', async () => {
    const [host] = await resolve(
      `all:
  vars: { roles: [motd], ansible_python_interpreter: /usr/bin/python3, ansible_shell_type: sh, ansible_pipelining: true }
  hosts:
    web1: { ansible_remote_tmp: /tmp, ansible_perl_interpreter: /usr/bin/perl, ansible_user: a }
`,
    );
    expect(host?.ignored).toEqual([
      'ansible_python_interpreter',
      'ansible_shell_type',
      'ansible_pipelining',
      'ansible_remote_tmp',
      'ansible_perl_interpreter',
    ]);
  });
});

describe('connection settings', () => {
  it.each<[string, Partial<ConnectionSettings>]>([
    ['', { become: 'auto' }],
    [
      'ansible_host: 10.0.0.1, ansible_port: 2222, ansible_user: deploy',
      { hostname: '10.0.0.1', port: 2222, user: 'deploy', become: 'auto' },
    ],
    [
      'ansible_ssh_host: a, ansible_ssh_port: 23, ansible_ssh_user: b',
      { hostname: 'a', port: 23, user: 'b', become: 'auto' },
    ],
    ['ansible_host: a, ansible_ssh_host: b', { hostname: 'b', become: 'auto' }],
    ['ansible_port: 1, ansible_ssh_port: 2', { port: 2, become: 'auto' }],
    ['ansible_user: a, ansible_ssh_user: b', { user: 'b', become: 'auto' }],
    ['ansible_private_key_file: /a, ansible_ssh_private_key_file: /b', { keyFile: '/b', become: 'auto' }],
    ['ansible_port: "{{ env.PORT }}"', { port: 2200, become: 'auto' }],
    ['ansible_ssh_private_key_file: ~/.ssh/k', { keyFile: '~/.ssh/k', become: 'auto' }],
    ['ansible_private_key_file: /k', { keyFile: '/k', become: 'auto' }],
    ['ansible_connection: local', { transport: 'local', become: 'auto' }],
    ['provision_transport: openssh', { transport: 'openssh', become: 'auto' }],
    ['ansible_become: yes, ansible_become_method: doas, ansible_become_user: root', { become: 'doas' }],
    ['ansible_become: no', { become: 'none' }],
    ['ansible_ssh_timeout: 2.5', { connectTimeoutMs: 2500, become: 'auto' }],
    ['ansible_ssh_common_args: -J bastion -p 24, ansible_port: 25', { jump: 'bastion', port: 25, become: 'auto' }],
    ['ansible_ssh_common_args: -J a, ansible_ssh_extra_args: -J b -l c', { jump: 'a', user: 'c', become: 'auto' }],
    ['ansible_ssh_args: -C -J a, ansible_ssh_common_args: -J b', { jump: 'a', become: 'auto' }],
    ['ansible_connection: smart', { become: 'auto' }],
    ['ansible_sudo_user: root, ansible_su_user: root', { become: 'auto' }],
    ['ansible_host_key_checking: true', { hostKeyChecking: 'strict', become: 'auto' }],
    ['provision_host_key_checking: accept-new', { hostKeyChecking: 'accept-new', become: 'auto' }],
    [`provision_host_key: ${KEY} web1`, { hostKey: `${KEY} web1`, become: 'auto' }],
    [`provision_host_key: [${KEY}]`, { hostKey: [KEY], become: 'auto' }],
    ['ansible_python_interpreter: /usr/bin/python3, ansible_shell_type: sh', { become: 'auto' }],
  ])('%s', async (variables, settings) => {
    expect(await settingsOf(variables)).toEqual(settings);
  });

  it('finds relative files beside the inventory', async () => {
    const { keyFile = '', knownHostsFile = '' } = await settingsOf(
      'ansible_ssh_private_key_file: keys/k, ansible_ssh_common_args: -o UserKnownHostsFile=known',
    );
    expect([keyFile, knownHostsFile].every(isAbsolute)).toBe(true);
    expect([keyFile, knownHostsFile].map((path) => path.replace(/^.*\/provision-inventory-[^/]+\//, ''))).toEqual([
      'keys/k',
      'known',
    ]);
  });

  it.each<[string, keyof ConnectionSettings]>([
    ['ansible_password: canary', 'password'],
    ['ansible_ssh_pass: canary', 'password'],
    ['ansible_become_password: canary', 'becomePassword'],
    ['ansible_become_pass: "{{ secrets.login }}", secrets: { login: canary }', 'becomePassword'],
    ['ansible_ssh_password: canary, ansible_ssh_pass: other-1, ansible_password: other-2', 'password'],
    ['ansible_sudo_pass: canary, ansible_become_pass: other-1, ansible_su_pass: other-2', 'becomePassword'],
    ['ansible_become_method: su, ansible_su_pass: canary, ansible_sudo_pass: other-1', 'becomePassword'],
    ['ansible_become_pass: canary, ansible_become_password: other-1', 'becomePassword'],
    ['provision_ssh_passphrase: canary', 'passphrase'],
  ])('%s is a secret', async (variables, name) => {
    const settings = await settingsOf(variables);
    const secret = settings[name];
    expect(secret).toBeInstanceOf(Secret);
    expect((secret as Secret).reveal()).toBe('canary');
    expect(JSON.stringify(settings)).not.toContain('canary');
  });

  it.each([
    [
      'ansible_port: 70000',
      'inventory-bad-parameter prod.yml:4:13: ansible_port: must be at most 65535, found 70000\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_port: "70000"',
      'inventory-bad-parameter prod.yml:4:13: ansible_port: must be at most 65535, found "70000"\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_port: ssh',
      'inventory-bad-parameter prod.yml:4:13: ansible_port: must be a number, found "ssh"\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_host: "-oProxyCommand=x"',
      'inventory-bad-parameter prod.yml:4:13: ansible_host: must be one word that does not start with -, found "-oProxyCommand=x"\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_host: 203.0.113.0/24',
      'inventory-bad-parameter prod.yml:4:13: ansible_host: must be one address or name, not a network, found "203.0.113.0/24"\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_host: "{{ secrets.a }}", secrets: { a: generate }',
      'inventory-bad-parameter prod.yml:4:13: ansible_host: expected a text, found a secret\nWrite it openly: the connection takes no secret there.',
    ],
    [
      'ansible_password: 1234',
      'inventory-bad-parameter prod.yml:4:13: ansible_password: must be a text or a secret, found a number\nPut it in quotes.',
    ],
    [
      'ansible_become_user: postgres',
      'inventory-bad-parameter prod.yml:4:13: ansible_become_user: expected root, found "postgres"\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_become_method: sudoo',
      'inventory-bad-parameter prod.yml:4:13: ansible_become_method: expected sudo or doas or su, found "sudoo"\nDid you mean `sudo`?',
    ],
    [
      'ansible_become_password: "{{ secrets.a }}", secrets: { a: generate }',
      'inventory-bad-parameter prod.yml:4:13: ansible_become_password is a secret that is generated on the host itself\nWhat is needed to log in must be given: take the secret from `env` or `file`.',
    ],
    [
      'ansible_ssh_common_args: -o StrictHostKeyChecking=no',
      'inventory-bad-parameter prod.yml:4:13: -o StrictHostKeyChecking=no is not supported\nA host key is always checked. Write accept-new to trust a host that was never seen before.',
    ],
    [
      'ansible_host_key_checking: false',
      'inventory-bad-parameter prod.yml:4:13: ansible_host_key_checking: false is not supported\nA host key is always checked. `provision_host_key_checking: accept-new` trusts a host never seen before.',
    ],
    [
      'ansible_connection: winrm',
      'inventory-bad-parameter prod.yml:4:13: ansible_connection: expected ssh or local or smart or paramiko, found "winrm"\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_shell_type: powershell',
      'inventory-bad-parameter prod.yml:4:13: ansible_shell_type: expected sh or csh or fish, found "powershell"\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_winrm_transport: ntlm',
      'inventory-bad-parameter prod.yml:4:13: ansible_winrm_transport is not supported: Windows hosts are not supported\nTake the host out of the inventory, or remove the variable.',
    ],
    [
      'ansible_network_os: ios',
      'inventory-bad-parameter prod.yml:4:13: ansible_network_os is not supported: network devices are not supported\nTake the host out of the inventory, or remove the variable.',
    ],
    [
      'ansible_become_flags: -H',
      'inventory-bad-parameter prod.yml:4:13: ansible_become_flags is not supported: how sudo, doas and su are called cannot be chosen\nRemove it.',
    ],
    [
      'ansible_ssh_executable: /usr/bin/ssh',
      'inventory-bad-parameter prod.yml:4:13: ansible_ssh_executable is not supported: SSH is spoken by provision itself\nRemove it. With `provision_transport: openssh` the ssh of this machine is used.',
    ],
    [
      'ansible_doas_pass: canary',
      "inventory-bad-parameter prod.yml:4:13: ansible_doas_pass is not supported: doas is used without a password\nAllow it without one: `permit nopass` in the host's doas.conf.",
    ],
    [
      'provision_host_key: nonsense',
      'inventory-bad-parameter prod.yml:4:13: provision_host_key: must be a public key: ssh-ed25519 AAAA...\nWrite what is expected there: the connection reads it.',
    ],
    [
      'ansible_usr: deploy',
      'inventory-unknown-variable prod.yml:4:13: nothing reads the variable ansible_usr\nDid you mean `ansible_user`? Rename or remove it.',
    ],
    [
      'provision_hots_key: x',
      'inventory-unknown-variable prod.yml:4:13: nothing reads the variable provision_hots_key\nDid you mean `provision_host_key`? Rename or remove it.',
    ],
    [
      'provision_colour: x',
      'inventory-unknown-variable prod.yml:4:13: nothing reads the variable provision_colour\nRemove it.',
    ],
  ])('refuses %s', async (variables, error) => {
    expect(await failure(settingsOf(variables))).toBe(error);
  });
});
