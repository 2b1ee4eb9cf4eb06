/** The three forms that provision runs in: the sources of a checkout, their bundle, and an installed package. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const FOLDER = mkdtempSync(join(tmpdir(), 'provision-start-'));
const CHECKOUT = join(FOLDER, 'checkout');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** In place of the bundle's command line: tells that the bundle was run. */
const MARKED = "export async function main() { console.log('the bundle'); }\n";
const MAIN = join(CHECKOUT, 'dist/src/cli/main.js');

const FROM_SOURCES = new RegExp(`^provision ${version.replaceAll('.', '\\.')} `);
const FROM_BUNDLE = /^the bundle$/m;

/** Tells in an error of provision's own kind what it shares with the engine. */
const ROLE = `
import * as zod from 'zod';
import { defineRole, ProvisionError, Secret, z } from 'provision';

export default defineRole({
  name: 'identity',
  params: z.object({ password: z.custom<Secret>((value) => value instanceof Secret, 'is no Secret of ours') }),
  resources() {
    const same = z.object === zod.object;
    throw new ProvisionError('resource-invalid', \`same zod: \${same}, \${import.meta.resolve('provision')}\`);
  },
});
`;

const INVENTORY = `all:
  hosts:
    here: { ansible_connection: local }
  vars:
    roles: [ROLE]
    secrets: { word: { env: WORD } }
    password: "{{ secrets.word }}"
`;

function run(root: string, ...args: string[]): { code: number | null; text: string } {
  const noEngine = `unix://${join(FOLDER, 'docker.sock')}`;
  const env = {
    PATH: process.env.PATH,
    HOME: join(FOLDER, 'home'),
    WORD: 'canary',
    COLUMNS: '300',
    DOCKER_HOST: noEngine,
  };
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/provision'), args, { encoding: 'utf8', env });
  return { code: status, text: stdout + stderr };
}

function build(): void {
  execFileSync(join(MODULES, '.bin/node'), ['bin/build.ts'], { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'inherit'] });
}

beforeAll(() => {
  mkdirSync(CHECKOUT);
  for (const name of ['bin', 'src', 'roles', 'files', 'package.json', 'package-lock.json', 'Dockerfile.testhost']) {
    cpSync(join(ROOT, name), join(CHECKOUT, name), { recursive: true });
  }
  symlinkSync(MODULES, join(CHECKOUT, 'node_modules'));
  cpSync(join(ROOT, 'inventory/examples'), join(FOLDER, 'examples'), { recursive: true });
  mkdirSync(join(FOLDER, 'inventory/roles'), { recursive: true });
  writeFileSync(join(FOLDER, 'inventory/roles/identity.ts'), ROLE);
  for (const role of ['identity', 'nosuch']) {
    writeFileSync(join(FOLDER, `inventory/${role}.yml`), INVENTORY.replace('ROLE', role));
  }
});

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe('bin/provision', { timeout: 60_000 }, () => {
  it('refuses a Node that is too old', () => {
    const fake = join(FOLDER, 'old-node.cjs');
    writeFileSync(fake, "Object.defineProperty(process, 'versions', { value: { node: '20.19.4' } });\n");
    const args = ['--require', fake, join(ROOT, 'bin/start.cjs'), '--version'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `provision: needs Node.js 22.18 or newer; this is v20.19.4 (${process.execPath}).\n`,
    });
  });
});

