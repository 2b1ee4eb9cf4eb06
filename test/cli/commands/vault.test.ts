/** `provision vault` as users run it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encryptVault, openVault } from '../../../src/vault/vault.ts';
import { folderWith } from '../../inventory/inventory-files.ts';
import { key } from '../../vault/vaults.ts';

const PROVISION = fileURLToPath(new URL('../../../bin/provision', import.meta.url));
const ONE = key('one');
const CANARY = 'canary-7f3a';

/** A folder with passwords and these files, and what runs `provision vault` in it. */
function workplace(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const dir = folderWith({ one: 'one\n', two: 'two\n', ...files });

  function vault(line: string, { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {}) {
    const { status, stdout, stderr } = spawnSync(PROVISION, ['vault', ...line.split(' ')], {
      cwd: dir,
      input,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: dir,
        XDG_RUNTIME_DIR: dir,
        XDG_CACHE_HOME: '/tmp/provision-test-cache',
        ...env,
      },
    });
    return { status, stdout, stderr };
  }

  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  const mode = (name: string) => (statSync(join(dir, name)).mode & 0o7777).toString(8);
  return { dir, vault, read, mode };
}

const done = (stderr: string) => ({ status: 0, stdout: '', stderr });

describe('encrypt and decrypt', () => {
  it('replace files, and keep their mode', () => {
    const { dir, vault, read, mode } = workplace({ 'a.yml': 'a: 1\n', 'b.bin': Uint8Array.of(0, 255) });
    chmodSync(join(dir, 'a.yml'), 0o640);
    expect(vault('encrypt a.yml b.bin --vault-password-file prod@one')).toEqual(
      done('encrypted a.yml\nencrypted b.bin\n'),
    );
    expect([mode('a.yml'), mode('b.bin')]).toEqual(['640', '644']);
    expect(read('a.yml')).toMatch(/^\$ANSIBLE_VAULT;1\.2;AES256;prod\n/);
    expect(vault('decrypt a.yml b.bin --vault-password-file one').status).toBe(0);
    expect(read('a.yml')).toBe('a: 1\n');
    expect(readFileSync(join(dir, 'b.bin'))).toEqual(Buffer.of(0, 255));
    expect(mode('a.yml')).toBe('640');
    expect(readdirSync(dir).toSorted()).toEqual(['a.yml', 'b.bin', 'one', 'two']);
  });

  it('write what is new for its owner alone, and through a link', () => {
    const { dir, vault, read, mode } = workplace({ plain: 'x', target: 'y' });
    symlinkSync('target', join(dir, 'link'));
    vault('encrypt plain --output new --vault-password-file one');
    expect([mode('new'), read('plain')]).toEqual(['600', 'x']);
    vault('encrypt link --vault-password-file one');
    expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true);
    expect(openVault(read('target'), [ONE]).bytes.toString()).toBe('y');
  });

  it('standard input to standard output', () => {
    const { vault } = workplace();
    const { stdout } = vault('encrypt --vault-password-file one', { input: 'x\n' });
    expect(vault('decrypt', { input: stdout, env: { PROVISION_VAULT_PASSWORD_FILE: 'one' } })).toEqual({
      status: 0,
      stdout: 'x\n',
      stderr: '',
    });
    expect(vault('decrypt - --output -', { input: stdout, env: { ANSIBLE_VAULT_PASSWORD_FILE: 'one' } }).stdout).toBe(
      'x\n',
    );
  });

  it('change nothing where one file cannot be opened', () => {
    const [mine, other] = [encryptVault('a', ONE.password), encryptVault('b', key('other').password)];
    const { vault, read } = workplace({ mine, other });
    for (const line of ['decrypt mine other', 'rekey mine other --new-vault-password-file two']) {
      const { status, stderr } = vault(`${line} --vault-password-file one`);
      expect([status, stderr]).toEqual([2, expect.stringContaining('the vault password is wrong\n  where  other\n')]);
    }
    expect([read('mine'), read('other')]).toEqual([mine, other]);
  });

  it('say with which password, where several are given', () => {
    const { vault, read } = workplace({ a: 'x' });
    const two = '--vault-password-file dev@one --vault-password-file prod@two';
    expect(vault(`encrypt a ${two}`).stderr).toContain('several vault passwords are given: dev, prod');
    expect(vault(`encrypt a ${two} --encrypt-vault-id test`).stderr).toContain(
      'no password is given for the vault id test',
    );
    expect(vault(`encrypt a ${two} --encrypt-vault-id prod`).status).toBe(0);
    expect(openVault(read('a'), [key('two')]).id).toBe('prod');
  });

  it('take the passwords that ansible.cfg names', () => {
    const { vault, read } = workplace({
      a: 'x',
      'ansible.cfg': '[defaults]\nvault_identity_list = dev@one, prod@two\n',
    });
    expect(vault('encrypt a').stderr).toContain('several vault passwords are given: dev, prod');
    expect(vault('encrypt a --encrypt-vault-id prod').status).toBe(0);
    expect(openVault(read('a'), [key('two')]).id).toBe('prod');
    expect(vault('view a').stdout).toBe('x');
  });
});

describe('rekey', () => {
  it('keeps the id of each file, unless it is given a new one', () => {
    const { vault, read } = workplace({
      a: encryptVault('x', ONE.password, 'prod'),
      b: encryptVault('y', ONE.password),
    });
    expect(vault('rekey a b --vault-password-file one --new-vault-password-file two')).toEqual(
      done('rekeyed a\nrekeyed b\n'),
    );
    expect([read('a'), read('b')].map((text) => openVault(text, [key('two')]).id)).toEqual(['prod', 'default']);
    vault('rekey b --vault-password-file two --new-vault-password-file dev@one');
    expect(openVault(read('b'), [ONE]).id).toBe('dev');
  });
});

