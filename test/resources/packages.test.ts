import { describe, expect, it } from 'vitest';
import { aptRepository } from '../../src/resources/apt-repository.ts';
import { command } from '../../src/resources/command.ts';
import type { Resource } from '../../src/resources/contract.ts';
import { directory } from '../../src/resources/directory.ts';
import { file } from '../../src/resources/file.ts';
import { type PackagesInput, packages } from '../../src/resources/packages.ts';
import { service } from '../../src/resources/service.ts';
import { user } from '../../src/resources/user.ts';
import { applied, changesOf, desired, probeText } from './table.ts';

const installed = (versions: Record<string, object>, brought: readonly string[] = []) => ({
  installed: new Map(Object.entries(versions)) as never,
  brought: new Set(brought),
});

describe('packages', () => {
  it('asks once for the packages of all resources, and for newest versions only where they matter', () => {
    const text = probeText(packages, [
      { names: ['jq', 'curl'] },
      { names: ['telnetd', 'curl'], state: 'absent' },
      { names: ['openssl'], state: 'latest' },
    ]);
    expect(text.match(/dpkg-query -W/g)).toHaveLength(1);
    expect(text).toContain('curl jq openssl telnetd /var/lib/dpkg/status');
    expect(text).toContain('grep -wF -e curl -e jq -e openssl -e telnetd');
    expect(text).toContain('apt-cache policy openssl 2');
  });

  it.each([
    { state: 'present', actual: {}, changes: [{ action: 'create', what: 'curl' }] },
    { state: 'present', actual: { curl: { version: '7' } }, changes: [] },
    { state: 'present', actual: { curl: { version: '7', providedBy: 'curl-other' } }, changes: [] },
    { state: 'absent', actual: {}, changes: [] },
    { state: 'absent', actual: { curl: { version: '7' } }, changes: [{ action: 'delete', what: 'curl', from: '7' }] },
    { state: 'absent', actual: { curl: { version: '7', providedBy: 'curl-other' } }, changes: [] },
    { state: 'latest', actual: {}, changes: [{ action: 'create', what: 'curl' }] },
    { state: 'latest', actual: { curl: { version: '7', newest: '7' } }, changes: [] },
    { state: 'latest', actual: { curl: { version: '7' } }, changes: [] },
    {
      state: 'latest',
      actual: { curl: { version: '7', newest: '8' } },
      changes: [{ action: 'update', what: 'curl', from: '7', to: '8' }],
    },
  ] as const)('$state on $actual: $changes', ({ state, actual, changes }) => {
    expect(changesOf(packages, { names: ['curl'], state }, installed(actual))).toEqual(changes);
  });

  it('is named after its packages, sorted, each once, and not without end', () => {
    expect(packages({ names: ['jq', 'curl', 'jq'] }).id).toBe('packages:curl,jq');
    const long = packages({ names: ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'] }).id;
    expect(long).toMatch(/^packages:a1,a2,a3,a4\+2-[0-9a-f]{6}$/);
    expect(packages({ names: ['a1', 'a2', 'a3', 'a4', 'a5', 'a7'] }).id).not.toBe(long);
  });

  it('hands the resources of one manager to it together', () => {
    const all = desired(packages, [{ names: ['curl'] }, { names: ['awk', 'jq'] }]);
    const output = 'curl amd64 installed 7.88 \nmawk amd64 installed 1.3 awk\n';
    expect(packages.parse(output, all)).toEqual([
      installed({ curl: { version: '7.88', newest: undefined } }),
      installed({ awk: { version: '1.3', providedBy: 'mawk' } }),
    ]);
  });

  const CANDIDATE = 'curl:\n  Installed: 7\n  Candidate: 8\n';
  it.each([
    { title: 'missing', states: ['present', 'present'], changed: ['create curl', ''] },
    { title: 'missing', states: ['present', 'latest'], changed: ['create curl', ''] },
    { title: 'missing', states: ['latest', 'present'], changed: ['create curl', ''] },
    { title: 'missing', states: ['absent', 'present'], changed: ['', 'create curl'] },
    { title: 'old', states: ['latest', 'latest'], changed: ['update curl', ''] },
    { title: 'old', states: ['present', 'latest'], changed: ['', 'update curl'] },
    { title: 'old', states: ['latest', 'absent'], changed: ['update curl', 'delete curl'] },
    { title: 'old', states: ['absent', 'present'], changed: ['delete curl', ''] },
  ] as const)('tells once what several bring: $title, $states', ({ title, states, changed }) => {
    const all = desired(
      packages,
      states.map((state) => ({ names: ['curl'], state })),
    );
    const output = title === 'old' ? `curl amd64 installed 7 \n${CANDIDATE}` : '';
    const actuals = packages.parse(output, all) as ReturnType<typeof installed>[];
    const told = all.map((wanted, i) =>
      packages.diff(wanted, actuals[i] ?? installed({})).map(({ action, what }) => `${action} ${what}`),
    );
    expect(told.map((lines) => lines.join())).toEqual(changed);
  });

  it('installs what is left after an earlier one', () => {
    const [, second] = packages.parse('', desired(packages, [{ names: ['curl', 'jq'] }, { names: ['curl', 'socat'] }]));
    expect(second).toEqual(installed({}, ['curl']));
    const script = applied(packages, { names: ['curl', 'socat'] }, second as ReturnType<typeof installed>);
    expect(script).toContain('--no-install-recommends socat ');
    expect(script).not.toMatch(/install[^\n]* curl/);
  });

  it.each(['$(touch /tmp/x)', '-rf', 'a b', 'a\nb', '', 'curl*', 'Ünï', 'curl=7'])('refuses the name %j', (name) => {
    expect(() => packages({ names: ['curl', name] })).toThrow(/packages: names: .* is no package name/);
  });

  it('says which package managers there are', () => {
    expect(() => packages({ names: ['curl'], manager: 'apk' })).toThrow(
      expect.objectContaining({ code: 'unsupported-host', message: 'its package manager is apk' }),
    );
  });

  describe('of several resources', () => {
    const own = (input: PackagesInput) => packages(input).desired as Parameters<NonNullable<typeof packages.joins>>[0];
    const first = own({ names: ['curl'] });
    const early = own({ names: ['jq'], early: true });

    it('that follow one another are installed by one call', () => {
      expect(packages.joins?.(first, own({ names: ['jq'] }), [])).toBe(true);
      expect(packages.joins?.(first, own({ names: ['jq'], state: 'latest' }), [])).toBe(true);
    });

    it.each<[string, PackagesInput]>([
      ['are removed', { names: ['jq'], state: 'absent' }],
      ['come with what they recommend', { names: ['jq'], recommends: true }],
    ])('are not where they %s', (_, input) => {
      expect(packages.joins?.(first, own(input), [])).toBe(false);
      expect(packages.joins?.(own(input), first, [])).toBe(false);
    });

    it.each<[string, Resource]>([
      ['a user', user({ name: 'alice' })],
      ['a file that has nothing to do with packages', file({ path: '/srv/app/a.conf', content: '' })],
      ['a folder', directory({ path: '/srv/app' })],
      ['other packages', packages({ names: ['docker.io'] })],
      ['a service', service({ name: 'ssh', state: 'running' })],
    ])('that are early are installed before %s', (_, between) => {
      expect(packages.joins?.(first, early, [between])).toBe(true);
      expect(packages.joins?.(first, own({ names: ['jq'] }), [between])).toBe(false);
    });

    it.each<[string, Resource]>([
      [
        'a repository',
        aptRepository({
          name: 'x',
          uris: ['https://example.org'],
          suites: ['a/'],
          signingKey: { url: 'https://example.org/k' },
        }),
      ],
      ['what pins packages', file({ path: '/etc/apt/preferences.d/pins', content: '' })],
      ['the mirror', file({ path: '/etc/apt/sources.list', content: '' })],
      ['a command', command({ name: 'x', argv: ['true'], creates: '/x' })],
      ['what is removed', packages({ names: ['nano'], state: 'absent' })],
    ])('that are early wait for %s all the same', (_, between) => {
      expect(packages.joins?.(first, early, [between])).toBe(false);
    });
  });
});
