import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuthorizedKeysInput, authorizedKeys, NOBODY } from '../../src/resources/authorized-keys.ts';
import { converge, type LocalOptions, planned, runScript } from './local-target.ts';
import { type PrivateEtc, privateEtc } from './private-etc.ts';
import { shells } from './shells.ts';
import { applied, changesOf, desired, probeText } from './table.ts';

const ann = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w ann';
const bob = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEBTg8KKBP/VbPH+VAYLqhGjCBoGBqNPj63BbTFP3Bov bob';
/** What is seen of a path whose mode and owner these are. */
const access = (path: string, mode: string, uid = '1001', owner = 'ann', bytes = 4096) => ({
  path,
  mode,
  uid,
  gid: uid,
  owner,
  bytes,
});
const file = {
  status: 'file',
  obstacle: undefined as string | undefined,
  content: `${bob}\n`,
  uid: '1001',
  groups: [] as string[],
  home: access('/home/ann/', '755'),
  folder: access('.', '700'),
  file: access('authorized_keys', '600', '1001', 'ann', bob.length + 1),
  second: undefined as string | undefined,
} as const;
const none = { ...NOBODY, status: 'no home' } as const;

describe('authorizedKeys', () => {
  it('asks for all users with one process', () => {
    expect(
      probeText(authorizedKeys, [
        { user: 'ann', keys: [] },
        { user: 'bob', keys: [] },
      ]),
    ).toContain('getent passwd ann bob | while');
  });

  it('reads what the probe prints', () => {
    const output = [
      'user ann 1001',
      'groups 1001 27',
      'access 755 0 1001 root 4096 /home/ann/',
      'access 700 1001 1001 ann 4096 .',
      `access 600 0 0 root ${bob.length + 1} authorized_keys`,
      'status file',
      Buffer.from(`${bob}\n`).toString('base64').slice(0, 40),
      Buffer.from(`${bob}\n`).toString('base64').slice(40),
      'user bob 1002',
      'status no home',
      '',
    ].join('\n');
    const all = ['eve', 'bob', 'ann'].map((user) => ({ user, keys: [ann] }));
    expect(authorizedKeys.parse(output, desired(authorizedKeys, all))).toEqual([
      { ...none, status: 'no user' },
      { ...none, uid: '1002' },
      {
        ...file,
        groups: ['1001', '27'],
        home: { ...file.home, uid: '0', owner: 'root' },
        file: { ...file.file, uid: '0', gid: '0', owner: 'root' },
      },
    ]);
  });

  it.each([
    ['a file that is too large', 999_999, Buffer.alloc(262_145), 'authorized_keys is over 256 KiB'],
    ['a file that could not be read', 10, Buffer.alloc(0), 'authorized_keys cannot be read as a whole'],
  ])('does not write over %s', (_, size, bytes, obstacle) => {
    const output = `user ann 1\naccess 600 1 1 ann ${size} authorized_keys\nstatus file\n${bytes.toString('base64')}\n`;
    expect(authorizedKeys.parse(output, desired(authorizedKeys, [{ user: 'ann', keys: [] }]))).toMatchObject([
      { status: 'blocked', obstacle },
    ]);
  });

  const added = {
    action: 'create',
    what: 'key',
    to: 'ssh-ed25519 SHA256:MJeHxLs1Q9ydb3IPuN7s+YuX/qfEIk7LTGj35TNa7Cg ann',
  };
  const removed = { action: 'delete', what: 'key', from: expect.stringMatching(/^ssh-ed25519 SHA256:\S{43} bob$/) };
  it.each<[Omit<AuthorizedKeysInput, 'user'>, object, object[]]>([
    [{ keys: [bob] }, file, []],
    [{ keys: [] }, { ...file, status: 'no user', content: '' }, []],
    [{ keys: [ann] }, file, [added]],
    [{ keys: [ann], exclusive: true }, file, [added, removed]],
    [{ keys: [bob], state: 'absent' }, file, [removed]],
    [{ keys: [bob] }, { ...file, second: '2 keys' }, []],
    [
      { keys: [bob], exclusive: true },
      { ...file, second: '2 keys' },
      [{ action: 'delete', what: 'authorized_keys2', from: '2 keys' }],
    ],
    [
      { keys: [], exclusive: true },
      { ...file, status: 'no file', content: '', file: undefined, second: 'a symbolic link' },
      [{ action: 'delete', what: 'authorized_keys2', from: 'a symbolic link' }],
    ],
    [{ keys: [ann], state: 'absent' }, { ...file, file: access('authorized_keys', '644', '0') }, []],
    [{ keys: [ann] }, { ...none, status: 'no user' }, [added]],
    [
      { keys: [bob] },
      { ...file, folder: access('.', '755', '0'), file: access('authorized_keys', '644', '0') },
      [
        { action: 'update', what: '.ssh', from: 'mode 755 of uid 0', to: 'mode 700 of uid 1001' },
        { action: 'update', what: 'authorized_keys', from: 'mode 644 of uid 0', to: 'mode 600 of uid 1001' },
      ],
    ],
    [
      { keys: [bob], exclusive: true },
      { ...file, content: `# mine\n${bob}\n` },
      [
        {
          action: 'update',
          what: 'options, comments or order',
          text: { before: `# mine\n${bob}\n`, after: `${bob}\n` },
        },
      ],
    ],
    [
      { keys: [bob] },
      { ...file, home: access('/home/ann/', '2777') },
      [{ action: 'update', what: 'home', from: 'mode 2777', to: 'mode 2755' }],
    ],
    [
      { keys: [bob] },
      { ...file, home: access('/home/ann/', '0') },
      [{ action: 'update', what: 'home', from: 'mode 0', to: 'mode 700' }],
    ],
    [
      { keys: [bob] },
      { ...file, groups: ['1001'], home: access('/home/ann/', '750', '0', 'root') },
      [
        {
          action: 'conflict',
          what: 'the home /home/ann/',
          from: "root's, and closed to ann: sshd would refuse the keys",
          hint: 'If it is meant to be the home of ann, give it to that user: chown -R ann: /home/ann/',
        },
      ],
    ],
    [{ keys: [bob] }, { ...file, groups: ['1001', '0'], home: access('/home/ann/', '750', '0', 'root') }, []],
    [
      { keys: [bob] },
      { ...file, groups: ['1001', '0'], home: access('/home/ann/', '705', '0', 'root') },
      [expect.objectContaining({ action: 'conflict' })],
    ],
    [{ keys: [bob], state: 'absent' }, { ...file, content: '', home: access('/home/ann/', '777') }, []],
    [{ keys: [bob] }, { ...file, home: access('/home/ann/', '755', '0', 'root') }, []],
    [{ keys: [bob] }, { ...file, home: access('/home/ann/', '755', '1000', 'UNKNOWN') }, []],
    [
      { keys: [bob] },
      { ...file, home: access('/home/ann/', '755', '1002', 'eve') },
      [
        {
          action: 'conflict',
          what: 'the home /home/ann/',
          from: "the user eve's: sshd would refuse the keys",
          hint: 'If it is meant to be the home of ann, give it to that user: chown -R ann: /home/ann/',
        },
      ],
    ],
    [
      { keys: [bob] },
      { ...file, status: 'blocked', obstacle: '.ssh is a symbolic link' },
      [expect.objectContaining({ action: 'conflict', what: '.ssh is a symbolic link' })],
    ],
  ])('%j on %j', (input, actual, changes) => {
    expect(changesOf(authorizedKeys, { user: 'ann', ...input }, actual as typeof file)).toEqual(changes);
  });

  it.each([
    [{ user: 'ann', keys: ['ssh-ed25519 AAAA'] }, 'authorized-keys: keys.0: must be a public key'],
    [{ user: 'ann', keys: [`${ann}\n${bob}`] }, 'authorized-keys: keys.0: '],
    [{ user: '$(id)', keys: [] }, 'authorized-keys: user: '],
    [
      { user: 'ann', keys: [ann], exclusive: true, state: 'absent' as const },
      'authorized-keys: exclusive: goes with the state present only',
    ],
  ])('refuses %j', (input, message) => {
    expect(() => authorizedKeys(input)).toThrow(message);
  });
});

