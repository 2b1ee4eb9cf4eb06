import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apt } from '../../../src/resources/package-managers/apt.ts';
import { runScript } from '../local-target.ts';

describe('apt: what dpkg says', () => {
  const output = [
    'libcurl4 amd64 installed 7.88 ',
    'curl amd64 installed 7.88.1-10+deb12u14 ',
    'apache2 amd64 config-files 2.4.62 httpd, httpd-cgi',
    'awk  not-installed  ',
    'exim4 all installed 4.96 default-mta, mail-transport-agent (= 1)',
    'libc6 amd64 installed 2.36 ',
    'libc6 i386 installed 2.36 ',
    'curl:',
    '  Installed: 7.88.1-10+deb12u14',
    '  Candidate: 7.88.1-10+deb12u15',
    '  Version table:',
    'libc6:',
    '  Candidate: (none)',
    '',
  ].join('\n');

  it.each([
    { name: 'curl', found: { version: '7.88.1-10+deb12u14', newest: '7.88.1-10+deb12u15' } },
    { name: 'apache2', found: undefined, why: 'removed, but for its configuration' },
    { name: 'httpd', found: undefined, why: 'provided by one that was removed' },
    { name: 'awk', found: undefined, why: 'known from a dependency alone' },
    { name: 'mail-transport-agent', found: { version: '4.96', providedBy: 'exim4' } },
    { name: 'default-mta', found: { version: '4.96', providedBy: 'exim4' } },
    { name: 'libc6:i386', found: { version: '2.36', newest: undefined } },
    { name: 'libc6:arm64', found: undefined },
    { name: 'libc6', found: { version: '2.36', newest: undefined } },
    { name: 'curl4', found: undefined },
  ])('$name: $found $why', ({ name, found }) => {
    expect(apt.parse(output, [name]).get(name)).toEqual(found);
  });

  it('finds nothing on a host without dpkg, and says so with success', async () => {
    const { code, stdout } = await runScript(apt.probe({ names: ['curl'], newest: [] }), {
      env: { PATH: '/nowhere' },
      shell: ['/bin/sh'],
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });
});

describe.each(['mawk', 'busybox'])('apt: the look with %s', (program) => {
  const record = (name: string, state: string, architecture: string, version: string, more = '') =>
    `Package: ${name}\nStatus: ${state}\nMaintainer: A B <a@b.example>\nArchitecture: ${architecture}\n${version && `Version: ${version}\n`}${more}Description: a\n Package: sed\n\n`;
  const status = [
    record('bash', 'install ok installed', 'amd64', '5.2'),
    record('libc6', 'install ok installed', 'amd64', '2.36'),
    record('libc6', 'hold ok installed', 'i386', '2.36'),
    record('mawk', 'install ok installed', 'amd64', '1.3', 'Provides: awk\n'),
    record('apache2', 'deinstall ok config-files', 'amd64', '2.4'),
    record('vim', 'unknown ok not-installed', '', ''),
    record('sudo', 'install ok half-configured', 'amd64', '1.9'),
  ].join('');
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'apt-'));
    symlinkSync(execFileSync('which', [program], { encoding: 'utf8' }).trim(), join(folder, 'awk'));
    writeFileSync(join(folder, 'dpkg-query'), `#!/bin/sh\n: >${folder}/asked\necho 'mawk amd64 installed 1.3 awk'\n`, {
      mode: 0o755,
    });
    mkdirSync(join(folder, 'dpkg/updates'), { recursive: true });
    writeFileSync(join(folder, 'dpkg/status'), status);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function look(...names: string[]) {
    const enter = `mount --bind ${folder}/dpkg /var/lib/dpkg && exec "$@"`;
    const { stdout } = await runScript(apt.probe({ names, newest: [] }), {
      shell: ['/usr/bin/unshare', '-m', '/bin/sh', '-c', enter, 'sh', 'sh'],
      env: { PATH: `${folder}:/usr/bin:/bin:/usr/sbin:/sbin` },
    });
    return { stdout, found: [...apt.parse(stdout, names).keys()], askedDpkg: existsSync(join(folder, 'asked')) };
  }

  it('reads the database of dpkg itself where all is installed', async () => {
    expect(await look('bash', 'libc6:i386', 'mawk')).toEqual({
      stdout:
        'bash amd64 installed 5.2\nlibc6 amd64 installed 2.36\nlibc6 i386 installed 2.36\nmawk amd64 installed 1.3\n',
      found: ['bash', 'libc6:i386', 'mawk'],
      askedDpkg: false,
    });
  });

  it.each(['sed', 'awk', 'apache2', 'vim', 'sudo', 'libc6:arm64'])('asks dpkg where %s is not', async (name) => {
    const found = name === 'awk' ? ['bash', 'awk'] : ['bash'];
    expect(await look('bash', name)).toMatchObject({ found, askedDpkg: true });
  });

  it('asks dpkg where it was broken off', async () => {
    writeFileSync(join(folder, 'dpkg/updates/0001'), '');
    expect(await look('mawk')).toMatchObject({ stdout: 'mawk amd64 installed 1.3 awk\n', askedDpkg: true });
  });

  it('asks dpkg where its database cannot be read', async () => {
    rmSync(join(folder, 'dpkg/status'));
    expect(await look('mawk')).toMatchObject({ found: ['mawk'], askedDpkg: true });
  });
});

/**
 * Stand-ins for apt-get and dpkg, that play a scenario: each call of apt-get takes the next line of the file `answers`, an
 * exit status and what it prints. They see a /var/lib/apt/lists of their own.
 */
