import { describe, expect, it } from 'vitest';
import packages from '../../roles/packages.ts';
import { idsOf, refusalOf, resourcesOf } from './role.ts';

describe('packages', () => {
  it.each([
    [undefined, []],
    [[], []],
    [['vim', 'curl'], ['packages:curl,vim']],
    [{ present: ['jq'], absent: ['telnetd'] }, ['packages:telnetd', 'packages:jq']],
    [{ absent: ['telnetd'] }, ['packages:telnetd']],
  ])('%j: %j', (value, ids) => {
    expect(idsOf(resourcesOf(packages, { packages: value }))).toEqual(ids);
  });

  it('removes and installs', () => {
    const states = resourcesOf(packages, { packages: { present: ['jq'], absent: ['telnetd'] } }).map(
      ({ desired }) => (desired as { state: string }).state,
    );
    expect(states).toEqual(['absent', 'present']);
  });

  it.each([
    [['curl', 7], 'packages: '],
    [{ present: ['a'], absent: ['a'] }, 'packages: a package cannot be both present and absent'],
    [{ presnt: ['a'] }, 'packages: '],
  ])('refuses %j', (value, message) => {
    expect(refusalOf(packages, { packages: value })).toContain(message);
  });

  it.each(['$(touch /tmp/x)', '-rf', 'a b', 'a\nb', 'Ünï'])('refuses the name %j', (name) => {
    expect(refusalOf(packages, { packages: [name] })).toMatch(/^packages/);
  });
});
