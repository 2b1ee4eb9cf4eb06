/** Images of ours, built where what they are made from has changed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { ProvisionError } from '../errors.ts';
import { follow, type Note, orUndefined } from './engine.ts';

const BUILD_LIMIT_MS = 900_000;
const PULL_LIMIT_MS = 600_000;

/** How an image is built. */
export interface Recipe {
  /** Name and tag that the image gets. */
  readonly image: string;
  /** The label that holds the hash of what it was built from. */
  readonly label: string;
  /** Absolute path of the folder of the build context. */
  readonly context: string;
  /** Absolute path of the Dockerfile. */
  readonly dockerfile: string;
  readonly args?: Readonly<Record<string, string>>;
  /** The stage of the Dockerfile; the last one by default. */
  readonly target?: string | undefined;
}

export interface BuildOptions {
  readonly note: Note;
  readonly signal?: AbortSignal | undefined;
}

/** Whether the image was built from these very files and arguments. */
export async function isBuilt(docker: Docker, recipe: Recipe): Promise<boolean> {
  const found = await orUndefined(docker.getImage(recipe.image).inspect());
  return found?.Config.Labels?.[recipe.label] === hashOf(recipe);
}

/** @throws Error as the engine tells it, with the last lines of the build */
export async function build(docker: Docker, recipe: Recipe, { note, signal }: BuildOptions): Promise<void> {
  const { image, label, args = {}, target } = recipe;
  const limit = AbortSignal.timeout(BUILD_LIMIT_MS);
  const progress = await docker.buildImage(archive(contextFiles(recipe)), {
    t: image,
    buildargs: args,
    labels: { [label]: hashOf(recipe) },
    forcerm: true,
    abortSignal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    ...(target !== undefined && { target }),
  });
  await follow(docker, progress, note);
}

/** Sees to it that the engine has an image: pulls it where it has not. @throws ProvisionError `test-host-failed` */
export async function ensureImage(docker: Docker, image: string, { note, signal }: BuildOptions): Promise<void> {
  if ((await orUndefined(docker.getImage(image).inspect())) !== undefined) return;
  const limit = AbortSignal.timeout(PULL_LIMIT_MS);
  try {
    const abortSignal = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    await follow(docker, await docker.pull(image, { abortSignal }), note);
  } catch (cause) {
    throw new ProvisionError(
      'test-host-failed',
      `the image ${image} cannot be pulled: ${(cause as Error).message.trim()}`,
      {
        hint: `Check its name and the network; docker pull ${image} is what was tried.`,
        cause,
      },
    );
  }
}

interface ContextFile {
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** The context's files with the Dockerfile first, in an order that is the same everywhere. */
function contextFiles({ context, dockerfile }: Recipe): readonly ContextFile[] {
  const names = readdirSync(context, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'Dockerfile');
  const paths = names.sort().map((name) => ({ name, path: join(context, name) }));
  return [{ name: 'Dockerfile', path: dockerfile }, ...paths]
    .map(({ name, path }) => ({ name, path, stat: statSync(path) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ name, path, stat }) => ({ name, mode: stat.mode & 0o777, content: readFileSync(path) }));
}

function hashOf(recipe: Recipe): string {
  const hash = createHash('sha256').update(JSON.stringify(recipe.args ?? {}));
  // Of the mode just what git keeps: the rest differs with the umask of whoever cloned the project.
  for (const { name, mode, content } of contextFiles(recipe)) {
    hash.update(`\0${name}\0${mode & 0o100}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function archive(files: readonly ContextFile[]): NodeJS.ReadableStream {
  const tar = pack();
  for (const { name, mode, content } of files) tar.entry({ name, mode }, content);
  tar.finalize();
  return Readable.from(tar);
}
