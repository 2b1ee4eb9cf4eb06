/** Writes what the wizard makes: each file as a whole or not at all. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { replaceLocal } from '../vault/local-file.ts';
import { DOCKERIGNORE } from './application/dockerfile.ts';
import type { Places } from './places.ts';
import type { Answers, View } from './question.ts';

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

/** A Dockerfile where one is wanted, and what keeps the inventory, and files that hold secrets, out of the image. */
export function extrasFor(view: View, answers: Answers, { folder, file }: Places): Extra {
  if (view.one('appFrom') !== 'folder') return { files: [], notes: [] };
  const context = resolve(folder, view.one('app'));
  const files: { path: string; content: string }[] = [];
  const { dockerfile } = view.found;
  const wanted = dockerfile !== undefined && view.one('writeDockerfile') === 'yes';
  if (wanted && !existsSync(join(context, 'Dockerfile'))) {
    files.push({ path: join(context, 'Dockerfile'), content: dockerfile.text });
  }
  const within = (path: string) => {
    const below = relative(context, path);
    return below.startsWith('..') || isAbsolute(below) ? [] : [below];
  };
  const [inventory] = within(file);
  const secrets = secretFiles(answers).flatMap((path) => within(resolve(folder, path)));
  const ignore = join(context, '.dockerignore');
  if (existsSync(ignore)) {
    const text = readFileSync(ignore, 'utf8');
    const open = (paths: readonly string[]) => paths.filter((path) => !ignores(text, path));
    const notes = [
      ...open(inventory === undefined ? [] : [inventory]).map(
        (path) =>
          `The inventory lies in the folder that is built: add a line ${path.split('/')[0]} to its .dockerignore.`,
      ),
      ...open(secrets).map((path) => `${path} would be in the image: add a line ${path} to .dockerignore.`),
    ];
    return { files, notes };
  }
  const isNeeded = wanted || inventory !== undefined || secrets.length > 0;
  const lines = secrets.map((path) => `${path}\n`).join('');
  return { files: isNeeded ? [...files, { path: ignore, content: `${DOCKERIGNORE}${lines}` }] : files, notes: [] };
}

/** The files that answers take a secret from. */
function secretFiles({ certificateKey = '', sshKey = '', ...others }: Answers): readonly string[] {
  const keys = [certificateKey, sshKey].flat().filter((path) => path !== '' && !path.startsWith('~'));
  const texts = Object.values(others).flatMap((answer) => answer ?? []);
  const sources = texts.flatMap((text) => /(?:^|[=:])file:(.+)$/.exec(text)?.[1] ?? []);
  return [...new Set([...keys, ...sources])];
}

function ignores(dockerignore: string, path: string): boolean {
  const lines = dockerignore.split('\n').map((line) => line.trim().replace(/^\/|\/(\*\*)?$/g, ''));
  return lines.some((line) => line === '*' || line === path || path.startsWith(`${line}/`));
}
