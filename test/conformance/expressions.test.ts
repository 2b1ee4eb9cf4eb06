/** Expressions in variables are worth what they are in Ansible. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { createResolver } from '../../src/inventory/expressions/references.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { revealed } from '../../src/inventory/secrets/mask.ts';
import type { Host } from '../../src/inventory/types.ts';
import { encryptVault } from '../../src/vault/vault.ts';
import { folderWith } from '../inventory/inventory-files.ts';
import { key } from '../vault/vaults.ts';
import { askAnsible, isInstalled, titled } from './ansible.ts';

const VARS = `
    domain: example.com
    port: 8080
    text_port: "8081"
    ratio: 2.5
    tls: true
    no_tls: false
    nothing:
    empty: ""
    padded: "  a b  "
    path: /srv/app/config.yml
    folder: /srv/app/
    ports: [80, 443]
    mixed: [web, DB, Cache, web, db]
    numbers: [3, 1, 2, 3]
    app: { name: shop, tags: [a, b], deep: { list: [{ x: 1 }, { x: 2 }] } }
    link: "{{ app.name }}.{{ domain }}"
    list_link: "{{ ports }}"
    broken: "{{ no_such_variable }}"
    quoted: it's "quoted" \\ back
    umlaut: "Größe \\u20ac"
    encoded: c2hvcA==
    braces: "{{ '{{' }} x }}"
`;

const HOSTS = `
web:
  hosts: { web1.example.com: { own: 1, ansible_host: 10.0.0.1 }, web2.example.com: { own: 2, same: "{{ own }}" } }
db:
  hosts: { db1: , web1.example.com: }
`;

const INVENTORY = `all:\n  vars:${VARS}${HOSTS}`;

/** A line each: first those of which both make the same, then, after an empty line, those that both refuse. */
const [SAME = [], REFUSED = []] = readFileSync(join(import.meta.dirname, 'expressions.txt'), 'utf8')
  .trimEnd()
  .split('\n\n')
  .map((part) => part.split('\n'));

function ours(host: Host, inventory: Parameters<typeof createResolver>[1], text: string): unknown {
  const probe = { ...host, vars: { ...host.vars, probe: text } };
  try {
    return { value: createResolver(probe, inventory, new Map()).variable('probe') };
  } catch (error) {
    if (error instanceof ProvisionError) return { error: error.message };
    throw error;
  }
}

describe.skipIf(!isInstalled)(titled('expressions'), () => {
  it(`${SAME.length} are worth the same, and ${REFUSED.length} are refused by both`, async () => {
    const file = join(folderWith({ 'prod.yml': INVENTORY }), 'prod.yml');
    const env = { CITY: 'Praha' };
    const [name, texts] = ['web1.example.com', [...SAME, ...REFUSED]];
    const [answers = []] = askAnsible<readonly { value?: unknown; error?: string }[]>('expressions-oracle.py', [
      { inventory: file, host: name, texts, env },
    ]);
    const inventory = await loadInventory(file, { env });
    const host = inventory.hosts.get(name) as Host;
    const told = texts.map((text, i) => ({ text, mine: ours(host, inventory, text), theirs: answers[i] }));
    const same = told
      .slice(0, SAME.length)
      .filter(({ mine, theirs }) => JSON.stringify(mine) !== JSON.stringify(theirs));
    const refused = told.slice(SAME.length);
    expect(same).toEqual([]);
    expect(refused.filter(({ mine, theirs }) => !('error' in (mine as object)) || theirs?.error === undefined)).toEqual(
      [],
    );
  });
});

it('expressions of what stands in an encrypted file are worth the same', async () => {
  const { password } = key('one');
  const files = { 'prod.yml': HOSTS, 'group_vars/all': encryptVault(VARS, password) };
  const load = (dir: string) =>
    loadInventory(join(dir, 'prod.yml'), { env: { CITY: 'Praha' }, keyring: { unlock: async () => [key('one')] } });
  const [open, closed] = [await load(folderWith({ 'prod.yml': INVENTORY })), await load(folderWith(files))];
  const [host, sealed] = [open, closed].map(({ hosts }) => hosts.get('web1.example.com') as Host) as [Host, Host];
  const told = [...SAME, ...REFUSED].map((text) => {
    const [mine, theirs] = [ours(sealed, { ...closed, dir: open.dir }, text), ours(host, open, text)];
    return { text, mine: revealed(mine), theirs };
  });
  expect(told.filter(({ mine, theirs }) => !isDeepStrictEqual(mine, theirs))).toEqual([]);
});
