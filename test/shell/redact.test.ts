import { expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { redact, redactThrown, rememberSecret } from '../../src/shell/redact.ts';

it('leaves nothing of a secret that begins as a shorter one does', () => {
  rememberSecret('hunter');
  rememberSecret('hunter-of-stars');
  rememberSecret('first line\nsecond line');
  expect(redact('hunter-of-stars, hunter, second line')).toBe('<secret>, <secret>, <secret>');
});

it('looks for values, and for each line of those that have several, wherever they stand', () => {
  rememberSecret('canary-1\ncanary-2\n');
  expect(redact('login failed for app:canary-1@db; canary-2canary-2')).toBe(
    'login failed for app:<secret>@db; <secret><secret>',
  );
});

it('does not look for what is too short to tell', () => {
  rememberSecret('abc');
  rememberSecret('admin');
  rememberSecret('      ');
  expect(redact('abc      the path /admin')).toBe('abc      the path /admin');
});

it('masks whatever was thrown, and the causes behind it', () => {
  rememberSecret('open sesame');
  const told = redactThrown(new TypeError('open sesame', { cause: new ProvisionError('conflict', 'open sesame') }));
  expect(told).toMatchObject({
    name: 'TypeError',
    message: '<secret>',
    stack: expect.stringMatching(/^TypeError: <secret>\n {4}at /),
    cause: expect.objectContaining({ code: 'conflict', message: '<secret>' }),
  });
  expect(redactThrown('open sesame')).toBe('<secret>');
});
