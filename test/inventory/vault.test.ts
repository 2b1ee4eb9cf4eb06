import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadInventory } from '../../src/inventory/load.ts';
import { type ResolvedHost, resolveHosts } from '../../src/inventory/resolve.ts';
import { Secret } from '../../src/shell/secret.ts';
import { inlineVault } from '../../src/vault/inline.ts';
import type { Keyring } from '../../src/vault/keyring.ts';
import { encryptVault, type VaultPasswords } from '../../src/vault/vault.ts';
import { key } from '../vault/vaults.ts';
import { failure, load, resolve } from './inventory-files.ts';

const CANARY = 'canary-7f3a';
const PASSWORD = key('one');
const DEV = key('two', 'dev');

function ring(...passwords: VaultPasswords): Keyring & { readonly calls: number } {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    async unlock() {
      calls += 1;
      return passwords;
    },
  };
}

/** `!vault |` and its lines, as deep as the tests need it. */
function sealed(plain: string, { id, password } = PASSWORD): string {
  return inlineVault(encryptVault(plain, password, id), undefined, ' '.repeat(20)).trimEnd();
}

function inventory(...vars: readonly string[]): string {
  return ['all:', '  vars:', ...vars.map((line) => `    ${line}`), '  hosts: { web1: }', ''].join('\n');
}

/** The value with its secrets revealed, and the same as anybody would see it. */
function open(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.isKnown ? value.reveal() : undefined };
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, open(entry)]));
}

function paramsOf(host: ResolvedHost | undefined): unknown {
  return host?.roles.map(({ params }) => params);
}

