import { describe, expect, it } from 'vitest';
import { group } from '../../src/resources/group.ts';
import { applied, changesOf, desired, probeText } from './table.ts';

describe('group', () => {
  it('asks for all groups with one process', () => {
    expect(probeText(group, [{ name: 'docker' }, { name: 'app' }])).toBe('getent group docker app || [ $? = 2 ]');
  });

  it.each([
    { output: '', actual: [{ gid: undefined }, { gid: undefined }] },
    { output: 'app:x:1001:deploy,guest\n', actual: [{ gid: undefined }, { gid: 1001 }] },
    { output: 'docker:x:999:\napp:x:1001:\n', actual: [{ gid: 999 }, { gid: 1001 }] },
  ])('reads $output', ({ output, actual }) => {
    expect(group.parse(output, desired(group, [{ name: 'docker' }, { name: 'app' }]))).toEqual(actual);
  });

  it.each([
    { input: { name: 'app' }, actual: { gid: 5 }, script: undefined },
    { input: { name: 'app' }, actual: { gid: undefined }, script: 'groupadd app' },
    { input: { name: 'app', system: true, gid: 7 }, actual: { gid: undefined }, script: 'groupadd -r -g 7 app' },
    { input: { name: 'app', gid: 7 }, actual: { gid: 7 }, script: undefined },
    { input: { name: 'app', gid: 7 }, actual: { gid: 5 }, script: 'groupmod -g 7 app' },
    { input: { name: 'app', state: 'absent' as const }, actual: { gid: 5 }, script: 'groupdel app' },
    { input: { name: 'app', state: 'absent' as const }, actual: { gid: undefined }, script: undefined },
  ])('$input on $actual: $script', ({ input, actual, script }) => {
    expect(applied(group, input, actual)).toBe(script);
  });

  it('says what changes', () => {
    expect(changesOf(group, { name: 'app', gid: 7 }, { gid: 5 })).toEqual([
      { action: 'update', what: 'gid', from: '5', to: '7' },
    ]);
  });

  it.each(['$(touch /tmp/x)', '-rf', 'a b', 'a\nb', '', 'Ünï'])('refuses the name %j', (name) => {
    expect(() => group({ name })).toThrow(/group: name/);
  });
});
