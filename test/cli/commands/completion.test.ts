/** The completion scripts, in the shells that they are for: where one is not installed, its tests are skipped and say so. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandNames, optionsOf } from '../../../src/cli/arguments/commands.ts';
import { LIST_NAMES } from '../../../src/cli/arguments/option-specs.ts';
import { isInstalled, offered, SHELLS, typeIntoBash } from '../completion/shells.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = mkdtempSync(join(tmpdir(), 'provision-completion-'));
const PLACE = { cwd: FOLDER, env: { PATH: `${join(ROOT, 'bin')}:${process.env.PATH}`, HOME: FOLDER, TERM: 'dumb' } };

const INVENTORY = `all:
  vars: { motd: hello, stack: { services: { app: {} }, databases: { db: {} } } }
  children:
    web: { hosts: { web1: {}, web2: {} } }
    prague: { hosts: { db1: {} } }
`;

function provision(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'bin/provision'), args, { encoding: 'utf8', ...PLACE });
  return { status, stdout, stderr };
}

writeFileSync(join(FOLDER, 'prod.yml'), INVENTORY);
mkdirSync(join(FOLDER, 'other place'));
writeFileSync(join(FOLDER, 'other place/prod.yml'), INVENTORY.replaceAll('web1', 'web9'));
cpSync(join(ROOT, 'test/inventory/fixtures/roles'), join(FOLDER, 'roles'), { recursive: true });
for (const shell of SHELLS) writeFileSync(join(FOLDER, `provision.${shell}`), provision('completion', shell).stdout);

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe('provision completion', () => {
  it.each(SHELLS)('%s: names every command and every option', (shell) => {
    const { stdout, status } = provision('completion', shell);
    const options = new Set(commandNames().flatMap(optionsOf));
    const missing = [...options].filter((name) => !new RegExp(`(--|-l )${name}\\b`).test(stdout));
    expect([...commandNames().filter((name) => !stdout.includes(name)), ...missing]).toEqual([]);
    expect(status).toBe(0);
  });

  it.each(LIST_NAMES)('lists %s', (name) => {
    const { status, stdout, stderr } = provision('completion', name, '-i', 'prod.yml');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    // There was no run yet.
    expect(stdout === '').toBe(name === 'runs');
  });

  it('lists no name that a shell could take for something else', () => {
    writeFileSync(
      join(FOLDER, 'odd.yml'),
      'all:\n  vars: { stack: { services: { "$(id)": {}, "a b": {}, ok: {} } } }\n  hosts: { x: {} }\n',
    );
    expect(provision('completion', 'services', '-i', 'odd.yml').stdout).toBe('ok\nhaproxy\nprovision\n');
  });

  it.skipIf(!isInstalled('fish'))('fish: values are not told what the option is for, each again', () => {
    const script = 'source ./provision.fish; complete -C "provision init --tls "';
    const { stdout } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', ...PLACE });
    expect(
      stdout
        .split('\n')
        .map((line) => line.trimEnd())
        .filter(Boolean)
        .sort(),
    ).toEqual(['acme', 'files', 'none', 'self-signed']);
  });

  it('tells of a shell that it does not know', () => {
    const { status, stderr } = provision('completion', 'zhs');
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain('Did you mean zsh?');
    expect(status).toBe(2);
  });
});

const KEYS = ['host-key-changed', 'host-key-revoked', 'host-key-unknown'];

const LINES: readonly (readonly [line: string, offers: readonly string[]])[] = [
  ['provision pl', ['plan']],
  ['provision re', ['redeploy', 'releases', 'report']],
  ['provision -i prod.yml pl', ['plan']],
  ['provision help rol', ['rollback']],
  ['provision completion f', ['fish']],
  ['provision plan --det', ['--detailed-exitcode']],
  ['provision apply --det', []],
  ['provision -i prod.yml --che', ['--check']],
  ['provision logs --fo', ['--follow', '--forks']],
  ['provision plan -i prod.yml --limit w', ['web', 'web1', 'web2']],
  ['provision plan -vi prod.yml --limit w', ['web', 'web1', 'web2']],
  ['provision plan -l w', []],
  ["provision plan -i 'other place/prod.yml' -l web", ['web', 'web2', 'web9']],
  ['provision plan -i prod.yml -l prague:w', ['web', 'web1', 'web2']],
  ['provision explain x --inventory=prod.yml --host db', ['db1']],
  ['provision explain -i prod.yml mo', ['motd']],
  ['provision logs -f -i prod.yml ', ['app', 'db', 'haproxy', 'provision']],
  ['provision plan --role h', ['haproxy']],
  ['provision plan -i ./prod.yml -r mo', ['motd']],
  ['provision docs host-key', KEYS],
  ['provision docs stack.ser', ['stack.services']],
  ['provision explain -i prod.yml stack.services.', ['stack.services.app']],
  ['provision explain -i prod.yml stack.', ['stack.databases', 'stack.services']],
  ['provision vault en', ['encrypt', 'encrypt-string']],
  ['provision init --database ', ['mariadb', 'mysql', 'none', 'postgres']],
  ['provision inventory -i prod.yml ', ['graph', 'host', 'list']],
  ['provision inventory -i prod.yml host ', ['db1', 'web1', 'web2']],
  ['provision plan --forks ', []],
  ['provision version ', []],
];

for (const shell of SHELLS) {
  const isHere = isInstalled(shell);
  describe.skipIf(!isHere)(`completion in ${shell}${isHere ? '' : ', which is not installed here'}`, () => {
    it('is valid', () => {
      const { status, stderr } = spawnSync(shell, ['-n', join(FOLDER, `provision.${shell}`)], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    });

    let all: string[][];
    beforeAll(() => {
      const lines = LINES.map(([line]) => line);
      all = offered(shell, lines, PLACE);
    });

    it.each(LINES.map(([line, offers], i) => [line, offers, i] as const))('%s', (_line, offers, i) => {
      // fish repeats what stands before the colon of a pattern.
      expect(all[i]?.map((offer) => offer.replace(/^prague:/, ''))).toEqual(offers);
    });
  });
}

describe.skipIf(!isInstalled('bash'))('completion in bash', () => {
  it.each([
    ['provision plan -i pr', ['<files>']],
    ['provision vault view x', ['<files>']],
    ['provision plan --inventory=pr', ['<files>']],
    ['provision init --app ', ['<folders>']],
    ["provision plan -i prod.yml --limit='prague:!w", ['prague:!web', 'prague:!web1', 'prague:!web2']],
    ['provision init --redis=', ['no', 'yes']],
  ])('%s', (line, offers) => expect(offered('bash', [line], PLACE)).toEqual([offers]));

  it.skipIf(!isInstalled('script'))('is what Tab does', async () => {
    const shown = await typeIntoBash('provision inven\tgr\t-i prod\t--limit=prague:d\t', '--db1', PLACE);
    expect(shown).toContain('provision inventory graph -i prod.yml --limit=prague:db1');
    expect(shown).toContain('|  |--db1');
  });
});
