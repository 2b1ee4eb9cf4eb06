/** What the kinds do to their resources, in real shells: the plan tells of it, and an apply mends it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  authorizedKeys,
  directory,
  file,
  group,
  packages,
  type Resource,
  service,
  sudoers,
  symlink,
  systemdUnit,
  user,
} from '../../src/index.ts';
import type { ResourceBuilder } from '../../src/resources/contract.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { disturbScript, parseFailures, targetsOf } from '../../src/trial/drift.ts';
import { converge, type LocalOptions, planned, runScript } from '../resources/local-target.ts';
import { type PrivateEtc, privateEtc } from '../resources/private-etc.ts';
import { shells } from '../resources/shells.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w alice';

const placed = (...resources: Resource[]) => resources.map((resource) => ({ role: 'r', resource }));
const idsOf = (resources: Resource[], leave_alone: 'all' | string[] = []) =>
  targetsOf(placed(...resources), 'r', { leave_alone }).map(({ id }) => id);

/** The script that disturbs one resource. */
function disturb<I, D, A>(builder: ResourceBuilder<I, D, A>, input: I) {
  const { kind, desired } = builder(input);
  return kind.disturb?.(desired) ?? expect.fail('there is nothing to disturb');
}

describe('what is disturbed', () => {
  it('is what the kinds allow, of that role', () => {
    const motd = file({ path: '/etc/motd', content: 'x' });
    expect(idsOf([motd, packages({ names: ['jq'] }), directory({ path: '/srv' })])).toEqual([
      'file:/etc/motd',
      'directory:/srv',
    ]);
    expect(targetsOf(placed(motd), 'other', { leave_alone: [] })).toEqual([]);
  });

  it('is not what the scenario leaves alone', () => {
    const all = [file({ path: '/a', content: 'x' }), file({ path: '/b', content: 'x' })];
    expect(idsOf(all, ['file:/a'])).toEqual(['file:/b']);
    expect(idsOf(all, 'all')).toEqual([]);
  });

  it.each<[string, Resource]>([
    ['an absent file', file({ path: '/a', state: 'absent' })],
    ['an absent folder', directory({ path: '/a', state: 'absent' })],
    ['an absent link', symlink({ path: '/a', state: 'absent' })],
    ['an absent user', user({ name: 'a', state: 'absent' })],
    ['a user of whom nothing is said', user({ name: 'a' })],
    ['a group without a number', group({ name: 'a' })],
    ['absent rules', sudoers({ name: 'a', state: 'absent' })],
    ['an absent unit', systemdUnit({ name: 'a', state: 'absent' })],
    ['no keys', authorizedKeys({ user: 'a', keys: [] })],
    ['sshd', service({ name: 'ssh', state: 'running', enabled: true })],
    ['the network', service({ name: 'systemd-networkd', state: 'running' })],
    ['a stopped service', service({ name: 'cron', state: 'stopped' })],
  ])('is not %s', (_, resource) => expect(idsOf([resource])).toEqual([]));

  it.each([
    [{ name: 'cron', state: 'running', enabled: true } as const, 'systemctl stop cron.service'],
    [{ name: 'cron', enabled: true } as const, 'systemctl disable -q cron.service'],
  ])('of the service %j: %s', (input, script) => expect(scriptText(disturb(service, input))).toBe(script));

  it('of a unit: its file', () => {
    expect(scriptText(disturb(systemdUnit, { name: 'a', content: 'x\n' }))).toContain(
      '>>/etc/systemd/system/a.service',
    );
  });
});

async function isSeenAndMended<I, D, A>(
  builder: ResourceBuilder<I, D, A>,
  input: I,
  what: string,
  options: LocalOptions,
) {
  await converge(builder, input, options);
  expect((await runScript(disturb(builder, input), options)).code).toBe(0);
  expect(await planned(builder, input, options)).toEqual([expect.objectContaining({ what })]);
  await converge(builder, input, options);
}

describe.each(shells())('drift in %s', (_, options) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drift-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('of a file', () => isSeenAndMended(file, { path: join(folder, "it's"), content: 'x\n' }, 'content', options));

  it.each(['0755', '0700', '0751', '2750'])('of a folder with the mode %s', (mode) =>
    isSeenAndMended(directory, { path: join(folder, 'a b'), mode }, 'mode', options),
  );

  it('of a link', () => isSeenAndMended(symlink, { path: join(folder, 'a'), target: '/etc' }, '', options));

  it('of all at once, and of what cannot be disturbed', async () => {
    const all = [
      directory({ path: folder, mode: '0700' }),
      file({ path: join(folder, 'a'), content: '' }),
      file({ path: join(folder, 'none/b'), content: '' }),
    ];
    chmodSync(folder, 0o700);
    const script = disturbScript(targetsOf(placed(...all), 'r', { leave_alone: [] }));
    const { code, stdout } = await runScript(script, options);
    expect(code).toBe(0);
    expect([...parseFailures(stdout).keys()]).toEqual([2]);
    expect(parseFailures(stdout).get(2)).toMatch(/none\/b/);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('# changed by hand\n');
  });
});

describe.each(shells().filter(([name]) => name !== 'busybox alone'))('drift of accounts in %s', (_, options) => {
  let etc: PrivateEtc;
  beforeEach(() => {
    etc = privateEtc(options);
  });
  afterEach(() => etc.remove());

  it.each([
    [{ name: 'ann', comment: 'Ann' }, 'comment'],
    [{ name: 'ann', shell: '/bin/bash' }, 'shell'],
    [{ name: 'ann', shell: '/bin/sh' }, 'shell'],
  ])('the user %j', (input, what) => isSeenAndMended(user, input, what, etc.options));

  it.each([1234, 60_000])('the group with the number %i', (gid) =>
    isSeenAndMended(group, { name: 'club', gid }, 'gid', etc.options),
  );

  it('rules of sudo', () => isSeenAndMended(sudoers, { name: 'ann', rule: 'ann ALL=(ALL:ALL) ALL' }, '', etc.options));

  it('keys', async () => {
    await converge(user, { name: 'ann', createHome: true }, etc.options);
    await isSeenAndMended(authorizedKeys, { user: 'ann', keys: [KEY] }, 'authorized_keys', etc.options);
  });
});
