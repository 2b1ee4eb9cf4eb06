/** Bundles the code into dist/: a few large modules load quicker than hundreds of small ones. Does nothing if it is fresh. */
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Handlebars from 'handlebars';
import { type Plugin, rolldown } from 'rolldown';
import { COMPILE_OPTIONS, parseTemplate, templateDigest } from '../src/resources/templates/template-text.ts';
import { fingerprint, isFresh, stampFile } from './freshness.cjs';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** More than the steps in which file systems tell the time. */
const CLOCK_STEP_MS = 20;
/** How long a run may take that still loads parts of the bundle before this one. */
const LONGEST_RUN_MS = 24 * 60 * 60 * 1000;

/** Loaded only when they are needed. Bundled, dockerode would not find the files that it reads. */
const EXTERNAL = ['dockerode', '@inquirer/prompts', 'cpu-features', /\.node$/];

if (!isFresh(ROOT)) await build();

async function build(): Promise<void> {
  const stamp = fingerprint(ROOT);
  // What is written right after the look at the times can have the very same time: from here on, it has not.
  await delay(CLOCK_STEP_MS);
  const files = await bundle();
  // Somebody edits: this bundle is stale before it is written, and another build may be writing its own.
  if (fingerprint(ROOT) !== stamp) return;
  rmSync(stampFile(ROOT), { force: true });
  // Parts are there before the modules that import them.
  for (const [name, content] of files) write(join(DIST, name), content);
  removeOld(new Set(files.map(([name]) => join(DIST, name))));
  write(stampFile(ROOT), stamp);
}

/** Names below `dist` and contents: modules whose names are fixed last. */
async function bundle(): Promise<(readonly [string, string | Uint8Array])[]> {
  const bundled = await rolldown({
    cwd: ROOT,
    input: entries(),
    external: EXTERNAL,
    platform: 'node',
    plugins: [compiledTemplates()],
    tsconfig: false,
    // ssh2 holds a module that was compiled from C, and asks where it lies without need.
    transform: { define: { __dirname: 'import.meta.dirname' } },
  });
  const { output } = await bundled.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await bundled.close();
  const isPart = (name: string) => name.startsWith('chunks/');
  return output
    .map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source] as const)
    .sort(([a], [b]) => Number(isPart(b)) - Number(isPart(a)));
}

/** Fills in src/resources/templates/compiled-templates.ts. */
function compiledTemplates(): Plugin {
  return {
    name: 'compiled-templates',
    load(id) {
      if (!id.endsWith('compiled-templates.ts')) return undefined;
      const entries = globSync('files/*.hbs', { cwd: ROOT }).map((file) => {
        const text = readFileSync(join(ROOT, file), 'utf8');
        return `${JSON.stringify(templateDigest(text))}: ${Handlebars.precompile(parseTemplate(text), COMPILE_OPTIONS)}`;
      });
      return `export const COMPILED_TEMPLATES = {${entries.join(',\n')}};`;
    },
  };
}

/** What is loaded by its path: the command line, roles, and what roles may import by name. */
function entries(): Record<string, string> {
  const files = ['src/cli/main.ts', 'src/index.ts', ...globSync(['roles/*.ts', 'roles/*/index.ts'], { cwd: ROOT })];
  return { ...Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ''), file])), zod: 'zod' };
}

/** A file is there as a whole or not at all: others may be reading. */
function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}

/** Runs that began with an earlier bundle go on to load parts of it. */
function removeOld(kept: ReadonlySet<string>): void {
  for (const name of readdirSync(join(DIST, 'chunks'))) {
    const file = join(DIST, 'chunks', name);
    const { mtimeMs = Date.now() } = statSync(file, { throwIfNoEntry: false }) ?? {};
    if (!kept.has(file) && mtimeMs < Date.now() - LONGEST_RUN_MS) rmSync(file, { force: true });
  }
}