describe.each([
  ['dash', ['dash']],
  ['bash', ['bash', '--posix']],
  ['busybox', ['busybox', 'ash']],
])('apt: the script in %s', (_, shell) => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'apt-'));
    program(
      'apt-get',
      `
      for word; do case $word in -*|DPkg::*|Dpkg::*) ;; *) words="$words $word" ;; esac; done
      echo "apt-get$words" >>${folder}/calls
      read -r status text <${folder}/answers || { status=0; text=; }
      sed -i 1d ${folder}/answers
      echo "$text" | tr '|' '\\n'
      exit $status`,
    );
    program('dpkg', `echo "dpkg $*" >>${folder}/calls`);
    program('sleep', ':');
    writeFileSync(join(folder, 'calls'), '');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function program(name: string, code: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${code}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  async function install(answers: readonly string[], { fresh = true, recommends = false } = {}) {
    writeFileSync(join(folder, 'answers'), answers.map((answer) => `${answer}\n`).join(''));
    const stamp = fresh ? 'touch /var/lib/apt/lists/provision-stamp && ' : '';
    const enter = `mkdir -p /var/lib/apt/lists && mount -t tmpfs none /var/lib/apt/lists && ${stamp}"$@"; s=$?; ls /var/lib/apt/lists; exit $s`;
    const result = await runScript(apt.install(['curl', 'jq'], { recommends }), {
      shell: ['/usr/bin/unshare', '-m', '/bin/sh', '-c', enter, 'sh', ...shell],
      env: { PATH: `${folder}:/usr/bin:/bin:/usr/sbin:/sbin` },
    });
    return { ...result, calls: readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') };
  }

  const INSTALL = 'apt-get install curl jq';

  it('installs, and leaves fresh lists alone', async () => {
    expect(await install(['0 done'])).toMatchObject({ code: 0, calls: [INSTALL], stderr: '' });
  });

  it('fetches lists first where they are missing, and remembers it', async () => {
    const { code, calls, stdout } = await install(['0 Hit', '0 done'], { fresh: false });
    expect({ code, calls, stdout }).toEqual({
      code: 0,
      calls: ['apt-get update', INSTALL],
      stdout: 'provision-stamp\n',
    });
  });

  it('does not take lists for fresh that it could not fetch', async () => {
    const { code, stdout } = await install(['0 W: Failed to fetch http://deb.example.org/x', '0 done'], {
      fresh: false,
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it('fetches lists again where they do not know a package, once', async () => {
    const unknown = '100 E: Unable to locate package jq';
    expect(await install([unknown, '0 Hit', '0 done'])).toMatchObject({
      code: 0,
      calls: [INSTALL, 'apt-get update', INSTALL],
    });
    expect(await install([unknown, '0 Hit', unknown])).toMatchObject({
      code: 100,
      stderr: 'reason: the package sources of this host do not have: jq\n',
    });
  });

  it('names all packages that there are not, and what keeps the lists from being fetched', async () => {
    const { code, stderr, calls } = await install(
      [
        '0 W: Failed to fetch http://deb.example.org/x  Temporary failure resolving',
        "100 E: Unable to locate package jq|E: Package 'curl' has no installation candidate",
      ],
      { fresh: false },
    );
    expect(code).toBe(100);
    expect(calls).toEqual(['apt-get update', INSTALL]);
    expect(stderr).toBe(
      'reason: the package sources of this host do not have: curl jq\n' +
        'W: Failed to fetch http://deb.example.org/x  Temporary failure resolving\n',
    );
  });

  it('waits for the lock of the lists', async () => {
    const locked = '100 E: Could not get lock /var/lib/apt/lists/lock. It is held by process 12';
    const { code, calls } = await install([locked, locked, '0 Hit', '0 done'], { fresh: false });
    expect({ code, calls }).toEqual({
      code: 0,
      calls: ['apt-get update', 'apt-get update', 'apt-get update', INSTALL],
    });
  });

  it('finishes what an interrupted dpkg left', async () => {
    const interrupted = "100 E: dpkg was interrupted, you must manually run 'dpkg --configure -a'";
    expect(await install([interrupted, '0 done'])).toMatchObject({
      code: 0,
      calls: [INSTALL, 'dpkg --configure -a --force-confdef --force-confold', INSTALL],
    });
  });

  it.each(["E: You don't have enough free space in /var/cache/apt/archives/.", 'cannot copy: No space left on device'])(
    'recognises a full disk: %s',
    async (text) => {
      const { code, stderr } = await install([`100 ${text}`]);
      expect(code).toBe(100);
      expect(stderr).toMatch(/^No space left on device:\n(Filesystem|$)/);
    },
  );

  it('names what holds back, and what was not set up', async () => {
    const held = await install([
      '100 The following held packages will be changed:|  jq libjq1|0 upgraded|E: Held packages were changed and -y was used without --allow-change-held-packages.',
    ]);
    expect(held.stderr).toBe(
      'reason: the host holds packages back that would have to change: jq libjq1\n' +
        'hint: Release them on the host, `apt-mark unhold jq libjq1`, and run again.\n',
    );
    const failed = await install([
      '100 dpkg: error processing package jq (--configure):|E: Sub-process /usr/bin/dpkg returned an error code (1)',
    ]);
    expect(failed.stderr).toMatch(/^reason: what these packages run when they are installed failed: jq\n/);
  });

  it('shows the end of what apt printed of any other failure', async () => {
    const { code, stderr } = await install(['100 Setting up jq|jq: postinst failed|E: Sub-process dpkg returned 1']);
    expect({ code, stderr }).toEqual({
      code: 100,
      stderr:
        'reason: Sub-process dpkg returned 1\nSetting up jq\njq: postinst failed\nE: Sub-process dpkg returned 1\n',
    });
  });
});
