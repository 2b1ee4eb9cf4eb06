import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { failure, resolve } from '../inventory-files.ts';

const CANARY = 'canary-7f3a';
const SETTING = {
  env: { DB: CANARY, EMPTY: '' },
  files: { 'keys/db': `${CANARY}\n`, 'keys/raw': `${CANARY}\n\n`, empty: '\n' },
};

function inventory(secret: string): string {
  return `all:\n  vars:\n    roles: [motd]\n    secrets:\n      db: ${secret}\n  hosts: { web1: }\n`;
}

describe('secrets', () => {
  it.each<[string, string]>([
    [CANARY, CANARY],
    [`{ value: ${CANARY} }`, CANARY],
    ['{ env: DB }', CANARY],
    ['"{{ env.DB }}"', CANARY],
    ['{ file: keys/db }', CANARY],
    ['{ file: keys/raw }', `${CANARY}\n`],
    ['{ file: "keys/{{ name }}" }', CANARY],
  ])('%s is a given one', async (setting, value) => {
    const [host] = await resolve(`${inventory(setting)}web:\n  hosts: { web1: }\n  vars: { name: db }\n`, SETTING);
    expect(host?.secrets.map(({ name, generate, secret }) => ({ name, generate, value: secret.reveal() }))).toEqual([
      { name: 'db', generate: undefined, value },
    ]);
    expect(inspect(host, { depth: 20 }) + JSON.stringify(host?.secrets)).not.toContain(CANARY);
  });

  it.each([
    ['generate', { length: 32, alphabet: 'url' }],
    ['{ generate: {} }', { length: 32, alphabet: 'url' }],
    ['{ generate: { length: 64 } }', { length: 64, alphabet: 'url' }],
  ])('%s is made on the host', async (setting, generate) => {
    const [host] = await resolve(inventory(setting));
    expect(host?.secrets.map((source) => ({ known: source.secret.isKnown, generate: source.generate }))).toEqual([
      { known: false, generate },
    ]);
  });

  it('are apart on each host', async () => {
    const [first, second] = await resolve(inventory('generate').replace('web1:', 'web1: , web2: '));
    first?.secrets[0]?.secret.learn('x');
    expect([first, second].map((host) => host?.secrets[0]?.secret.isKnown)).toEqual([true, false]);
  });

  it.each([
    [
      '{ env: MISSING }',
      'secret-missing prod.yml:5:7: the secret db is missing: its environment variable MISSING is not set\nSet it: MISSING=… provision …',
    ],
    [
      '{ env: EMPTY }',
      'secret-missing prod.yml:5:7: the secret db is missing: its environment variable EMPTY is empty\nSet it: EMPTY=… provision …',
    ],
    [
      '{ file: nowhere }',
      'secret-missing prod.yml:5:7: the secret db is missing: its file nowhere cannot be read: there is no such file\nPut the secret into nowhere.',
    ],
    [
      '{ file: empty }',
      'secret-missing prod.yml:5:7: the secret db is missing: its file empty is empty\nPut the secret into empty.',
    ],
    [
      '{ value: "{{ secrets.db }}" }',
      'inventory-unresolved-reference prod.yml:5:13: secrets.db.value refers to a secret itself\nGive the secret by `env` or `file`.',
    ],
    ['{ envv: DB }', 'inventory-bad-parameter prod.yml:5:13: secrets.db has no key "envv"\nDid you mean `env`?'],
    [
      '""',
      'inventory-bad-parameter prod.yml:5:7: secrets.db: must not be empty\nIt takes: generate, env, file, value.',
    ],
    [
      '',
      'inventory-bad-parameter prod.yml:5:7: secrets.db: expected a text or a mapping, found nothing\nIt takes: generate, env, file, value.',
    ],
    [
      '12345678',
      'inventory-bad-parameter prod.yml:5:7: secrets.db: expected a text or a mapping, found a number\nPut it in quotes.',
    ],
    [
      '{ generate: { length: 4 } }',
      'inventory-bad-parameter prod.yml:5:25: secrets.db.generate.length: must be at least 16\nWrite what is expected there: provision reads it.',
    ],
  ])('refuses %s', async (setting, error) => {
    expect(await failure(resolve(inventory(setting), SETTING))).toBe(error);
  });

  it('refuses a name that is none', async () => {
    expect(await failure(resolve(inventory('x').replace('db:', '../db:')))).toBe(
      'inventory-bad-parameter prod.yml:5:7: secrets: the name "../db" must be 1 to 63 of a-z, 0-9, _ and -, and start with a letter or digit\nChoose another name.',
    );
  });
});
