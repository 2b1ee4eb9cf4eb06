import { describe, expect, it } from 'vitest';
import { fields, Secret, z } from '../../../src/index.ts';
import { maskEnvironment, maskVars, shown } from '../../../src/inventory/secrets/mask.ts';
import { isSecretName } from '../../../src/inventory/secrets/secret-name.ts';

const SCHEMA = z.object({
  site: z.strictObject({
    greeting: fields.secretText(),
    password: z.union([z.enum(['locked']), fields.cryptHash()]),
    logins: z.record(z.string(), z.union([fields.secretText(), z.strictObject({ hash: fields.cryptHash() })])),
    list: z.array(z.strictObject({ word: fields.secretText().optional(), name: z.string() })),
  }),
});

const masked = (vars: Record<string, unknown>) => shown(maskVars(vars, [SCHEMA]));

describe('maskVars', () => {
  it.each<{ what: string; vars: Record<string, unknown>; seen: Record<string, unknown> }>([
    {
      what: 'what a schema says is secret',
      vars: { site: { greeting: 'canary-1', logins: { alice: 'canary-2', bob: { hash: 'canary-3' } } } },
      seen: { site: { greeting: '<secret>', logins: { alice: '<secret>', bob: { hash: '<secret>' } } } },
    },
    {
      what: 'the same in lists',
      vars: { site: { list: [{ word: 'canary-4', name: 'a' }] } },
      seen: { site: { list: [{ word: '<secret>', name: 'a' }] } },
    },
    {
      what: 'no word that the schema names',
      vars: { site: { password: 'locked' } },
      seen: { site: { password: 'locked' } },
    },
    {
      what: 'a variable of the user that is called like a secret, and all in it',
      vars: { db_password: 'canary-5', passwords: { app: 'canary-6', list: ['canary-7'] }, api_key: 12345 },
      seen: { db_password: '<secret>', passwords: { app: '<secret>', list: ['<secret>'] }, api_key: '<secret>' },
    },
    {
      what: 'a private key, and what is to be hashed, whatever they are called',
      vars: {
        tls: { key: '-----BEGIN OPENSSH PRIVATE KEY-----\ncanary-10\n', certificate: '-----BEGIN CERTIFICATE-----' },
        hash: "{{ 'canary-11' | password_hash('sha512') }}",
        other: '{{ word | password_hash }}',
      },
      seen: {
        tls: { key: '<secret>', certificate: '-----BEGIN CERTIFICATE-----' },
        hash: '<secret>',
        other: '{{ word | password_hash }}',
      },
    },
    {
      what: 'no references, switches and nothing',
      vars: { db_password: '{{ secrets.db }}', use_password: true, token: null, secret: '' },
      seen: { db_password: '{{ secrets.db }}', use_password: true, token: null, secret: '' },
    },
    {
      what: 'a reference with more around it',
      vars: { db_password: 'canary-8-{{ suffix }}' },
      seen: { db_password: '<secret>' },
    },
    {
      what: 'passwords in addresses',
      vars: { url: 'postgres://app:can@ry@db/app', other: 'redis://:{{ secrets.redis }}@db', plain: 'http://a:80/@b' },
      seen: {
        url: 'postgres://app:<secret>@db/app',
        other: 'redis://:{{ secrets.redis }}@db',
        plain: 'http://a:80/@b',
      },
    },
    {
      what: 'the same text elsewhere',
      vars: { note: 'it is canary-9!', password: 'canary-9' },
      seen: { note: 'it is <secret>!', password: '<secret>' },
    },
  ])('hides $what', ({ vars, seen }) => {
    expect(masked(vars)).toEqual(seen);
  });

  it('changes no variable that it is given', () => {
    const vars = { password: 'canary-10' };
    maskVars(vars, []);
    expect(vars).toEqual({ password: 'canary-10' });
  });
});

describe('isSecretName', () => {
  it.each([
    ...[
      'password',
      'ansible_become_pass',
      'db_pw',
      'API_TOKEN',
      'aws_secret',
      'secret_access_key',
      'PRIVATE_KEY',
      'creds_credentials',
    ],
  ])('%s', (name) => expect(isSecretName(name)).toBe(true));

  it.each([
    ...[
      'name',
      'authorized_keys',
      'provision_host_key',
      'ansible_ssh_private_key_file',
      'bypass_cache',
      'key',
      'compass_url',
    ],
  ])('not %s', (name) => expect(isSecretName(name)).toBe(false));
});

describe('maskEnvironment', () => {
  it('makes secrets of those that are called so', () => {
    const { DB_PASSWORD, HOME } = maskEnvironment({ DB_PASSWORD: 'canary-11', HOME: '/root' });
    expect(DB_PASSWORD).toBeInstanceOf(Secret);
    expect(HOME).toBe('/root');
  });

  it('leaves texts alone that happen to be the same as one that nobody uses', () => {
    maskEnvironment({ SOME_TOKEN: 'unused-canary' });
    expect(shown('unused-canary')).toBe('unused-canary');
  });
});
