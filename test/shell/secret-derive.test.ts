import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { Secret, text } from '../../src/shell/secret.ts';

describe('Secret.derive', () => {
  it('is known once all it is made of is known', () => {
    const [salt, password] = [Secret.named('salt'), Secret.named('password')];
    const hash = Secret.derive([salt, password, '!'], (a, b, c) => `${a}-${b}${c}`);
    expect(hash.isKnown).toBe(false);
    salt.learn('s');
    expect(() => hash.reveal()).toThrow('the secret salt, password is not known yet');
    password.learn('canary');
    expect(hash.reveal()).toBe('s-canary!');
    expect(hash.names).toEqual(['salt', 'password']);
  });

  it('shows nothing', () => {
    const hash = Secret.derive([Secret.named('p', 'canary')], (value) => value);
    expect([String(hash), JSON.stringify(hash), inspect(hash)]).toEqual(['<secret>', '"<secret>"', '<secret>']);
  });

  it('computes once, and again when a source has changed', () => {
    const password = Secret.named('p', 'one');
    const compute = vi.fn((value: string) => value.toUpperCase());
    const hash = Secret.derive([password], compute);
    expect([hash.reveal(), hash.reveal()]).toEqual(['ONE', 'ONE']);
    expect(compute).toHaveBeenCalledTimes(1);
    password.learn('two');
    expect(hash.reveal()).toBe('TWO');
  });

  it('cannot learn', () => {
    expect(() => Secret.derive(['a'], (a) => a).learn('b')).toThrow(TypeError);
  });
});

describe('Secret.escape', () => {
  const double = (stretch: string) => stretch.replaceAll('$', '$$$$');

  it('escapes each stretch by itself and keeps the readable ones', () => {
    const escaped = Secret.escape(text`a$b:${Secret.named('p', 'x$y')}@c$`, double);
    expect(String(escaped)).toBe('a$$b:<secret>@c$$');
    expect((escaped as Secret).reveal()).toBe('a$$b:x$$y@c$$');
  });

  it('is a plain text for a plain text', () => {
    expect(Secret.escape('$', double)).toBe('$$');
  });
});
