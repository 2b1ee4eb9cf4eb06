import {
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type UserInput, user } from '../../src/resources/user.ts';
import { Secret } from '../../src/shell/secret.ts';
import { renderScript } from '../../src/shell/sh.ts';
import { converge, planned, runScript } from './local-target.ts';
import { type PrivateEtc, privateEtc } from './private-etc.ts';
import { applied, changesOf, desired, probeText } from './table.ts';

const HASH = '$6$salt$8kvGl1tN4sN3kwKwHQ7ZkXqE4YEmTlZ1hG1Qp7Uo3kK1';

const account = {
  uid: 1001,
  group: 'ann',
  groups: ['docker'],
  comment: 'Ann',
  home: '/home/ann',
  shell: '/bin/sh',
  homeOwner: { uid: 1001, owner: 'ann' } as { uid: number; owner: string } | undefined,
  password: '*',
  mustChange: false,
  expiredOn: undefined as number | undefined,
};

describe('user', () => {
  it('asks for all users at once, and for hashes only where they matter', () => {
    expect(probeText(user, [{ name: 'ann' }, { name: 'bob', home: '/srv/bob', password: 'locked' }])).toBe(
      [
        'set -- /srv/bob',
        'lines=$(',
        'getent passwd ann bob',
        ')',
        'ended=$?',
        'set -f',
        "IFS='",
        "'",
        'for line in $lines; do',
        'set +f',
        'unset IFS',
        `printf 'passwd:%s\\n' "$line"`,
        'line=${line%:*}',
        'set -- "$@" "${line##*:}"',
        'done',
        'set +f',
        'unset IFS',
        '[ $ended -lt 128 ] || exit $ended',
        `[ $# -eq 0 ] || stat -L -c '%f %h %u %g:%U:%G:%n' "$@" 2>/dev/null`,
        `getent shadow ann bob | sed '/^\\(bob\\):/!s/^\\([^:]*:[*!]*\\)[^:]*:/\\1:/;s/^/shadow:/'`,
        `getent group | sed 's/^/group:/'`,
      ].join('\n'),
    );
  });

  it('reads accounts', () => {
    const output = [
      'passwd:ann:x:1001:1001:Ann Óg:/home/ann:/bin/sh',
      'passwd:bob:x:1002:77:::/usr/sbin/nologin',
      '41ed 3 1001 1001:ann:ann:/home/ann',
      'shadow:ann:!:20000:0:99999:7::1:',
      'shadow:bob:*:0:0:99999:7::99999:',
      'group:docker:x:999:annabel,ann',
      'group:adm:x:4:ann',
      'group:ann:x:1001:',
      'group:anna:x:1003:annabel',
      '',
    ].join('\n');
    const parsed = user.parse(output, desired(user, [{ name: 'bob' }, { name: 'ann' }, { name: 'eve' }]));
    expect(parsed).toEqual([
      {
        account: {
          uid: 1002,
          group: '77',
          groups: [],
          comment: '',
          home: '',
          shell: '/usr/sbin/nologin',
          homeOwner: undefined,
          password: '*',
          mustChange: true,
          expiredOn: undefined,
        },
      },
      { account: { ...account, comment: 'Ann Óg', groups: ['adm', 'docker'], password: '!', expiredOn: 1 } },
      { account: undefined },
    ]);
  });

  it.each<[Omit<UserInput, 'name'>, Partial<typeof account> | undefined, string | undefined]>([
    [{}, {}, undefined],
    [{ shell: '/bin/sh', uid: 1001, group: 'ann', comment: 'Ann', home: '/home/ann' }, {}, undefined],
    [{ shell: '/bin/bash' }, {}, 'usermod -s /bin/bash ann || exit'],
    [{ comment: "A 'n' $(n)" }, {}, `usermod -c 'A '\\''n'\\'' $(n)' ann || exit`],
    [{ uid: 7, group: 'staff' }, {}, 'usermod -u 7 -g staff ann || exit'],
    [{ groups: ['docker'] }, {}, undefined],
    [{ groups: ['docker', 'ann'] }, {}, undefined],
    [{ groups: ['adm'] }, {}, 'usermod -aG adm ann || exit'],
    [{ groups: ['adm'], exclusiveGroups: true }, {}, 'usermod -G adm ann || exit'],
    [{ exclusiveGroups: true }, {}, `usermod -G '' ann || exit`],
    [{ exclusiveGroups: true }, { groups: [] }, undefined],
    [{ exclusiveGroups: true }, { groups: ['ann'] }, undefined],
    [{ password: 'locked' }, {}, undefined],
    [{ password: 'locked' }, { password: '!' }, `usermod -p '*' ann || exit`],
    [{ password: 'locked' }, { password: HASH }, `usermod -p '*' ann || exit`],
    [{ password: { hash: HASH } }, { password: HASH }, undefined],
    [{ password: { hash: HASH } }, { password: `!${HASH}` }, 'chpasswd -e <"$RUN/1" || exit'],
    [{ password: { hash: `!${HASH}` } }, { password: `!!${HASH}` }, undefined],
    [{ password: { hash: `!${HASH}` } }, { password: HASH }, undefined],
    [{ password: { hash: HASH } }, { password: '*' }, 'chpasswd -e <"$RUN/1" || exit'],
    [{}, { mustChange: true }, 'chage -d "$(date +%Y-%m-%d)" ann || exit'],
    [{}, { mustChange: true, password: '' }, undefined],
    [{ password: { hash: HASH } }, { mustChange: true, password: HASH }, 'chage -d "$(date +%Y-%m-%d)" ann || exit'],
    [{}, { expiredOn: 1 }, `usermod -e '' ann || exit`],
    [{ state: 'absent' }, undefined, undefined],
    [{ state: 'absent' }, {}, 'userdel ann'],
    [{ state: 'absent', removeHome: true }, {}, 'userdel -r ann'],
    [{ createHome: false }, { homeOwner: undefined }, undefined],
    [{ system: true }, { homeOwner: undefined }, undefined],
    [{}, { homeOwner: { uid: 0, owner: 'root' } }, undefined],
    [{}, { homeOwner: { uid: 1002, owner: 'eve' } }, undefined],
    [{ system: true }, { homeOwner: { uid: 1002, owner: 'UNKNOWN' } }, undefined],
  ])('%j on %j: %s', (input, state, script) => {
    const actual = { account: state === undefined ? undefined : { ...account, ...state } };
    expect(applied(user, { name: 'ann', ...input }, actual)).toBe(script);
  });

  it.each<[Omit<UserInput, 'name'>, string]>([
    [{ group: 'staff', system: true, uid: 5, home: '/srv' }, `useradd -p '*' -M -r -u 5 -g staff -d /srv ann || exit`],
    [{ group: 'staff', createHome: false, groups: ['a', 'b'] }, `useradd -p '*' -M -g staff -G a,b ann || exit`],
  ])('makes %j', (input, script) => {
    expect(applied(user, { name: 'ann', ...input }, { account: undefined })).toBe(script);
  });

  it('says that an account has come to its end', () => {
    expect(changesOf(user, { name: 'ann' }, { account: { ...account, expiredOn: 1 } })).toEqual([
      { action: 'update', what: 'end of the account', from: 'expired on 1970-01-02', to: 'none' },
    ]);
  });

  it('says that a password is locked, and that it has to be changed', () => {
    const actual = { account: { ...account, password: `!${HASH}`, mustChange: true } };
    expect(changesOf(user, { name: 'ann', password: { hash: HASH } }, actual)).toEqual([
      { action: 'update', what: 'password', from: 'locked', to: 'unlocked' },
      { action: 'update', what: 'password to be changed', from: 'at the next login', to: 'never' },
    ]);
  });

  it('says what changes', () => {
    expect(changesOf(user, { name: 'ann', groups: ['adm'], shell: '/bin/bash' }, { account })).toEqual([
      { action: 'update', what: 'shell', from: '/bin/sh', to: '/bin/bash' },
      { action: 'update', what: 'groups', from: 'docker', to: 'adm,docker' },
    ]);
  });

  it('hands a password hash over as an input, and shows it nowhere', () => {
    const input: UserInput = { name: 'ann', password: { hash: Secret.named('ann', HASH) } };
    const actual = { account: { ...account, password: '$6$old' } };
    const [state] = desired(user, [input]);
    if (state === undefined) throw new Error('no state');
    const changes = user.diff(state, actual);
    expect(changes).toEqual([{ action: 'update', what: 'password', to: '<secret>' }]);
    const { text, inputs } = renderScript(user.apply?.(state, changes, actual) ?? { parts: [] });
    expect(text).toBe('chpasswd -e <"$RUN/1" || exit');
    expect(String(inputs[0]?.content)).toBe('ann:<secret>\n');
  });

  it.each([
    [{ name: '-rf' }, 'user: name: '],
    [{ name: 'a b' }, 'user: name: '],
    [{ name: 'ann', groups: ['a,b'] }, 'user: groups.0: '],
    [{ name: 'ann', comment: 'a:b' }, 'user: comment: must not hold a colon'],
    [{ name: 'ann', comment: 'a\nroot::0:0' }, 'user: comment: '],
    [{ name: 'ann', shell: 'bash' }, 'user: shell: must be an absolute path'],
    [{ name: 'ann', password: { hash: 'x\nroot:y' } }, 'user: password'],
  ])('refuses %j', (input, message) => {
    expect(() => user(input as UserInput)).toThrow(message);
  });
});

