import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { docker, follow, orUndefined } from './docker.ts';
import { LabError, messageOf } from './lab-error.ts';
import { step } from './progress.ts';

const TOP = join(import.meta.dirname, '..', '..');
/** On an image of ours: the hash of what it was built from. */
const CONTEXT_LABEL = 'provision.lab.context';
const ASK_LIMIT_MS = 10_000;
const PULL_LIMIT_MS = 600_000;
const BUILD_LIMIT_MS = 900_000;

/** How an image of ours is built; paths are relative to the project's folder. */
export interface Recipe {
  /** Name and tag that the image gets. */
  readonly image: string;
  /** The folder of the build context. */
  readonly context: string;
  /** The Dockerfile, if it is not the context's own. */
  readonly dockerfile?: string;
  readonly args?: Readonly<Record<string, string>>;
}

/** Sees to it that the image was built from these very files and arguments. */
export async function ensureBuilt(recipe: Recipe): Promise<void> {
  const files = contextFiles(recipe);
  const hash = hashOf(files, recipe.args);
  const found = await orUndefined(docker.getImage(recipe.image).inspect());
  if (found?.Config.Labels?.[CONTEXT_LABEL] === hash) return;
  await step(`image ${recipe.image}`, async (note) => {
    const options = {
      t: recipe.image,
      buildargs: recipe.args ?? {},
      labels: { [CONTEXT_LABEL]: hash },
      forcerm: true,
      abortSignal: AbortSignal.timeout(BUILD_LIMIT_MS),
    };
    try {
      await follow(await docker.buildImage(archive(files), options), note);
    } catch (error) {
      const hint = `Look into ${dockerfileOf(recipe)}; is the Debian mirror reachable?`;
      throw new LabError(`the image ${recipe.image} cannot be built: ${(error as Error).message}`, hint, error);
    }
  });
}

/**
 * Sees to it that an image of a public registry is there: pulled under its own name, or where that cannot be done, built
 * by our recipe. The name that it has here.
 */
export async function ensurePulledOrBuilt(image: string, recipe: Recipe): Promise<string> {
  if (await hasImage(image)) return image;
  if (await tryPull(image)) return image;
  await ensureBuilt(recipe);
  return recipe.image;
}

/** Whether the engine has the image. */
export async function hasImage(image: string): Promise<boolean> {
  return (await orUndefined(docker.getImage(image).inspect())) !== undefined;
}

/** Pulls an image; false when that cannot be done, for the caller knows another way. */
export async function tryPull(image: string): Promise<boolean> {
  if (!(await registryAnswers())) return false;
  return step(`image ${image}: pull`, async (note) => {
    try {
      await follow(await docker.pull(image, { abortSignal: AbortSignal.timeout(PULL_LIMIT_MS) }), note);
      return true;
    } catch (error) {
      note(messageOf(error));
      return false;
    }
  });
}

let answers: Promise<boolean> | undefined;

/** Whether the engine reaches a registry for public images. Asked once: where none is, a second try only costs time. */
function registryAnswers(): Promise<boolean> {
  answers ??= docker
    .getImage('debian:trixie-slim')
    .distribution({ abortSignal: AbortSignal.timeout(ASK_LIMIT_MS) })
    .then(
      () => true,
      () => false,
    );
  return answers;
}

interface ContextFile {
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer;
}

function dockerfileOf({ context, dockerfile = `${context}/Dockerfile` }: Recipe): string {
  return dockerfile;
}

/** The context's files with the Dockerfile first, in an order that is the same everywhere. */
function contextFiles(recipe: Recipe): readonly ContextFile[] {
  const folder = join(TOP, recipe.context);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'Dockerfile');
  const paths = names.sort().map((name) => ({ name, path: join(folder, name) }));
  return [{ name: 'Dockerfile', path: join(TOP, dockerfileOf(recipe)) }, ...paths]
    .map(({ name, path }) => ({ name, path, stat: statSync(path) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ name, path, stat }) => ({ name, mode: stat.mode & 0o777, content: readFileSync(path) }));
}

function hashOf(files: readonly ContextFile[], args: Recipe['args'] = {}): string {
  const hash = createHash('sha256').update(JSON.stringify(args));
  // Of the mode just what git keeps: the rest differs with the umask of whoever cloned the project.
  for (const { name, mode, content } of files)
    hash.update(`\0${name}\0${mode & 0o100}\0${content.length}\0`).update(content);
  return hash.digest('hex');
}

function archive(files: readonly ContextFile[]): NodeJS.ReadableStream {
  const tar = pack();
  for (const { name, mode, content } of files) tar.entry({ name, mode }, content);
  tar.finalize();
  return Readable.from(tar);
}
