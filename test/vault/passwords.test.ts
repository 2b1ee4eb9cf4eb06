import { chmodSync, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askForPassword, createKeyring } from '../../src/vault/keyring.ts';
import { readPassword } from '../../src/vault/password-file.ts';
import { type PasswordSource, parseSource, passwordSources } from '../../src/vault/sources.ts';
import { encryptVault } from '../../src/vault/vault.ts';
import { failure, folderWith } from '../inventory/inventory-files.ts';
import { errorOf, key } from './vaults.ts';

const nobody = async () => undefined;

/** A password file with this content, run where it starts with #!. */
function source(content: string | Uint8Array, name = 'password', id = 'default'): PasswordSource & { from: 'file' } {
  const dir = folderWith({ [name]: content });
  const path = join(dir, name);
  if (content.slice(0, 2).toString() === '#!') chmodSync(path, 0o700);
  return { id, from: 'file', path, setBy: '--vault-password-file' };
}

describe('parseSource', () => {
  it.each([
    ['secret', { id: 'default', path: 'secret' }],
    ['prod@secret', { id: 'prod', path: 'secret' }],
    ['dev-2.b@/etc/a@b', { id: 'dev-2.b', path: '/etc/a@b' }],
    ['./a@b', { id: 'default', path: './a@b' }],
    ['prod@~/secret', { id: 'prod', path: join(homedir(), 'secret') }],
    ['prompt', { id: 'default', path: 'prompt' }],
  ])('%s', (text, expected) => {
    expect(parseSource(text)).toEqual({ ...expected, from: 'file', setBy: '--vault-password-file' });
  });

  it('prod@prompt asks', () => {
    expect(parseSource('prod@prompt')).toEqual({ id: 'prod', from: 'prompt' });
  });

  it.each(['', 'prod@', '@file'])('refuses %j', (text) => {
    expect(errorOf(() => parseSource(text))).toBe('usage: --vault-password-file needs the path of a file, or ID@FILE');
  });

  it.each<[string, NodeJS.ProcessEnv, string[]]>([
    [
      'options before the environment, ours before that of Ansible',
      {
        ANSIBLE_VAULT_PASSWORD_FILE: 'c',
        ANSIBLE_VAULT_IDENTITY_LIST: 'x@d, y@prompt',
        PROVISION_VAULT_PASSWORD_FILE: 'prod@b',
      },
      ['dev@a', 'default', 'prod@b', 'default@c', 'x@d', 'y'],
    ],
    ['what ansible.cfg says', {}, ['dev@a', 'default', 'default@/etc/e', 'z@f']],
    [
      'the environment before ansible.cfg, for each setting by itself',
      { ANSIBLE_VAULT_PASSWORD_FILE: 'c' },
      ['dev@a', 'default', 'default@c', 'z@f'],
    ],
  ])('takes %s', (_name, env, expected) => {
    const ansible = { path: 'ansible.cfg', passwordFile: '/etc/e', identityList: 'z@f' };
    const sources = passwordSources({ files: ['dev@a'], ask: true }, { env, ansible });
    expect(sources.map((found) => (found.from === 'file' ? `${found.id}@${found.path}` : found.id))).toEqual(expected);
  });
});

