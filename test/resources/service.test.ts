import { describe, expect, it } from 'vitest';
import { reloadService, restartService, service } from '../../src/resources/service.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { planned } from './local-target.ts';
import { applied, changesOf, desired, probeText } from './table.ts';

const RUNNING = { LoadState: 'loaded', ActiveState: 'active', SubState: 'running', UnitFileState: 'enabled' };
const STOPPED = { ...RUNNING, ActiveState: 'inactive', SubState: 'dead' };
const MISSING = { LoadState: 'not-found', ActiveState: 'inactive', SubState: 'dead', UnitFileState: '' };

const toRun = (from: string) => [{ action: 'update', what: 'state', from, to: 'running' }];

describe('service', () => {
  it('asks for all units with one process', () => {
    expect(
      probeText(service, [
        { name: 'docker', state: 'running' },
        { name: 'a@1.timer', enabled: true },
      ]),
    ).toContain(
      'systemctl show -p LoadState,ActiveState,SubState,UnitFileState docker.service a@1.timer 2>/dev/null || :',
    );
  });

  it('reads one block per unit, whatever the unit calls itself', () => {
    const all = desired(service, [
      { name: 'sshd', state: 'running' },
      { name: 'docker', state: 'running' },
    ]);
    const output =
      'LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n\n' +
      'LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n';
    expect(service.parse(output, all)).toEqual([RUNNING, MISSING]);
  });

  it('plans to start everything on a host without systemd', async () => {
    const bare = { shell: ['/bin/sh'], env: { PATH: '/nowhere' } };
    expect(await planned(service, { name: 'docker', state: 'running', enabled: true }, bare)).toEqual([
      ...toRun('not installed'),
      { action: 'update', what: 'enabled', from: 'not installed', to: 'enabled' },
    ]);
  });

  it.each([
    { actual: RUNNING, changes: [] },
    { actual: { ...RUNNING, ActiveState: 'reloading' }, changes: [] },
    { actual: { ...RUNNING, SubState: 'exited' }, changes: [] },
    { actual: STOPPED, changes: toRun('stopped') },
    { actual: MISSING, changes: toRun('not installed') },
    { actual: { ...STOPPED, ActiveState: 'failed', SubState: 'failed' }, changes: toRun('failed') },
    { actual: { ...STOPPED, ActiveState: 'activating', SubState: 'start' }, changes: toRun('activating') },
    {
      actual: { ...STOPPED, ActiveState: 'activating', SubState: 'auto-restart' },
      changes: toRun('failing and restarted again and again'),
    },
  ])('running: $actual.ActiveState $actual.SubState', ({ actual, changes }) => {
    expect(changesOf(service, { name: 'docker', state: 'running' }, actual)).toEqual(changes);
  });

  it.each([
    { actual: RUNNING, changes: [{ action: 'update', what: 'state', from: 'running', to: 'stopped' }] },
    { actual: STOPPED, changes: [] },
    { actual: MISSING, changes: [] },
    { actual: { ...STOPPED, ActiveState: 'failed' }, changes: [] },
    { actual: { ...STOPPED, LoadState: 'masked' }, changes: [] },
  ])('stopped: $actual.ActiveState $actual.LoadState', ({ actual, changes }) => {
    expect(changesOf(service, { name: 'docker', state: 'stopped' }, actual)).toEqual(changes);
  });

  it.each([
    { state: 'enabled', enable: 0, disable: 1 },
    { state: 'disabled', enable: 1, disable: 0 },
    { state: 'enabled-runtime', enable: 1, disable: 1 },
    { state: 'linked', enable: 1, disable: 0 },
    { state: 'static', enable: 'conflict', disable: 0 },
    { state: 'indirect', enable: 'conflict', disable: 0 },
    { state: 'generated', enable: 'conflict', disable: 0 },
    { state: '', enable: 1, disable: 0 },
  ])('is-enabled says $state: enable $enable, disable $disable', ({ state, enable, disable }) => {
    const actual = { ...RUNNING, UnitFileState: state };
    const enabling = changesOf(service, { name: 'docker', enabled: true }, actual);
    expect(enabling[0]?.action === 'conflict' ? 'conflict' : enabling.length).toBe(enable);
    expect(changesOf(service, { name: 'docker', enabled: false }, actual)).toHaveLength(disable);
  });

  it('does not override who masked a service', () => {
    const masked = { ...STOPPED, LoadState: 'masked', UnitFileState: 'masked' };
    for (const wish of [{ state: 'running' as const }, { enabled: true }]) {
      expect(changesOf(service, { name: 'docker', ...wish }, masked)).toEqual([
        expect.objectContaining({
          action: 'conflict',
          hint: expect.stringContaining('systemctl unmask docker.service'),
        }),
      ]);
    }
  });

  it.each([
    {
      input: { enabled: true },
      actual: { ...RUNNING, UnitFileState: 'disabled' },
      script: 'systemctl enable -q a.service || exit',
    },
    { input: { enabled: false }, actual: RUNNING, script: 'systemctl disable -q a.service || exit' },
    { input: { state: 'stopped' as const }, actual: RUNNING, script: 'systemctl stop a.service || exit' },
  ])('$input: $script', ({ input, actual, script }) => {
    expect(applied(service, { name: 'a', ...input }, actual)).toBe(script);
  });

  it('restarts a service that is about to start, for a start would be satisfied with that', () => {
    const wish = { name: 'a', state: 'running' } as const;
    expect(applied(service, wish, STOPPED)).toContain('systemctl start a.service || fail');
    const activating = { ...STOPPED, ActiveState: 'activating', SubState: 'auto-restart' };
    expect(applied(service, wish, activating)).toContain('systemctl restart a.service || fail');
  });

  it.each(['$(touch /tmp/x)', '-rf', 'a b', 'a\nb', '', '../a', 'ünï'])('refuses the name %j', (name) => {
    expect(() => service({ name, state: 'running' })).toThrow(/service: name/);
    expect(() => restartService(name)).toThrow();
  });

  it('wants to know what for', () => {
    expect(() => service({ name: 'a' })).toThrow('service: needs state or enabled');
  });

  it('makes handlers', () => {
    expect(restartService('docker').id).toBe('restart docker');
    expect(reloadService('haproxy.service').id).toBe('reload haproxy');
    expect(scriptText(reloadService('haproxy').script)).toContain('systemctl reload haproxy.service || fail');
  });
});