describe.each(shells())('authorizedKeys in %s', (_, shell) => {
  let machine: PrivateEtc;
  let options: LocalOptions;
  let home: string;
  let folder: string;
  let path: string;
  beforeEach(() => {
    machine = privateEtc(shell);
    options = machine.options;
    writeFileSync(join(machine.etc, 'passwd'), 'ann:x:4001:4002::/home/ann:/bin/sh\n', { flag: 'a' });
    writeFileSync(join(machine.etc, 'group'), 'ann:x:4002:\n', { flag: 'a' });
    home = join(machine.home, 'ann');
    mkdirSync(home);
    chownSync(home, 4001, 4002);
    folder = join(home, '.ssh');
    path = join(folder, 'authorized_keys');
  });
  afterEach(() => machine.remove());

  function existing(content: string | Buffer): void {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(path, content, { mode: 0o600 });
    for (const owned of [folder, path]) chownSync(owned, 4001, 4002);
  }

  it('makes folder and file the user’s own', async () => {
    await converge(authorizedKeys, { user: 'ann', keys: [ann] }, options);
    expect(readFileSync(path, 'utf8')).toBe(`${ann}\n`);
    for (const [owned, mode] of [
      [folder, 0o700],
      [path, 0o600],
    ] as const) {
      const stat = statSync(owned);
      expect([stat.mode & 0o7777, stat.uid, stat.gid]).toEqual([mode, 4001, 4002]);
    }
    expect(readdirSync(folder)).toEqual(['authorized_keys']);
    chmodSync(path, 0o644);
    chownSync(folder, 0, 0);
    expect(await converge(authorizedKeys, { user: 'ann', keys: [ann] }, options)).toHaveLength(2);
  });

  it('takes from a home the bits that sshd refuses', async () => {
    await converge(authorizedKeys, { user: 'ann', keys: [ann] }, options);
    chmodSync(home, 0o777);
    expect(await converge(authorizedKeys, { user: 'ann', keys: [ann] }, options)).toEqual([
      { action: 'update', what: 'home', from: 'mode 777', to: 'mode 755' },
    ]);
    expect(statSync(home).mode & 0o7777).toBe(0o755);
  });

  it('opens a home to its user, and says that one of root’s is closed', async () => {
    await converge(authorizedKeys, { user: 'ann', keys: [ann] }, options);
    chmodSync(home, 0);
    expect(await converge(authorizedKeys, { user: 'ann', keys: [ann] }, options)).toEqual([
      { action: 'update', what: 'home', from: 'mode 0', to: 'mode 700' },
    ]);
    expect(statSync(home).mode & 0o7777).toBe(0o700);
    chownSync(home, 0, 0);
    expect(await planned(authorizedKeys, { user: 'ann', keys: [ann] }, options)).toMatchObject([
      { action: 'conflict', from: "root's, and closed to ann: sshd would refuse the keys" },
    ]);
    chownSync(home, 0, 4002);
    chmodSync(home, 0o750);
    expect(await planned(authorizedKeys, { user: 'ann', keys: [ann] }, options)).toEqual([]);
  });

  it('puts no keys into a home that is somebody else’s', async () => {
    chownSync(home, 4005, 4005);
    await expect(converge(authorizedKeys, { user: 'ann', keys: [ann] }, options)).rejects.toThrow(
      'the home /home/ann of ann belongs to UNKNOWN: sshd would refuse the keys',
    );
    expect(existsSync(folder)).toBe(false);
  });

  it('keeps every byte of what else is there', async () => {
    const other = Buffer.concat([Buffer.from([0x23, 0xff, 0xfe, 0x00, 0x0a]), Buffer.from(`#x ${ann}\r\n${bob} ünï`)]);
    existing(other);
    expect(await planned(authorizedKeys, { user: 'ann', keys: [bob] }, options)).toEqual([]);
    await converge(authorizedKeys, { user: 'ann', keys: [`${ann} ünï`] }, options);
    expect(readFileSync(path)).toEqual(Buffer.concat([other, Buffer.from(`\n${ann} ünï\n`)]));
    await converge(authorizedKeys, { user: 'ann', keys: [ann], state: 'absent' }, options);
    expect(readFileSync(path)).toEqual(Buffer.concat([other, Buffer.from('\n')]));
    await converge(authorizedKeys, { user: 'ann', keys: [ann], exclusive: true }, options);
    expect(readFileSync(path, 'utf8')).toBe(`${ann}\n`);
  });

  it('removes keys from the second file that sshd reads, where no others are wanted', async () => {
    existing(`${ann}\n`);
    const second = join(folder, 'authorized_keys2');
    const exclusive = { user: 'ann', keys: [ann], exclusive: true };
    const removal = (from: string) => [{ action: 'delete', what: 'authorized_keys2', from }];
    writeFileSync(second, '# none\n');
    expect(await planned(authorizedKeys, exclusive, options)).toEqual([]);
    writeFileSync(second, `# some\n${bob}\nrestrict ${ann}\n`);
    expect(await converge(authorizedKeys, { user: 'ann', keys: [ann] }, options)).toEqual([]);
    expect(await converge(authorizedKeys, exclusive, options)).toEqual(removal('2 keys'));
    expect(readdirSync(folder)).toEqual(['authorized_keys']);
    expect(readFileSync(path, 'utf8')).toBe(`${ann}\n`);
    symlinkSync('/etc/passwd', second);
    expect(await converge(authorizedKeys, exclusive, options)).toEqual(removal('a symbolic link'));
    expect(existsSync('/etc/passwd')).toBe(true);
    writeFileSync(second, bob);
    rmSync(path);
    expect(await converge(authorizedKeys, { ...exclusive, keys: [] }, options)).toEqual(removal('1 key'));
  });

  it.each<[string, () => void, string]>([
    ['a link', () => symlinkSync('/etc', folder), '.ssh is a symbolic link'],
    ['a link to nothing', () => symlinkSync('/nowhere', folder), '.ssh is a symbolic link'],
    ['a file', () => writeFileSync(folder, ''), '.ssh is no folder'],
    [
      'a link to a file',
      () => {
        mkdirSync(folder);
        symlinkSync('/etc/shadow', path);
      },
      'authorized_keys is a symbolic link',
    ],
    ['a folder', () => mkdirSync(path, { recursive: true }), 'authorized_keys is no file'],
  ])('refuses %s, and says what it is', async (_name, make, what) => {
    make();
    expect(await planned(authorizedKeys, { user: 'ann', keys: [ann] }, options)).toMatchObject([
      { action: 'conflict', what },
    ]);
  });

  const script = () => {
    const text = applied(authorizedKeys, { user: 'ann', keys: [ann] }, { ...file, status: 'no file', content: '' });
    return { parts: [`RUN=$(mktemp -d)\nprintf x >"$RUN/1"\n${text}`] };
  };

  it('does not follow a link that was put there in the meantime', async () => {
    symlinkSync('/etc', folder);
    expect(await runScript(script(), options)).toMatchObject({
      code: 1,
      stderr: '/home/ann/.ssh is a symbolic link\n',
    });
    expect(existsSync(join(machine.etc, 'authorized_keys'))).toBe(false);
    rmSync(folder);
    const target = join(home, 'target');
    writeFileSync(target, 'kept');
    mkdirSync(folder);
    symlinkSync(target, path);
    // Where a file is expected, the link itself is replaced.
    const text = applied(authorizedKeys, { user: 'ann', keys: [ann] }, file);
    await runScript({ parts: [`RUN=$(mktemp -d)\nprintf x >"$RUN/1"\n${text}`] }, options);
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('kept');
  });

  it('does not write over a file that has appeared in the meantime', async () => {
    existing(`${bob}\n`);
    const { code, stderr } = await runScript(script(), options);
    expect([code, stderr]).toEqual([1, 'authorized_keys has appeared since it was looked at: run again\n']);
    expect(readFileSync(path, 'utf8')).toBe(`${bob}\n`);
  });

  it('plans for a user who does not exist yet, and says so when there is none', async () => {
    expect(await planned(authorizedKeys, { user: 'eve', keys: [ann] }, options)).toHaveLength(1);
    await expect(converge(authorizedKeys, { user: 'eve', keys: [ann] }, options)).rejects.toThrow(
      'there is no user eve',
    );
    renameSync(home, `${home}.gone`);
    await expect(converge(authorizedKeys, { user: 'ann', keys: [ann] }, options)).rejects.toThrow(
      'the home /home/ann of ann does not exist',
    );
  });
});
