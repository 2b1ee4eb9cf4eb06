import { describe, expect, it } from 'vitest';
import { specOf } from '../../src/cli/arguments/commands.ts';
import { passwordSources } from '../../src/vault/sources.ts';
import { resolve } from '../inventory/inventory-files.ts';
import { HORSE, key } from '../vault/vaults.ts';
import { codeBlocks, readDocument } from './markdown.ts';

const DOCUMENT = readDocument('vault.md');

describe('docs/vault.md', () => {
  it('has an example that can be decrypted', async () => {
    const [example = ''] = codeBlocks(DOCUMENT, 'yaml');
    const [host] = await resolve(example, { keyring: { unlock: async () => [key(HORSE)] } });
    expect(host?.settings.becomePassword?.reveal()).toBe('a sudo password');
  });

  it('tells all actions and options of the command, and no others', () => {
    const { arguments: taken, options } = specOf('vault');
    const actions = [...DOCUMENT.matchAll(/^\| `provision vault ([\w-]+)/gm)].map(([, action]) => action);
    expect(actions).toEqual(taken?.choices?.map(([name]) => name));
    const named = new Set([...DOCUMENT.matchAll(/[`\s]--([\w-]+)/g)].map(([, option]) => option));
    // What *-client programs are called with is none of ours.
    expect([...named].filter((option) => option !== 'vault-id').toSorted()).toEqual([...options].toSorted());
  });

  it('tells the variables that are read', () => {
    const names = [...DOCUMENT.matchAll(/^\| `(\w+_VAULT_\w+)`/gm)].map(([, name = '']) => name);
    const env = Object.fromEntries(names.map((name) => [name, name]));
    const sources = passwordSources({ files: [], ask: false }, { env, ansible: undefined });
    expect(sources.map((source) => source.from === 'file' && source.path)).toEqual(names);
    expect(names).toHaveLength(3);
  });
});
