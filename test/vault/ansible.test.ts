/** Both ways with ansible-vault itself, where it is installed. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encryptVault, openVault } from '../../src/vault/vault.ts';
import { folderWith } from '../inventory/inventory-files.ts';
import { key, UMLAUTS } from './vaults.ts';

const isInstalled = spawnSync('ansible-vault', ['--version']).status === 0;
const title = isInstalled
  ? 'ansible-vault'
  : 'ansible-vault is not installed: only the vaults in fixtures/ are compared';

const CONTENTS: readonly (readonly [string, Uint8Array])[] = [
  ['a text', Buffer.from('hunter2\n')],
  ['nothing', Buffer.alloc(0)],
  ['bytes', Buffer.from('00ff800d0a', 'hex')],
  ['1 MiB', randomBytes(1024 * 1024)],
];

describe.skipIf(!isInstalled)(title, () => {
  const cases = CONTENTS.flatMap(([what, content]) => ['default', 'prod'].map((id) => ({ what, content, id })));

  it.each(cases)('reads what we write: $what, id $id', ({ content, id }) => {
    const dir = folderWith({ password: `${UMLAUTS}\n`, secret: encryptVault(content, key(UMLAUTS).password, id) });
    ansibleVault(dir, 'decrypt', '--vault-id', `${id}@password`, 'secret');
    expect(readFileSync(join(dir, 'secret')).equals(content)).toBe(true);
  });

  it.each(cases)('writes what we read: $what, id $id', ({ content, id }) => {
    const dir = folderWith({ password: `${UMLAUTS}\n`, secret: content });
    ansibleVault(dir, 'encrypt', '--vault-id', `${id}@password`, 'secret');
    const opened = openVault(readFileSync(join(dir, 'secret'), 'utf8'), [key(UMLAUTS)]);
    expect(opened.id).toBe(id);
    expect(opened.bytes.equals(content)).toBe(true);
  });

  it('reads a vault that we write into YAML', () => {
    const dir = folderWith({ password: `${UMLAUTS}\n` });
    const provision = join(import.meta.dirname, '../../bin/provision');
    const args = ['vault', 'encrypt-string', '--name', 'x', '--vault-password-file', 'prod@password'];
    const { stdout } = spawnSync(provision, args, { cwd: dir, encoding: 'utf8', input: 'hunter2\n' });
    writeFileSync(join(dir, 'vars.yml'), stdout);
    const told = spawnSync(
      'ansible',
      ['localhost', '-m', 'debug', '-a', 'msg={{ x }}', '-e', '@vars.yml', '--vault-password-file', 'password'],
      { cwd: dir, encoding: 'utf8' },
    );
    expect(told.stdout).toContain('"msg": "hunter2"');
  });
});

function ansibleVault(cwd: string, ...args: string[]): void {
  const { status, stderr } = spawnSync('ansible-vault', args, { cwd, encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
}