describe('a value that is encrypted', () => {
  const SITE = [
    'roles: [site]',
    `db: ${sealed(CANARY)}`,
    'site:',
    '  title: Shop',
    `  admin_password: ${sealed(CANARY)}`,
    '  services:',
    '    app:',
    '      env:',
    `        TOKEN: ${sealed(CANARY)}`,
    '        URL: "postgres://app:{{ db }}@db"',
  ];

  it.each([
    ['line feeds', inventory(...SITE)],
    ['Windows line ends', inventory(...SITE).replaceAll('\n', '\r\n')],
  ])('becomes a secret wherever a parameter takes one: %s', async (_, content) => {
    const [host] = await resolve(content, { keyring: ring(PASSWORD) });
    expect(open(paramsOf(host))).toMatchObject([
      {
        site: {
          title: 'Shop',
          admin_password: { secret: CANARY },
          services: { app: { env: { TOKEN: { secret: CANARY }, URL: { secret: `postgres://app:${CANARY}@db` } } } },
        },
      },
    ]);
    expect(inspect(host, { depth: 20 }) + JSON.stringify(paramsOf(host))).not.toContain(CANARY);
    expect(JSON.stringify(paramsOf(host))).toContain('postgres://app:<secret>@db');
  });

  it('logs in, and becomes root', async () => {
    const lines = ['roles: [motd]', `ansible_password: ${sealed('a')}`, `ansible_become_password: ${sealed('b')}`];
    const [host] = await resolve(inventory(...lines), { keyring: ring(PASSWORD) });
    expect(open([host?.settings.password, host?.settings.becomePassword])).toEqual([{ secret: 'a' }, { secret: 'b' }]);
  });

  it('is the address, the user, or whatever else says how to reach a host', async () => {
    const lines = [
      'roles: [motd]',
      `ansible_host: ${sealed('10.0.0.7')}`,
      `ansible_user: ${sealed('deploy')}`,
      `ansible_port: ${sealed('2222')}`,
      `ansible_ssh_common_args: ${sealed('-J bastion')}`,
    ];
    const [host] = await resolve(inventory(...lines), { keyring: ring(PASSWORD) });
    expect(host?.settings).toMatchObject({ hostname: '10.0.0.7', user: 'deploy', port: 2222, jump: 'bastion' });
  });

  it('shows in no error about the connection', async () => {
    const lines = ['roles: [motd]', `ansible_user: ${sealed(`-${CANARY}`)}`];
    const error = await failure(resolve(inventory(...lines), { keyring: ring(PASSWORD) }));
    expect(error).toContain('ansible_user: must be one word that does not start with -');
    expect(error).not.toContain(CANARY);
    expect(error).not.toContain('openly');
  });

  it.each([
    ['the value', sealed(CANARY)],
    ['under value', `{ value: "{{ db }}" }`],
    ['by a reference', '"{{ db }}"'],
    ['a file', '{ file: keys/db }'],
  ])('is a secret under `secrets`: %s', async (_, setting) => {
    const lines = ['roles: [motd]', `db: ${sealed(CANARY)}`, 'secrets:', `  token: ${setting}`];
    const files = { 'keys/db': encryptVault(`${CANARY}\n`, PASSWORD.password) };
    const [host] = await resolve(inventory(...lines), { keyring: ring(PASSWORD), files });
    expect(open(host?.secrets)).toEqual([{ name: 'token', generate: undefined, secret: { secret: CANARY } }]);
    expect(inspect(host, { depth: 20 })).not.toContain(CANARY);
  });

  it('knows both tags, anchors, and braces that are no reference', async () => {
    const lines = ['roles: [site]', `a: &a ${sealed('{{ b }}').replace('!vault', '!vault-encrypted')}`];
    const content = inventory(...lines, 'site: { title: x, admin_password: *a }');
    const [host] = await resolve(content, { keyring: ring(PASSWORD) });
    expect(open(paramsOf(host))).toMatchObject([{ site: { admin_password: { secret: '{{ b }}' } } }]);
  });

  it('where a parameter takes no secret is refused, and not shown', async () => {
    const error = await failure(
      resolve(inventory('roles: [motd]', `motd: ${sealed(CANARY)}`), { keyring: ring(PASSWORD) }),
    );
    expect(error).toBe(
      'inventory-bad-parameter prod.yml:4:5: motd: expected a text, found a secret\n' +
        'Write it openly: the role motd takes no secret there.',
    );
  });

  const USED = ['roles: [site]', 'site:', '  title: x', `  admin_password: ${sealed(CANARY, key('one', 'prod'))}`];

  it.each<[string, VaultPasswords, string]>([
    [
      'no password',
      [],
      'vault-password-missing prod.yml:6:30: this is encrypted, and no vault password prod is given\n' +
        'Give it: --vault-password-file prod@FILE, or --ask-vault-pass on a terminal.',
    ],
    [
      'a wrong one',
      [key('x', 'prod')],
      'vault-password-wrong prod.yml:6:30: the vault password prod is wrong\n' +
        'Check which password it was encrypted with. If that is the right one, the encrypted text was changed since.',
    ],
    [
      'one of another id',
      [DEV],
      'vault-id-unknown prod.yml:6:30: no password is given for the vault id prod, and the one of dev does not fit\n' +
        'Give it: --vault-password-file prod@FILE.',
    ],
  ])('is told where it stands: %s', async (_, passwords, error) => {
    expect(await failure(resolve(inventory(...USED), { keyring: ring(...passwords) }))).toBe(error);
  });

  it('that is damaged is told when the inventory is read', async () => {
    const damaged = sealed('x').replace(/\d$/, 'x');
    expect(await failure(load(inventory('roles: [motd]', `unread: ${damaged.replace('AES256', 'AES')}`)))).toBe(
      'vault-damaged prod.yml:4:20: the encrypted text is damaged: its header names a cipher other than AES256\n' +
        'Restore it from a copy, or encrypt the value anew.',
    );
    expect(await failure(load(inventory('roles: [motd]', 'unread: !vault secret')))).toBe(
      'vault-damaged prod.yml:4:20: what follows !vault is no encrypted text\n' +
        'Let `provision vault encrypt-string` make it. A text that starts with ! needs quotes.',
    );
    expect(await failure(load(inventory('roles: [motd]', 'unread: !vault { a: 1 }')))).toMatch(
      /^inventory-syntax prod\.yml:4:13: the tag !vault stands before something other than a text\n/,
    );
  });

  it('needs its password only if it is read, for a host that is selected', async () => {
    const content = [
      'all:',
      '  vars:',
      '    roles: [site]',
      `    unread: ${sealed('x', key('lost', 'old'))}`,
      '    site: { title: x, admin_password: "{{ db }}" }',
      '  hosts:',
      '    web1:',
      `      db: ${sealed('d', DEV)}`,
      '    web2:',
      `      db: ${sealed('p', key('other', 'prod'))}`,
      '',
    ].join('\n');
    const [host] = await resolve(content, { keyring: ring(DEV), limit: 'web1' });
    expect(open(paramsOf(host))).toMatchObject([{ site: { admin_password: { secret: 'd' } } }]);
    expect(await failure(resolve(content, { keyring: ring(DEV) }))).toMatch(/^vault-id-unknown prod\.yml:\d+:18: /);
  });

  it('asks for passwords once, and only where something is encrypted', async () => {
    const [openly, encrypted] = [ring(PASSWORD), ring(PASSWORD)];
    await resolve(inventory('roles: [motd]'), { keyring: openly });
    await resolve(inventory('roles: [motd]', `a: ${sealed('x')}`, `b: ${sealed('y')}`), { keyring: encrypted });
    expect([openly.calls, encrypted.calls]).toEqual([0, 1]);
  });
});

