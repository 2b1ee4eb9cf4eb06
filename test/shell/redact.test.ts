import { expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { redact, redactThrown, rememberSecret } from '../../src/shell/redact.ts';

it('leaves nothing of a secret that begins as a shorter one does', () => {
  rememberSecret('hunter');
  rememberSecret('hunter-of-stars');
  rememberSecret('first line\nsecond line');
  expect(redact('hunter-of-stars, hunter, second line')).toBe('<secret>, <secret>, <secret>');
});

it('does not look for what is too short to tell', () => {
  rememberSecret('abc');
  rememberSecret('    ');
  expect(redact('abc    abc')).toBe('abc    abc');
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
