import { describe, expect, it } from 'vitest';
import users from '../../roles/users.ts';
import { Secret } from '../../src/index.ts';
import { desiredOf, idsOf, refusalOf, resourcesOf } from './role.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w prusa_admin';
const HASH =
  '$6$rounds=1000$abcdefgh$4TrI6cXa4n9N0SC1fS0MHCSOjLGo8LvKKddTcWCgNfCi7WcWMCAoAaYAPNlItHgu68UaJgvsZH7rlRtu1l5rW/';

describe('users', () => {
  it('makes nothing of nothing', () => {
    expect(resourcesOf(users, {})).toEqual([]);
  });

  it('makes accounts, keys and rules, in the order in which they need each other', () => {
    const resources = resourcesOf(users, {
      users: [
        { name: 'alice', sudo: 'nopasswd', authorized_keys: [KEY], groups: ['docker', 'adm'] },
        { name: 'bob', sudo: 'password', password: Secret.named('bob', HASH), groups: ['adm'] },
        { name: 'carol', shell: '/usr/sbin/nologin' },
        { name: 'dave', state: 'absent', remove_home: true },
      ],
    });
    expect(idsOf(resources)).toEqual([
      'packages:sudo',
      'group:docker',
      'group:adm',
      'user:alice',
      'user:bob',
      'user:carol',
      'authorized-keys:alice',
      'sudoers:alice',
      'sudoers:bob',
      'sudoers:carol',
      'sudoers:dave',
      'user:dave',
    ]);
    expect(desiredOf(resources, 'user:alice')).toMatchObject({
      password: 'locked',
      shell: '/bin/bash',
      state: 'present',
    });
    expect(desiredOf(resources, 'user:bob').password).toHaveProperty('hash');
    expect(desiredOf(resources, 'user:dave')).toMatchObject({ state: 'absent', removeHome: true });
    expect(desiredOf(resources, 'authorized-keys:alice')).toMatchObject({ exclusive: true });
    expect(desiredOf(resources, 'sudoers:alice')).toMatchObject({ rule: ['alice ALL=(ALL:ALL) NOPASSWD: ALL'] });
    expect(desiredOf(resources, 'sudoers:bob')).toMatchObject({ rule: ['bob ALL=(ALL:ALL) ALL'] });
    expect(desiredOf(resources, 'sudoers:carol')).toMatchObject({ state: 'absent' });
  });

  it('leaves keys alone that it is not told of, and sudo where nobody needs it', () => {
    expect(idsOf(resourcesOf(users, { users: [{ name: 'alice' }] }))).toEqual(['user:alice', 'sudoers:alice']);
  });

  it('removes the last key, too', () => {
    const resources = resourcesOf(users, { users: [{ name: 'alice', authorized_keys: [] }] });
    expect(desiredOf(resources, 'authorized-keys:alice')).toMatchObject({ keys: [], exclusive: true });
  });

  it.each([
    [[{ name: '$(touch /tmp/x)' }], 'users.0.name: must be 1 to 32'],
    [[{ name: '-rf' }], 'users.0.name: must be 1 to 32'],
    [[{ name: 'a\nb' }], 'users.0.name: must be 1 to 32'],
    [[{ name: 'alice' }, { name: 'alice' }], 'users.1.name: the user alice is listed twice'],
    [
      [
        { name: 'alice', uid: 2001 },
        { name: 'bob', uid: 2001 },
      ],
      'users.1.uid: alice and bob cannot both have the number 2001',
    ],
    [[{ name: 'root', state: 'absent' }], 'users.0.state: root cannot be removed'],
    [[{ name: 'alice', uid: 0 }], 'users.0.uid: the number 0 is that of root, and of root alone'],
    [[{ name: 'root', uid: 1 }], 'users.0.uid: the number 0 is that of root, and of root alone'],
    [[{ name: 'alice', sudo: true }], 'users.0.sudo: Invalid option'],
    [[{ name: 'alice', sudo: 'password' }], 'users.0.sudo: asks for a password, but none is set'],
    [[{ name: 'alice', shell: 'bash' }], 'users.0.shell: must be an absolute path'],
    [[{ name: 'alice', autorized_keys: [] }], 'users.0: Unrecognized key: "autorized_keys"'],
    [[{ name: 'alice', authorized_keys: ['a\nb'] }], 'users.0.authorized_keys.0: must be one line'],
  ])('refuses %j', (list, message) => {
    expect(refusalOf(users, { users: list })).toContain(message);
  });

  it('takes the number of a user who goes, and that of root', () => {
    const list = [
      { name: 'root', uid: 0 },
      { name: 'alice', uid: 2001, state: 'absent' },
      { name: 'bob', uid: 2001 },
    ];
    expect(refusalOf(users, { users: list })).toBe('taken');
  });

  it.each(['hunter2', Secret.named('x', 'hunter2'), Secret.named('generated')])(
    'refuses the password %s',
    (password) => {
      const refusal = refusalOf(users, { users: [{ name: 'alice', password }] });
      expect(refusal).toMatch(/^users\.0\.password: /);
      expect(refusal).not.toContain('hunter2');
    },
  );
});