describe('readPassword', () => {
  it.each([
    ['secret\n', 'secret'],
    ['  pass word \r\n\n', 'pass word'],
    ['ünï', 'ünï'],
    ['#!/bin/sh\necho secret', 'secret'],
    ["#!/bin/sh\nprintf ' two words \\r\\n'", ' two words '],
    ['#!/bin/sh\necho "$#"', '0'],
  ])('%j', async (content, password) => {
    expect(await readPassword(source(content), [])).toBe(password);
  });

  it.each(['keys-client', 'keys-client.sh'])('%s is told the id', async (name) => {
    expect(await readPassword(source('#!/bin/sh\necho "$*"', name, 'prod'), [])).toBe('--vault-id prod');
  });

  it('opens a password file that is encrypted itself', async () => {
    const encrypted = encryptVault('inner\n', key('outer').password);
    expect(await readPassword(source(encrypted), [key('outer')])).toBe('inner');
    expect(await failure(readPassword(source(encrypted), []))).toMatch(/^vault-password-missing: /);
  });

  it.each<[string, string | Uint8Array, string, RegExp]>([
    ['an empty file', '\n', 'password', /gives an empty password/],
    ['a program that says nothing', '#!/bin/sh\n:', 'password', /gives an empty password/],
    ['a program that fails', '#!/bin/sh\necho canary; exit 3', 'password', /was run, and ended with status 3/],
    ['a program that is killed', '#!/bin/sh\nkill -9 $$', 'password', /was run, and ended by SIGKILL/],
    ['a client without it', '#!/bin/sh\nexit 2', 'x-client', /knows no password for the id default/],
    ['no program', '#!/no/such/shell\n', 'password', /is executable, but cannot be run: ENOENT/],
    ['bytes', Uint8Array.of(0xff, 0xfe), 'password', /holds something other than UTF-8 text/],
    ['a long file', 'x'.repeat(70_000), 'password', /gives more than 65536 bytes/],
    ['a program without end', '#!/bin/sh\nyes 2>/dev/null', 'password', /gives more than 65536 bytes/],
  ])('refuses %s', async (_, content, name, error) => {
    const told = await failure(readPassword(source(content, name), []));
    expect(told).toMatch(/^vault-password-unreadable: the vault password file /);
    expect(told).toMatch(error);
    expect(told).not.toContain('canary');
  });

  it('refuses a file that is not there, and a folder', async () => {
    const folder = folderWith({});
    const of = (path: string) => readPassword({ id: 'default', from: 'file', path, setBy: 'X' }, []);
    expect(await failure(of(join(folder, 'nowhere')))).toBe(
      'vault-password-unreadable: the vault password file nowhere cannot be read: there is no such file\nCheck the path; it was given by X.',
    );
    expect(await failure(of(folder))).toContain('cannot be read: it is a folder');
  });

  it('does not wait for a program forever, nor for what it has started', async () => {
    const start = performance.now();
    const error = await failure(readPassword(source('#!/bin/sh\nsleep 4 & sleep 4'), [], 300));
    expect(error).toContain('has not ended after 0.3 s');
    expect(performance.now() - start).toBeLessThan(3500);
  });
});

describe('createKeyring', () => {
  it('reads each source once, and only when it is asked', async () => {
    const counting = source('#!/bin/sh\necho x >> "$0.count"; wc -l < "$0.count"');
    const keyring = createKeyring([counting, { id: 'prod', from: 'prompt' }], async (question) => `${question} `);
    expect(existsSync(`${counting.path}.count`)).toBe(false);
    const [first, second] = await Promise.all([keyring.unlock(), keyring.unlock()]);
    expect(first).toBe(second);
    expect(first.map(({ id, password }) => [id, password.reveal().trim()])).toEqual([
      ['default', '1'],
      ['prod', 'Vault password of prod:'],
    ]);
  });

  it('says so where nobody can be asked, or nothing is answered', async () => {
    const ask = (answer: typeof nobody | (() => Promise<string>)) =>
      failure(createKeyring([{ id: 'prod', from: 'prompt' }], answer).unlock());
    expect(await ask(nobody)).toBe(
      'vault-password-missing: there is no terminal to ask for the vault password of prod on\n' +
        'Give it by a file: --vault-password-file prod@FILE.',
    );
    expect(await ask(async () => ' ')).toBe(
      'vault-refused: the password is empty\nType the one that it was encrypted with.',
    );
    const choose = askForPassword('default', async () => ' ', { again: true });
    expect(await failure(choose)).toBe('vault-refused: the password is empty\nChoose another.');
  });
});
