import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAnsibleConfig } from '../../src/vault/ansible-config.ts';
import { folderWith } from '../inventory/inventory-files.ts';

function setting(vaultPasswordFile: string): string {
  return `[defaults]\nvault_password_file = ${vaultPasswordFile}\n`;
}

describe('readAnsibleConfig', () => {
  it.each([
    ['keys/one', 'FOLDER/keys/one'],
    ['/etc/one', '/etc/one'],
    ['~/one', '/home/alice/one'],
    ['$KEYS/${NAME}', '/keys/one'],
    ['{{CWD}}/one', 'FOLDER/one'],
    ['one ; of us all', 'FOLDER/one'],
  ])('vault_password_file = %s', (written, path) => {
    const folder = folderWith({ 'ansible.cfg': setting(written) });
    const env = { KEYS: '/keys', NAME: 'one' };
    expect(readAnsibleConfig({ env, folder, home: '/home/alice' })?.passwordFile).toBe(path.replace('FOLDER', folder));
  });

  it('reads the settings of [defaults], and no others', () => {
    const text = '# vault_password_file = a\n[ssh]\nvault_password_file=b\n[defaults]\nVault_Identity_List: x@c, y@d\n';
    const folder = folderWith({ 'ansible.cfg': text });
    expect(readAnsibleConfig({ env: {}, folder, home: '/nowhere' })).toEqual({
      path: join(folder, 'ansible.cfg'),
      passwordFile: undefined,
      identityList: 'x@c, y@d',
    });
  });

  it('takes the one that is named, else that of the folder, else that of the user', () => {
    const files = {
      'ansible.cfg': setting('/of-folder'),
      'home/.ansible.cfg': setting('/of-user'),
      mine: setting('/named'),
    };
    const folder = folderWith(files);
    const of = (env: NodeJS.ProcessEnv, where = folder) =>
      readAnsibleConfig({ env, folder: where, home: join(folder, 'home') })?.passwordFile;
    expect(of({ ANSIBLE_CONFIG: 'mine' })).toBe('/named');
    expect(of({ ANSIBLE_CONFIG: folder }, '/')).toBe('/of-folder');
    expect(of({})).toBe('/of-folder');
    expect(of({}, join(folder, 'home'))).toBe('/of-user');
  });

  it('trusts no folder that everybody may write to', () => {
    const folder = folderWith({ 'ansible.cfg': setting('/of-somebody'), 'home/.ansible.cfg': setting('/of-user') });
    chmodSync(folder, 0o777);
    expect(readAnsibleConfig({ env: {}, folder, home: join(folder, 'home') })?.passwordFile).toBe('/of-user');
  });
});
