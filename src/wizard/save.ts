/** Writes what the wizard makes: each file as a whole or not at all. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { replaceLocal } from '../vault/local-file.ts';
import { DOCKERIGNORE } from './dockerfile.ts';
import type { View } from './question.ts';

/** Others may read it, as what one keeps in git. */
export const NEW_MODE = 0o644;

/** Folders are made where they are missing. @throws ProvisionError `file-unwritable` */
export async function writeWhole(path: string, content: string): Promise<void> {
  // Where that fails, so does what follows, and tells of it.
  await mkdir(dirname(path), { recursive: true }).catch(() => undefined);
  await replaceLocal(path, content, NEW_MODE);
}

/** What is written beside the inventory, and what to mind. Nothing that exists is changed. */
export interface Extra {
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly notes: readonly string[];
}

/** A Dockerfile where one is wanted, and what keeps the inventory out of the image. */
export function extrasFor(view: View, folder: string, inventory: string): Extra {
  if (view.one('appFrom') !== 'folder') return { files: [], notes: [] };
  const context = resolve(folder, view.one('app'));
  const files: { path: string; content: string }[] = [];
  const notes: string[] = [];
  const { dockerfile } = view.found;
  const wanted = dockerfile !== undefined && view.one('writeDockerfile') === 'yes';
  if (wanted && !existsSync(join(context, 'Dockerfile'))) {
    files.push({ path: join(context, 'Dockerfile'), content: dockerfile.text });
  }
  const ignore = join(context, '.dockerignore');
  const within = relative(context, inventory);
  const isWithin = !within.startsWith('..');
  if (!existsSync(ignore)) {
    if (wanted || isWithin) files.push({ path: ignore, content: DOCKERIGNORE });
  } else if (isWithin && !ignores(readFileSync(ignore, 'utf8'), within)) {
    const name = within.split('/')[0] ?? within;
    notes.push(`The inventory lies in the folder that is built: add a line ${name} to its .dockerignore.`);
  }
  return { files, notes };
}

function ignores(dockerignore: string, path: string): boolean {
  const lines = dockerignore.split('\n').map((line) => line.trim().replace(/^\/|\/(\*\*)?$/g, ''));
  return lines.some((line) => line === '*' || line === path || path.startsWith(`${line}/`));
}
