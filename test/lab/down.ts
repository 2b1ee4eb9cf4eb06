import { IMPORT_COMMENT } from './base-image.ts';
import { docker, engineProblem } from './docker.ts';
import { stopEngine } from './engine.ts';
import { removeHosts } from './host.ts';
import { messageOf } from './lab-error.ts';
import { say } from './progress.ts';
import { removeRegistry } from './registry.ts';

export interface DownOptions {
  /** Remove what makes the next set-up quick as well: images, and the engine if we started it. */
  readonly all: boolean;
}

/** Removes the hosts and the registry of the lab. Nothing that is not the lab's own is touched. */
export async function down({ all }: DownOptions): Promise<void> {
  if ((await engineProblem()) !== undefined) {
    say('no Docker Engine answers: there is nothing to remove');
    return;
  }
  const hosts = await removeHosts();
  await removeRegistry({ storage: all });
  say(`removed the hosts (${hosts}) and the registry`);
  if (!all) return;

  say(`removed the images (${await removeImages()})`);
  if (await stopEngine()) say('stopped the Docker Engine');
}

/** Removes every tag of ours, and with the last tag its image. An image that a stranger's container uses stays. */
async function removeImages(): Promise<number> {
  const images = await docker.listImages();
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  let count = 0;
  for (const tag of tags.filter(isOurs)) if (await removeTag(tag)) count++;
  for (const tag of tags.filter((tag) => tag.startsWith('debian:'))) {
    const { Comment } = await docker.getImage(tag).inspect();
    if (Comment === IMPORT_COMMENT && (await removeTag(tag))) count++;
  }
  return count;
}

function isOurs(tag: string): boolean {
  return tag.startsWith('provision-lab/') || /^localhost:\d+\/library\//.test(tag);
}

async function removeTag(tag: string): Promise<boolean> {
  try {
    await docker.getImage(tag).remove();
    return true;
  } catch (error) {
    say(`left the image ${tag}: ${messageOf(error)}`);
    return false;
  }
}
