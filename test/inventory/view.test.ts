import { describe, expect, it } from 'vitest';
import { shownVariables, viewHost } from '../../src/inventory/view.ts';
import { inlineVault } from '../../src/vault/inline.ts';
import { NO_KEYS } from '../../src/vault/keyring.ts';
import { encryptVault } from '../../src/vault/vault.ts';
import { key } from '../vault/vaults.ts';
import { load } from './inventory-files.ts';

const PASSWORD = key('one');

async function variables(
  content: string,
  env: NodeJS.ProcessEnv = {},
  keyring = NO_KEYS,
): Promise<Readonly<Record<string, unknown>>> {
  const inventory = await load(content, { env, keyring });
  const [host] = inventory.hosts.values();
  if (host === undefined) throw new Error('there is no host');
  return shownVariables(await viewHost(host, inventory)).variables;
}

describe('shownVariables', () => {
  it('shows nothing secret through filters, hostvars and lookups, and what is made of a stand-in as one', async () => {
    const seen = await variables(
      `
all:
  vars:
    db_password: canary-1
    encoded: "{{ db_password | b64encode }}"
    joined: "{{ ['a', db_password] | join(':') }}"
    other: "{{ hostvars['web2'].db_password }}"
    token_lifetime: "3600"
    lifetime: "{{ token_lifetime | int }}"
    chosen: "{{ 'x' if token_lifetime else 'y' }}"
    api_token: "{{ lookup('env', 'API_TOKEN') }}"
    copied: "{{ lookup('env', 'API_TOKEN') | trim }}"
    fallback_password: "{{ nobody | default('canary-2') }}"
    port: "{{ '8080' | int }}"
  hosts: { web1: , web2: { db_password: canary-3 } }
`,
      { API_TOKEN: 'canary-4' },
    );
    expect(seen).toEqual({
      ...Object.fromEntries(
        ['db_password', 'encoded', 'other', 'token_lifetime', 'lifetime', 'chosen', 'api_token', 'copied'].map(
          (name) => [name, '<secret>'],
        ),
      ),
      joined: 'a:<secret>',
      fallback_password: '<secret>',
      port: 8080,
    });
  });

  it('shows what leads nowhere, lists within a text and what is no expression as it is written', async () => {
    const content = 'all: { vars: { roles: [], a: "{{ b }}", l: [1], t: "x {{ l }}", o: "{{ l" }, hosts: { web1: } }';
    expect(await variables(content)).toEqual({ roles: [], a: '{{ b }}', l: [1], t: 'x {{ l }}', o: '{{ l' });
  });

  it('shows what Ansible alone can evaluate as it is written', async () => {
    const inventory = await load(`all:
  vars: { ips: "{{ groups['all'] | map('upper') }}", db_password: "{{ 'canary' | map }}", x: 1 }
  hosts: { web1: }
`);
    const [host] = inventory.hosts.values();
    if (host === undefined) throw new Error('there is no host');
    const { variables: shown, left } = shownVariables(await viewHost(host, inventory));
    expect(shown).toEqual({ ips: "{{ groups['all'] | map('upper') }}", db_password: '<secret>', x: 1 });
    expect(left.map(({ name }) => name)).toEqual(['ips']);
  });

  it('computes with secrets for those who ask for them, and with none that a host makes', async () => {
    const sealed = inlineVault(encryptVault('8080', PASSWORD.password, PASSWORD.id), undefined, ' '.repeat(8));
    const content = `all:
  vars:
    roles: []
    port: ${sealed.trimEnd()}
    secrets: { given: { env: GIVEN }, made: generate }
    next: "{{ port | int + 1 }}"
    is_set: "{{ secrets.given == 'open-1' }}"
    mode: "{{ 'a' if port in ['8080'] else 'b' }}"
    text: "long {{ secrets.given | length }}"
    unknown: "{{ secrets.made == 'x' }}"
  hosts: { web1: }
`;
    const keyring = { unlock: async () => [PASSWORD] };
    const inventory = await load(content, { env: { GIVEN: 'open-1' }, keyring });
    const [host] = inventory.hosts.values();
    if (host === undefined) throw new Error('there is no host');
    const view = await viewHost(host, inventory, { showSecrets: true });
    expect(shownVariables(view).variables).toMatchObject({
      next: 8081,
      is_set: true,
      mode: 'a',
      text: 'long 6',
      unknown: '<made on the host>',
    });
    expect(await variables(content, { GIVEN: 'open-1' }, keyring)).toMatchObject({
      next: '<secret>',
      is_set: '<secret>',
      mode: '<secret>',
      text: '<secret>',
      unknown: '<secret>',
    });
  });

  it('shows all that this machine knows to those who ask for it', async () => {
    const inventory = await load(
      `
all:
  vars:
    db_password: open-1
    url: "postgresql://app:{{ db_password }}@db/{{ secrets.given }}/{{ secrets.made }}"
    api_token: "{{ lookup('env', 'API_TOKEN') }}"
    secrets: { given: { env: GIVEN }, made: generate }
  hosts: { web1: }
`,
      { env: { API_TOKEN: 'open-2', GIVEN: 'open-3' } },
    );
    const [host] = inventory.hosts.values();
    if (host === undefined) throw new Error('there is no host');
    expect(shownVariables(await viewHost(host, inventory, { showSecrets: true })).variables).toEqual({
      db_password: 'open-1',
      url: 'postgresql://app:open-1@db/open-3/<made on the host>',
      api_token: 'open-2',
      secrets: { given: { env: 'GIVEN' }, made: 'generate' },
    });
    expect(JSON.stringify(shownVariables(await viewHost(host, inventory)))).not.toContain('open');
  });

  it('resolves references, and shows no secret, however it came there', async () => {
    const content = `
all:
  vars:
    roles: [stack]
    hidden: plain-canary
    editor: vim
    packages: ["{{ editor }}", "{{ env.PAGER }}"]
    database: "postgresql://app:{{ secrets.db }}@{{ db_host }}/app"
    token_of_env: "{{ env.MAIL }}"
    mail: "{{ env.MAIL_PASSWORD }}"
    ansible_password: login-canary
    ansible_become_password: "{{ secrets.sudo }}"
    db_host: "{{ inventory_hostname }}"
    stack:
      name: shop
      services: { app: { image: app, env: { URL: "http://x:url-canary@y/", SMTP_PASS: env-canary } } }
      databases: { db: { engine: postgres, name: shop, users: { shop: { access: owner, password: "{{ hidden }}" } } } }
    secrets: { db: generate, sudo: { env: SUDO_PASSWORD }, file: { file: no-such-file }, old: old-canary, new: { value: new-canary } }
  hosts:
    web1:
`;
    const env = { PAGER: 'less', MAIL: 'mail-canary', MAIL_PASSWORD: 'pass-canary' };
    const seen = await variables(content, env);
    expect(JSON.stringify(seen)).not.toContain('canary');
    expect(seen).toEqual({
      roles: ['stack'],
      hidden: '<secret>',
      editor: 'vim',
      packages: ['vim', 'less'],
      database: 'postgresql://app:<secret>@web1/app',
      token_of_env: '<secret>',
      mail: '<secret>',
      ansible_password: '<secret>',
      ansible_become_password: '<secret>',
      db_host: 'web1',
      stack: {
        name: 'shop',
        services: { app: { image: 'app', env: { URL: 'http://x:<secret>@y/', SMTP_PASS: '<secret>' } } },
        databases: {
          db: { engine: 'postgres', name: 'shop', users: { shop: { access: 'owner', password: '<secret>' } } },
        },
      },
      secrets: {
        db: 'generate',
        sudo: { env: 'SUDO_PASSWORD' },
        file: { file: 'no-such-file' },
        old: '<secret>',
        new: { value: '<secret>' },
      },
    });
  });

  it('takes the names of secrets from a reference as well', async () => {
    const seen = await variables(
      'all: { vars: { roles: [], common: { db: generate }, secrets: "{{ common }}", url: "x-{{ secrets.db }}" }, hosts: { web1: } }',
    );
    expect(seen).toMatchObject({ url: 'x-<secret>', secrets: { db: 'generate' } });
  });

  it('shows no value that is encrypted, and needs no password for it', async () => {
    const sealed = inlineVault(encryptVault('vault-canary', PASSWORD.password, PASSWORD.id), undefined, ' '.repeat(8));
    const content = `all:\n  vars:\n    roles: []\n    url: "x-{{ word }}"\n    word: ${sealed.trimEnd()}\n  hosts: { web1: }\n`;
    expect(await variables(content)).toEqual({ roles: [], url: 'x-<secret>', word: '<secret>' });
  });

  it('of an inventory that is encrypted as a whole: no text that may be a secret', async () => {
    const content = `
all:
  vars:
    roles: [packages, stack]
    packages: [curl, vim]
    own: own-canary
    list: [1, list-canary, yes]
    switch: on
    stack: { name: shop, services: { app: { image: app, port: 5000, env: { GREETING: env-canary } } } }
  hosts: { web1: { ansible_host: 203.0.113.10 } }
`;
    const keyring = { unlock: async () => [PASSWORD] };
    const seen = await variables(encryptVault(content, PASSWORD.password, PASSWORD.id), {}, keyring);
    expect(seen).toEqual({
      roles: ['packages', 'stack'],
      packages: ['curl', 'vim'],
      own: '<secret>',
      list: ['<secret>', '<secret>', '<secret>'],
      switch: '<secret>',
      stack: { name: 'shop', services: { app: { image: 'app', port: 5000, env: { GREETING: '<secret>' } } } },
      ansible_host: '203.0.113.10',
    });
  });
});
