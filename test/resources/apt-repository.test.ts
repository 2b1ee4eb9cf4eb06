import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AptRepositoryInput, aptRepository } from '../../src/resources/apt-repository.ts';
import type { Target } from '../../src/resources/contract.ts';
import { converge, localTarget, planned } from './local-target.ts';
import { type PrivateEtc, privateEtc } from './private-etc.ts';
import { shells } from './shells.ts';
import { ONE, TWO } from './signing-keys.ts';

const REPOSITORY = {
  name: 'provision-test',
  uris: ['https://packages.example.com/debian'],
  suites: ['trixie'],
  components: ['stable', 'test'],
  architectures: ['amd64'],
};
const GIVEN: AptRepositoryInput = { ...REPOSITORY, signingKey: { content: ONE.armored } };
const FETCHED: AptRepositoryInput = {
  ...REPOSITORY,
  signingKey: { url: 'https://packages.example.com/key' },
  fingerprint: ONE.fingerprint,
};

describe('apt-repository', () => {
  it.each<[string, Partial<AptRepositoryInput>, RegExp]>([
    ['a name that apt ignores', { name: 'a.b' }, /name/],
    ['a name that leaves the folder', { name: '../a' }, /name/],
    ['an address of another kind', { uris: ['file:///x'] }, /uris.0/],
    ['a second field', { suites: ['trixie\nTrusted: yes'] }, /suites.0/],
    ['a second word', { components: ['main contrib'] }, /components.0/],
    ['no suites', { suites: undefined as never }, /suites: must be given/],
    ['no key', { signingKey: undefined as never }, /signingKey: must be given/],
    ['a key that is none', { signingKey: { content: 'nonsense' } }, /signingKey: is no OpenPGP public key/],
    ['another key', { fingerprint: TWO.fingerprint }, /signingKey: has the fingerprint 3708.*, not E3B6/],
    ['a fingerprint that is none', { fingerprint: '1234' }, /fingerprint/],
    [
      'a key that anyone can replace on its way',
      { signingKey: { url: 'http://x/key' } },
      /fetched with https, or checked/,
    ],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => aptRepository({ ...GIVEN, ...wrong })).toThrow(message);
  });

  it('takes a fingerprint as people write it', () => {
    const spaced = ONE.fingerprint.toLowerCase().replace(/.{4}/g, '$& ');
    expect(() => aptRepository({ ...GIVEN, fingerprint: spaced })).not.toThrow();
  });
});

describe.each(shells())('apt-repository in %s', (_, options) => {
  let etc: PrivateEtc;

  beforeEach(() => {
    etc = privateEtc(options);
    mkdirSync(join(etc.etc, 'apt/sources.list.d'), { recursive: true });
    rmSync(join(etc.etc, 'apt/keyrings'), { recursive: true, force: true });
  });
  afterEach(() => etc.remove());

  const keyFile = () => join(etc.etc, 'apt/keyrings/provision-test.asc');
  const sources = () => join(etc.etc, 'apt/sources.list.d/provision-test.sources');

  it('writes the sources and the key, and removes them', async () => {
    expect(await converge(aptRepository, GIVEN, etc.options)).toMatchObject([
      { action: 'create', what: 'signing key' },
      { action: 'create', what: 'sources' },
    ]);
    expect(readFileSync(keyFile(), 'utf8')).toBe(ONE.armored);
    expect(statSync(keyFile()).mode & 0o777).toBe(0o644);
    expect(readFileSync(sources(), 'utf8')).toBe(
      [
        'Types: deb',
        'URIs: https://packages.example.com/debian',
        'Suites: trixie',
        'Components: stable test',
        'Architectures: amd64',
        'Signed-By: /etc/apt/keyrings/provision-test.asc',
        '',
      ].join('\n'),
    );
    expect(await converge(aptRepository, GIVEN, etc.options)).toEqual([]);
    await converge(aptRepository, { name: 'provision-test', state: 'absent' }, etc.options);
    expect([existsSync(keyFile()), existsSync(sources())]).toEqual([false, false]);
  });

  it('takes a key back that somebody else put there', async () => {
    await converge(aptRepository, GIVEN, etc.options);
    writeFileSync(keyFile(), TWO.armored);
    expect(await planned(aptRepository, FETCHED, etc.options)).toEqual([
      { action: 'update', what: 'signing key', from: TWO.fingerprint, to: ONE.fingerprint },
    ]);
    writeFileSync(keyFile(), ONE.armored + TWO.armored);
    expect(await converge(aptRepository, GIVEN, etc.options)).toMatchObject([
      { action: 'update', what: 'signing key' },
    ]);
    expect(readFileSync(keyFile(), 'utf8')).toBe(ONE.armored);
  });
});

/** This machine, but for what its downloader answers. */
function downloading(answer: { code: number; stdout?: string; stderr?: string }): Target {
  const target = localTarget();
  return { ...target, run: async () => ({ stdout: '', stderr: '', ...answer }) };
}

describe('the key of an apt-repository', () => {
  it.each([
    {
      what: 'cannot be fetched',
      answer: { code: 100, stderr: 'E: Failed to fetch https://packages.example.com/key  404  Not Found' },
      message: 'the host cannot fetch the signing key from https://packages.example.com/key',
    },
    {
      what: 'is a web page',
      answer: { code: 0, stdout: Buffer.from('<html>').toString('base64') },
      message: 'the signing key from https://packages.example.com/key is no OpenPGP public key',
    },
    {
      what: 'is another one',
      answer: { code: 0, stdout: Buffer.from(TWO.armored).toString('base64') },
      message: `has the fingerprint ${TWO.fingerprint}, not ${ONE.fingerprint}`,
    },
    {
      what: 'is not alone',
      answer: { code: 0, stdout: Buffer.from(ONE.armored + TWO.armored).toString('base64') },
      message: 'holds other keys as well',
    },
  ])('is refused where it $what', async ({ answer, message }) => {
    const { kind, desired } = aptRepository(FETCHED);
    const changes = [{ action: 'create', what: 'signing key' } as const];
    await expect(kind.perform?.(desired, changes, undefined, downloading(answer))).rejects.toThrow(message);
  });
});