describe('the bundle of a checkout', { timeout: 60_000 }, () => {
  beforeEach(() => {
    build();
    writeFileSync(MAIN, MARKED);
  });

  it('runs while it is fresh', () => {
    expect(run(CHECKOUT, '--version').text).toMatch(FROM_BUNDLE);
  });

  it.each<{ name: string; change: () => void }>([
    { name: 'a source was edited', change: () => appendFileSync(join(CHECKOUT, 'src/errors.ts'), '\n') },
    {
      name: 'an edit left size and time as they were',
      change() {
        const file = join(CHECKOUT, 'src/errors.ts');
        const [text, { atime, mtime }] = [readFileSync(file, 'utf8'), statSync(file)];
        writeFileSync(file, text.replace('the', 'THE'));
        utimesSync(file, atime, mtime);
      },
    },
    { name: 'there is one more role', change: () => writeFileSync(join(CHECKOUT, 'roles/more.ts'), '') },
    { name: 'a role is gone', change: () => rmSync(join(CHECKOUT, 'roles/more.ts')) },
    { name: 'other packages are locked', change: () => appendFileSync(join(CHECKOUT, 'package-lock.json'), '\n') },
    { name: 'the way to build it changed', change: () => appendFileSync(join(CHECKOUT, 'bin/build.ts'), '\n') },
    { name: 'it was not finished', change: () => rmSync(join(CHECKOUT, 'dist/stamp')) },
    { name: 'it is not there', change: () => rmSync(join(CHECKOUT, 'dist'), { recursive: true }) },
  ])('does not run when $name', ({ change }) => {
    expect(run(CHECKOUT, '--version').text).toMatch(FROM_BUNDLE);
    change();
    expect(run(CHECKOUT, '--version').text).toMatch(FROM_SOURCES);
  });

  it('is left alone by a second build', () => {
    build();
    expect(readFileSync(MAIN, 'utf8')).toBe(MARKED);
  });
});

describe.each(['sources', 'bundle', 'package'] as const)('provision as %s', { timeout: 60_000 }, (form) => {
  let root = CHECKOUT;

  beforeAll(() => {
    rmSync(join(CHECKOUT, 'dist'), { recursive: true, force: true });
    if (form !== 'sources') build();
    if (form === 'package') root = install();
  }, 60_000);

  it('knows its version', () => {
    expect(run(root, '--version').text).toMatch(FROM_SOURCES);
  });

  it('shares its modules with roles of users', () => {
    const { code, text } = run(root, 'plan', '-i', join(FOLDER, 'inventory/identity.yml'), '--debug');
    const api = form === 'sources' ? 'src/index.ts' : 'dist/src/index.js';
    expect(text).toContain(`same zod: true, file://${root}/${api}`);
    expect(text).toContain('resource-invalid');
    expect(code).not.toBe(0);
  });

  it('names its sources in a stack trace', () => {
    const { text } = run(root, 'plan', '-i', join(FOLDER, 'inventory/identity.yml'), '--debug');
    expect(text).toMatch(/\/src\/engine\/evaluate\.ts:\d+/);
    expect(text).not.toMatch(/dist\/(chunks|src\/cli)/);
  });

  it('has what it needs to test roles, but for an engine', () => {
    const { code, text } = run(root, 'test', join(FOLDER, 'examples'));
    expect(text).toContain('engine-missing');
    expect(code).toBe(2);
    expect(['Dockerfile.testhost', 'files/testhost/init'].filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('finds the roles that come with it', () => {
    const { text } = run(root, 'plan', '-i', join(FOLDER, 'inventory/nosuch.yml'));
    const shipped = readdirSync(join(ROOT, 'roles')).filter((name) => name.endsWith('.ts'));
    expect(text).toContain('role-not-found');
    for (const name of shipped) expect(text).toContain(name.replace('.ts', ''));
  });
});

/** What `npm install` makes of the package, its dependencies being the checkout's. */
function install(): string {
  for (const name of ['inventory', 'docs', 'CHANGELOG.md', 'README.md']) {
    cpSync(join(ROOT, name), join(CHECKOUT, name), { recursive: true });
  }
  const [modules, root] = ['node_modules', 'node_modules/provision'].map((name) => join(FOLDER, name)) as [
    string,
    string,
  ];
  mkdirSync(root, { recursive: true });
  const options = {
    cwd: CHECKOUT,
    encoding: 'utf8',
    env: { ...process.env, npm_config_cache: join(FOLDER, 'npm') },
  } as const;
  const packed = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--offline', '--silent', '--pack-destination', FOLDER],
    options,
  );
  execFileSync('tar', ['-xzf', join(FOLDER, packed.trim()), '-C', root, '--strip-components=1']);
  for (const name of readdirSync(MODULES).filter((name) => !name.startsWith('.'))) {
    symlinkSync(join(MODULES, name), join(modules, name));
  }
  return root;
}