describe('edit', () => {
  /** An editor that notes where the file lay and who could read it, and leaves a backup beside it. */
  const EDITOR = `#!/bin/sh\nstat -c '%a %n' "$2" "$(dirname "$2")" >"$HOME/seen"; cp "$2" "$2~"; printf '%s' "$1" >>"$2"\n`;

  function editing(content: string) {
    const place = workplace({ secret: content, 'ed.sh': EDITOR });
    chmodSync(join(place.dir, 'ed.sh'), 0o700);
    return { ...place, env: { EDITOR: './ed.sh -more' } };
  }

  it('opens an editor in a private folder, and leaves nothing there', () => {
    const { dir, vault, read, mode, env } = editing(encryptVault(CANARY, ONE.password, 'prod'));
    chmodSync(join(dir, 'secret'), 0o640);
    expect(vault('edit secret --vault-password-file one', { env })).toEqual(done('encrypted secret\n'));
    const { bytes, id } = openVault(read('secret'), [ONE]);
    expect([bytes.toString(), id, mode('secret')]).toEqual([`${CANARY}-more`, 'prod', '640']);
    expect(read('seen')).toMatch(/^600 \S+\/provision-\w+\/secret\n700 \S+\/provision-\w+\n$/);
    expect(readdirSync(dir).filter((name) => name.startsWith('provision-'))).toEqual([]);
  });

  it.each([
    ['true', 0, 'secret is unchanged\n'],
    ['sh -c "exit 3"', 2, 'error: the editor ended with status 3: nothing was changed\n'],
    ['no-such-editor', 2, 'error: the editor ended with status 127: nothing was changed\n'],
  ])('leaves the file as it is: %s', (editor, status, message) => {
    const before = encryptVault(CANARY, ONE.password);
    const { dir, vault, read } = editing(before);
    const result = vault('edit secret --vault-password-file one', { env: { EDITOR: editor } });
    expect([result.status, result.stderr]).toEqual([status, expect.stringContaining(message)]);
    expect(read('secret')).toBe(before);
    expect(readdirSync(dir).filter((name) => name.startsWith('provision-'))).toEqual([]);
  });

  it('makes a file that does not exist', () => {
    const { vault, read, mode, env } = editing('');
    expect(vault('edit new --vault-password-file one', { env })).toEqual(done('encrypted new\n'));
    expect([openVault(read('new'), [ONE]).bytes.toString(), mode('new')]).toEqual(['-more', '600']);
  });

  it('does not open what is not encrypted', () => {
    const { vault, env } = editing('openly');
    expect(vault('edit secret --vault-password-file one', { env }).stderr).toContain('secret is not encrypted');
  });
});

describe('encrypt-string', () => {
  it.each([
    ['x\n', 'x'],
    ['x\r\n', 'x'],
    ['x', 'x'],
    ['x\ny\n', 'x\ny\n'],
  ])('%j is %j in an inventory', (input, plain) => {
    const { vault } = workplace();
    const { stdout } = vault('encrypt-string --name db --vault-password-file prod@one', { input });
    expect(stdout).toMatch(/^db: !vault \|\n( {10}\S+\n)+$/);
    const text = stdout.split('\n').slice(1).join('\n').replaceAll(' ', '');
    expect(openVault(text, [ONE])).toMatchObject({ id: 'prod', bytes: Buffer.from(plain) });
  });
});

describe('tells what is wrong', () => {
  it.each([
    ['encript a', 'vault has no action "encript"\n  do     Did you mean encrypt?'],
    ['view', 'no file is given'],
    ['view nowhere --vault-password-file one', 'nowhere cannot be read: there is no such file'],
    ['view one --vault-password-file one', 'one is not encrypted'],
    ['encrypt secret --vault-password-file one', 'secret is encrypted already'],
    ['view secret', 'there is no terminal to ask for the vault password on'],
    ['view secret --ask-vault-pass', 'there is no terminal to ask for the vault password on'],
    [
      'view secret --vault-password-file nowhere',
      'the vault password file nowhere cannot be read: there is no such file',
    ],
    ['view secret --name x', 'vault view does not take --name'],
    ['decrypt secret one --output x', '--output is for one file, and several are given'],
    ['decrypt secret --output no/such --vault-password-file one', 'no/such cannot be written: ENOENT'],
    ['encrypt-string hunter2', 'vault encrypt-string takes no text as an argument'],
    ['encrypt-string --name a:b', '"a:b" cannot be the name of a variable'],
    ['encrypt-string --vault-password-file one', 'there is nothing to encrypt'],
    ['encrypt one --encrypt-vault-id a;b', '"a;b" cannot be a vault id'],
  ])('%s', (line, message) => {
    const { dir, vault } = workplace({ secret: encryptVault(CANARY, ONE.password) });
    writeFileSync(join(dir, 'other'), '');
    const { status, stdout, stderr } = vault(line);
    expect(stderr.replaceAll(/\n {7}(?=\S)/g, ' ')).toContain(`error: ${message}`);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).not.toContain('hunter2');
  });

  it('shows what is in a file only where it is asked to', () => {
    const { vault } = workplace({ secret: encryptVault(`${CANARY}\n`, ONE.password) });
    expect(vault('view secret --vault-password-file one')).toEqual({ status: 0, stdout: `${CANARY}\n`, stderr: '' });
  });
});
