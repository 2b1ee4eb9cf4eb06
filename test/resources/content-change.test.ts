import { describe, expect, it } from 'vitest';
import { contentChange } from '../../src/resources/content-change.ts';
import { Secret, text } from '../../src/shell/secret.ts';

const secret = Secret.named('db', 'hunter2');

describe('contentChange', () => {
  it.each([
    ['lines', 'a\nb\n', 'a\nc\n', { before: 'a\nb\n', after: 'a\nc\n' }],
    ['a byte order mark', '\ufeffa', 'a', { before: '\ufeffa', after: 'a' }],
    [
      'an unchanged secret',
      'u=1\np=hunter2',
      text`u=2\np=${secret}`,
      { before: '<hidden>\np=<secret>', after: 'u=2\np=<secret>' },
    ],
    ['an older secret', 'u=1\np=older', text`u=1\np=${secret}`, { before: 'u=1\n<hidden>', after: 'u=1\np=<secret>' }],
    [
      'a secret elsewhere',
      'u=1\n# hunter2',
      text`u=1\np=${secret}`,
      { before: 'u=1\n<hidden>', after: 'u=1\np=<secret>' },
    ],
    [
      'a secret not known yet',
      'u=1\np=older',
      text`u=1\np=${Secret.named('new')}`,
      { before: 'u=1\n<hidden>', after: 'u=1\np=<secret>' },
    ],
    [
      'a secret of several lines',
      'BEGIN\nk1\nk2\nEND\nu=1',
      text`${Secret.named('key', 'BEGIN\nk1\nk2\nEND')}\nu=1`,
      { before: '<hidden>\n<hidden>\n<hidden>\n<hidden>\nu=1', after: '<secret>\nu=1' },
    ],
  ])('shows %s', (_, before, after, shown) => {
    expect(contentChange('content', Buffer.from(before), after)).toEqual({
      action: 'update',
      what: 'content',
      text: shown,
    });
  });

  it('hides what was there before in lines alone that may hold a secret, where it is known which do', () => {
    const before = Buffer.from('retries 11\nuser a password older\nuser b password older\n');
    const after = text`retries 10\nuser a password ${Secret.named('a', 'newer')}\n`;
    expect(contentChange('content', before, after, { secretLines: /\bpassword\b/ }).text).toEqual({
      before: 'retries 11\n<hidden>\n<hidden>\n',
      after: 'retries 10\nuser a password <secret>\n',
    });
  });

  it.each([
    ['what was not sent', undefined],
    ['a NUL', Buffer.from('a\0b')],
    ['what is no UTF-8', Buffer.from([0x61, 0xff])],
  ])('shows no lines of %s', (_, before) => {
    expect(contentChange('content', before, 'a')).toEqual({ action: 'update', what: 'content' });
  });
});

describe('what was there before, where the new content holds no secret', () => {
  const old = (text: string) => contentChange('content', Buffer.from(text), 'x=1\n').text?.before;

  it('shows no secret of this run', () => {
    Secret.named('left', 'canary-0815').reveal();
    expect(old('x=canary-0815\n')).toBe('x=<secret>\n');
  });

  it.each([
    '$5$rounds=1000$PSrQ0123456789ab$UxKib5kobt2BZp/yfOEWbjik.BPMiS9MzbXyO6zXMC0',
    '$6$abcdefgh$4TrI6cXa4n9N0SC1fS0MHCSOjLGo8LvKKddTcWCgNfCi7WcWMCAoAaYAPNlItHgu68UaJgvsZH7rlRtu1l5rW/',
    '$2y$05$abcdefghijklmnopqrstuuhKF09ZYWwH2zP/0fwE1X8e/Q1YNx/hO',
    '$y$j9T$abcdefghijklmnop$xxI14acrF4kcY59GsyqJ1DqdhVdc9N0f1.omTKnq.61',
  ])('shows no hash of a password: %s', (hash) => {
    expect(old(`user a password '${hash}'\nport $1\n`)).toBe("user a password '<hidden>'\nport $1\n");
  });
});
