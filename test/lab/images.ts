import { join } from 'node:path';
import { build, isBuilt } from '../../src/throwaway/image.ts';
import { docker, follow, orUndefined } from './docker.ts';
import { LabError, messageOf } from './lab-error.ts';
import { step } from './progress.ts';

const TOP = join(import.meta.dirname, '..', '..');
/** On an image of ours: the hash of what it was built from. */
const CONTEXT_LABEL = 'provision.lab.context';
const ASK_LIMIT_MS = 10_000;
const PULL_LIMIT_MS = 600_000;

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
export async function ensureBuilt({
  image,
  context,
  dockerfile = `${context}/Dockerfile`,
  args = {},
}: Recipe): Promise<void> {
  const recipe = { image, label: CONTEXT_LABEL, context: join(TOP, context), dockerfile: join(TOP, dockerfile), args };
  if (await isBuilt(docker, recipe)) return;
  await step(`image ${image}`, async (note) => {
    try {
      await build(docker, recipe, { note });
    } catch (error) {
      const hint = `Look into ${dockerfile}; is the Debian mirror reachable?`;
      throw new LabError(`the image ${image} cannot be built: ${(error as Error).message}`, hint, error);
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