describe.each([['dash'], ['bash'], ['busybox', 'ash']])('user in %s %s', (...shell) => {
  let machine: PrivateEtc;
  beforeEach(() => {
    machine = privateEtc({ shell: shell.filter((word) => word !== undefined) });
  });
  afterEach(() => machine.remove());

  const field = (file: string, name: string, index: number) =>
    readFileSync(join(machine.etc, file), 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([first]) => first === name)?.[index];

  it('makes, changes and removes a user', async () => {
    const { options, home } = machine;
    const ann: UserInput = { name: 'ann', shell: '/bin/bash', comment: 'Ann Óg', groups: ['adm'], password: 'locked' };
    expect(await planned(user, ann, options)).toEqual([
      { action: 'create', what: '', to: 'groups adm, shell /bin/bash' },
    ]);
    await converge(user, ann, options);
    expect(field('shadow', 'ann', 1)).toBe('*');
    expect(field('passwd', 'ann', 4)).toBe('Ann Óg');
    expect(existsSync(join(home, 'ann/.profile'))).toBe(true);

    await converge(user, { name: 'ann', groups: ['mail'], shell: '/bin/sh', uid: 4321 }, options);
    expect(await planned(user, { name: 'ann', groups: ['adm', 'mail'], uid: 4321 }, options)).toEqual([]);
    await converge(user, { name: 'ann', groups: ['mail'], exclusiveGroups: true }, options);
    expect(field('group', 'adm', 3)).not.toContain('ann');
    await converge(user, { name: 'ann', exclusiveGroups: true }, options);
    expect(field('group', 'mail', 3)).not.toContain('ann');

    await converge(user, { name: 'ann', password: { hash: HASH } }, options);
    expect(field('shadow', 'ann', 1)).toBe(HASH);
    expect(await runScript({ parts: ['usermod -L ann'] }, options)).toMatchObject({ code: 0 });
    expect(await converge(user, { name: 'ann', password: { hash: HASH } }, options)).toHaveLength(1);
    expect(field('shadow', 'ann', 1)).toBe(HASH);
    expect(await runScript({ parts: ['chage -d 0 ann'] }, options)).toMatchObject({ code: 0 });
    expect(await planned(user, { name: 'ann' }, options)).toEqual([]);
    expect(await converge(user, { name: 'ann', password: { hash: HASH } }, options)).toHaveLength(1);
    expect(Number(field('shadow', 'ann', 2))).toBeGreaterThan(0);
    await converge(user, { name: 'ann', password: 'locked' }, options);
    expect(field('shadow', 'ann', 1)).toBe('*');

    await converge(user, { name: 'ann', state: 'absent', removeHome: true }, options);
    expect(field('passwd', 'ann', 0)).toBeUndefined();
    expect(existsSync(join(home, 'ann'))).toBe(false);
  });

  it('makes a user beside a group of that name, with a password', async () => {
    const { options } = machine;
    await runScript({ parts: ['groupadd ann'] }, options);
    await converge(user, { name: 'ann', password: { hash: Secret.named('ann', HASH) } }, options);
    expect(field('shadow', 'ann', 1)).toBe(HASH);
    expect(field('passwd', 'ann', 3)).toBe(field('group', 'ann', 2));
  });

  it('makes a system user without a home', async () => {
    await converge(user, { name: 'svc', system: true, shell: '/usr/sbin/nologin' }, machine.options);
    expect(Number(field('passwd', 'svc', 2))).toBeLessThan(1000);
    expect(existsSync(join(machine.home, 'svc'))).toBe(false);
  });

  it('mends a missing home, and moves one', async () => {
    const { options, home } = machine;
    await converge(user, { name: 'ann' }, options);
    const uid = Number(field('passwd', 'ann', 2));
    rmSync(join(home, 'ann'), { recursive: true });
    expect(await converge(user, { name: 'ann' }, options)).toEqual([
      { action: 'update', what: 'home', from: 'no folder', to: '/home/ann' },
    ]);
    expect(statSync(join(home, 'ann/.profile')).uid).toBe(uid);
    expect(statSync(join(home, 'ann')).mode & 0o7777).toBe(0o700);
    writeFileSync(join(home, 'ann/note'), '');
    await converge(user, { name: 'ann', home: '/home/ann2' }, options);
    expect(existsSync(join(home, 'ann2/note'))).toBe(true);
    expect(await planned(user, { name: 'ann', home: '/home/ann2' }, options)).toEqual([]);
  });

  it('gives a home that was kept to its user, who has another uid now', async () => {
    const { options, home } = machine;
    const folder = join(home, 'ann');
    const owners = () => ['.', '.profile', 'of-root', 'of-eve'].map((name) => lstatSync(join(folder, name)).uid);
    await converge(user, { name: 'ann', uid: 4001 }, options);
    writeFileSync(join(folder, 'of-root'), '');
    writeFileSync(join(folder, 'of-eve'), '');
    chownSync(join(folder, 'of-eve'), 4007, 4007);
    symlinkSync('/etc/passwd', join(folder, 'link'));
    await converge(user, { name: 'ann', state: 'absent' }, options);
    expect(owners()).toEqual([4001, 4001, 0, 4007]);

    await converge(user, { name: 'ann', uid: 4002 }, options);
    expect(owners()).toEqual([4002, 4002, 0, 4007]);
    lchownSync(join(folder, 'link'), 4005, 4005);
    chownSync(join(folder, '.profile'), 4005, 4005);
    chownSync(folder, 4005, 4005);
    expect(await converge(user, { name: 'ann' }, options)).toEqual([
      { action: 'update', what: 'home owner', from: "uid 4005, which is nobody's", to: 'ann' },
    ]);
    expect(owners()).toEqual([4002, 4002, 0, 4007]);
    expect(lstatSync(join(folder, 'link')).uid).toBe(4002);
    expect(statSync('/etc/passwd').uid).toBe(0);
  });

  it('says what is in the way of a home, of a new user too, where a home is wanted', async () => {
    const { options } = machine;
    const conflict = {
      action: 'conflict',
      what: expect.stringContaining('in the way of the home /'),
      from: 'a file',
      to: 'a folder',
    };
    const ann = { name: 'ann', home: '/etc/passwd' };
    expect(await planned(user, ann, options)).toMatchObject([{ action: 'create' }, conflict]);
    expect(await planned(user, { ...ann, createHome: false }, options)).toHaveLength(1);
    await converge(user, { name: 'ann' }, options);
    expect(await planned(user, ann, options)).toMatchObject([conflict]);
    rmSync(join(machine.home, 'ann'), { recursive: true });
    writeFileSync(join(machine.home, 'ann'), '');
    expect(await planned(user, { name: 'ann' }, options)).toMatchObject([conflict]);
    expect(await planned(user, { ...ann, state: 'absent' }, options)).toMatchObject([{ action: 'delete' }]);
  });

  it('fails with the reason of the tool', async () => {
    await expect(converge(user, { name: 'ann', groups: ['nosuch'] }, machine.options)).rejects.toThrow(/nosuch/);
  });
});
