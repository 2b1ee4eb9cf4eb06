/** Holds the direction of imports: each room may import from the rooms named, and from itself. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOMS: Record<string, readonly string[]> = {
  'src/errors.ts': [],
  'src/shell': ['src/errors.ts'],
  'src/schema': ['src/errors.ts'],
  'src/vault': ['src/errors.ts', 'src/shell'],
  'src/resources': ['src/errors.ts', 'src/shell', 'src/schema'],
  'src/transport': ['src/errors.ts', 'src/shell', 'src/resources/contract.ts'],
  'src/engine': ['src/errors.ts', 'src/shell', 'src/resources', 'src/transport'],
  'src/inventory': [
    'src/errors.ts',
    'src/schema',
    'src/shell',
    'src/vault',
    'src/transport',
    'src/engine',
    'src/index.ts',
    'src/installation.ts',
  ],
  'src/deploy': ['src/errors.ts', 'src/shell', 'src/resources', 'src/transport', 'src/engine'],
  'src/operate': [
    'src/errors.ts',
    'src/shell',
    'src/resources',
    'src/transport',
    'src/engine',
    'src/deploy',
    'src/schema',
  ],
  'src/reference': ['src/errors.ts', 'src/schema', 'src/installation.ts', 'src/index.ts', 'src/inventory'],
  'src/throwaway': ['src/errors.ts'],
  'src/trial': [
    'src/errors.ts',
    'src/schema',
    'src/shell',
    'src/vault/keyring.ts',
    'src/resources/contract.ts',
    'src/transport',
    'src/engine',
    'src/deploy',
    'src/inventory',
    'src/throwaway',
    'src/index.ts',
    'src/installation.ts',
  ],
  'src/report': [
    'src/errors.ts',
    'src/installation.ts',
    'src/resources/contract.ts',
    'src/engine',
    'src/inventory',
    'src/reference',
    'src/deploy',
    'src/operate',
    'src/trial/results.ts',
  ],
  'src/runs': ['src/errors.ts', 'src/installation.ts', 'src/shell', 'src/engine', 'src/report'],
  'src/wizard': [
    'src/errors.ts',
    'src/schema',
    'src/shell',
    'src/transport',
    'src/engine',
    'src/vault',
    'src/inventory',
    'src/report',
    'src/index.ts',
    'src/installation.ts',
  ],
  'src/import': [
    'src/errors.ts',
    'src/schema',
    'src/shell',
    'src/inventory/expressions/python-number.ts',
    'src/inventory/yaml/scalars.ts',
    'src/installation.ts',
    'src/index.ts',
  ],
  'src/installation.ts': [],
  'src/index.ts': ['src/errors.ts', 'src/installation.ts', 'src/shell', 'src/resources', 'src/engine'],
  roles: ['src/index.ts'],
};

/** The engine knows the contract and what it brings itself, the secrets of a host and their folder; never what a role uses. */
const ENGINE_KINDS = ['contract', 'directory', 'generated-secret'].map((kind) => `src/resources/${kind}.ts`);

const files = globSync(['src/**/*.ts', 'roles/**/*.ts']).map((file) => file.replaceAll('\\', '/'));

function importsOf(file: string): string[] {
  const code = readFileSync(file, 'utf8');
  return [...code.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    normalize(join(dirname(file), path)).replaceAll('\\', '/'),
  );
}

function isIn(room: string, file: string): boolean {
  return file === room || file.startsWith(`${room}/`);
}

describe('imports', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  for (const [room, allowed] of Object.entries(ROOMS)) {
    it(`${room} imports only from ${['itself', ...allowed].join(', ')}`, () => {
      const wrong = files
        .filter((file) => isIn(room, file))
        .flatMap((file) => importsOf(file).map((target) => `${file} -> ${target}`))
        .filter((edge) => ![room, ...allowed].some((place) => isIn(place, edge.split(' -> ')[1] ?? '')));
      expect(wrong).toEqual([]);
    });
  }

  it('the engine knows no concrete kind', () => {
    const wrong = files
      .filter((file) => isIn('src/engine', file))
      .flatMap(importsOf)
      .filter((target) => isIn('src/resources', target) && !ENGINE_KINDS.includes(target));
    expect(wrong).toEqual([]);
  });

  it('only the command line touches the process and its exit code', () => {
    const wrong = files
      .filter((file) => !isIn('src/cli', file))
      .filter((file) => /^[^*/]*\bprocess\.(exit|argv|std|on\b)/m.test(readFileSync(file, 'utf8')));
    expect(wrong).toEqual([]);
  });
});
