import { describe, expect, it } from 'vitest';
import { bySpecificity, condition } from '../../../roles/haproxy/request-match.ts';

describe('the conditions of a request', () => {
  it.each([
    { match: { path: '/' }, anyCase: false, written: '{ var(txn.path) -m beg / }' },
    { match: { path: '/admin' }, anyCase: true, written: '{ var(txn.path) -i -m beg /admin/ }' },
    {
      match: { path: '/a b', host: 'a.test' },
      anyCase: false,
      written: "{ var(txn.path) -m beg '/a b/' } { var(txn.host) -m str a.test }",
    },
  ])('$match', ({ match, anyCase, written }) => {
    expect(condition(match, { anyCase })).toBe(written);
  });

  it('come from the least to the most specific', () => {
    const matches = [
      { path: '/a', host: 'x.test' },
      { path: '/a/b' },
      { path: '/' },
      { path: '/', host: 'x.test' },
      { path: '/b' },
      { path: '/a' },
    ];
    expect(matches.toSorted(bySpecificity).map(({ path, host = '' }) => host + path)).toEqual([
      '/',
      '/a',
      '/b',
      '/a/b',
      'x.test/',
      'x.test/a',
    ]);
  });
});