describe('the file of a secret', () => {
  const setting = (content: string, keyring: Keyring) => ({ files: { 'keys/db': content }, keyring });
  const SECRETS = inventory('roles: [motd]', 'secrets: { db: { file: keys/db } }');

  it.each([
    [encryptVault('x', PASSWORD.password), [], /^vault-password-missing keys\/db: /],
    [encryptVault('x', PASSWORD.password), [key('y')], /^vault-password-wrong keys\/db: /],
    [encryptVault('x', PASSWORD.password).slice(0, 200), [PASSWORD], /^vault-damaged keys\/db: /],
    [encryptVault(Uint8Array.of(0xff), PASSWORD.password), [PASSWORD], /^vault-refused keys\/db: /],
    [encryptVault('\n', PASSWORD.password), [PASSWORD], /^secret-missing prod\.yml:4:16: .* is empty/],
  ])('%#: is refused where it cannot be read', async (content, passwords, error) => {
    expect(await failure(resolve(SECRETS, setting(content, ring(...passwords))))).toMatch(error);
  });
});

describe('an inventory that is encrypted as a whole', () => {
  const encrypted = (content: string) => encryptVault(content, PASSWORD.password);
  const keyring = ring(PASSWORD);

  it('is read as any other, each text and number that may be a secret being one', async () => {
    const content = inventory(
      'roles: [site]',
      `ansible_password: ${CANARY}`,
      'secrets: { made: generate, kept: not-so-open }',
      'site:',
      '  title: "Shop of {{ inventory_hostname }}"',
      '  owner: alice',
      `  admin_password: ${CANARY}`,
      `  services: { app: { image: "x:1", env: { TOKEN: ${CANARY}, N: 3 }, health: { path: /up } } }`,
    );
    const [host] = await resolve(encrypted(content), { keyring });
    expect(open(paramsOf(host))).toEqual([
      {
        site: {
          title: 'Shop of web1',
          owner: 'alice',
          admin_password: { secret: CANARY },
          services: {
            app: {
              image: 'x:1',
              replicas: 1,
              mode: 'rolling',
              env: { TOKEN: { secret: CANARY }, N: { secret: '3' } },
              health: { path: '/up', status: 200 },
            },
          },
        },
      },
    ]);
    expect(open(host?.secrets.map(({ secret }) => secret))).toEqual([{ secret: undefined }, { secret: 'not-so-open' }]);
    expect(open(host?.settings.password)).toEqual({ secret: CANARY });
    expect(inspect(host, { depth: 20 })).not.toContain(CANARY);
  });

  it('shows no value in errors, and tells the place in what was encrypted', async () => {
    const content = inventory('roles: [site]', `site: { title: x, services: { app: { mode: ${CANARY} } } }`);
    expect(await failure(resolve(encrypted(content), { keyring }))).toMatch(
      /^inventory-bad-parameter prod\.yml:4:\d+: site\.services\.app\.mode: expected rolling or all\n/,
    );
  });

  it.each([
    ['without a password', encrypted('all:\n'), [], 'vault-password-missing prod.yml: '],
    ['with a wrong one', encrypted('all:\n'), [key('y')], 'vault-password-wrong prod.yml: '],
    ['that is damaged', encrypted('all:\n').slice(0, 150), [PASSWORD], 'vault-damaged prod.yml: '],
  ])('%s is refused', async (_, content, passwords, error) => {
    expect(await failure(load(content, { keyring: ring(...passwords) }))).toContain(error);
  });

  const TOP = join(import.meta.dirname, '..', '..');

  it.each(globSync('inventory/**/*.yml', { cwd: TOP, exclude: ['**/*.test.yml'] }))(
    '%s means the same',
    async (example) => {
      const content = readFileSync(join(TOP, example), 'utf8');
      const names = [...content.matchAll(/\benv(?:\.|: )([A-Z]\w*)/g)].map(([, name = '']) => name);
      const values: Record<string, string> = {
        DEMO_HOST_KEY: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w',
        DEMO_REGISTRY_MIRROR: 'http://localhost:5000',
      };
      const env = Object.fromEntries(names.map((name) => [name, values[name] ?? name.toLowerCase()]));
      const dir = mkdtempSync(join(tmpdir(), 'provision-vault-'));
      onTestFinished(() => rmSync(dir, { recursive: true }));
      const file = join(dir, basename(example));
      const read = async (text: string) => {
        writeFileSync(file, text);
        const hosts = await resolveHosts(await loadInventory(file, { env, keyring }));
        return hosts.map(({ name, settings, roles, secrets }) => ({
          name,
          settings: revealed(settings),
          roles: roles.map(({ definition, params }) => [definition.name, revealed(params)]),
          secrets: revealed(secrets),
        }));
      };
      expect(await read(encrypted(content))).toEqual(await read(content));
    },
  );
});

/** A copy with the values of secrets; of those that are not known yet their mask. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.isKnown ? value.reveal() : String(value);
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, revealed(entry)]));
}
