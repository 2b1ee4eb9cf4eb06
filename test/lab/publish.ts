import { docker, follow } from './docker.ts';
import { LabError, messageOf } from './lab-error.ts';
import { step } from './progress.ts';

const PUSH_LIMIT_MS = 600_000;
const MANIFEST_TYPES = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

/**
 * Sees to it that the lab's registry serves the local image `source` as the public image `image`, such as `postgres:17`.
 * @param registry host and port, as this machine and its engine reach it
 */
export async function ensurePushed(registry: string, image: string, source: string): Promise<void> {
  const [name, tag] = image.split(':') as [string, string];
  const repository = `library/${name}`;
  const [served, local] = await Promise.all([
    servedDigest(registry, repository, tag),
    docker.getImage(source).inspect(),
  ]);
  const pushed = local.RepoDigests?.find((digest) => digest.startsWith(`${registry}/${repository}@`));
  if (served !== undefined && pushed?.endsWith(served)) return;
  await step(`image ${image} into the registry`, async (note) => {
    const target = docker.getImage(`${registry}/${repository}:${tag}`);
    try {
      await docker.getImage(source).tag({ repo: `${registry}/${repository}`, tag });
      const options = { authconfig: { username: '', password: '', serveraddress: registry } };
      await follow(await target.push({ ...options, abortSignal: AbortSignal.timeout(PUSH_LIMIT_MS) }), note);
    } catch (error) {
      throw new LabError(`${image} cannot be pushed: ${messageOf(error)}`, 'Run the set-up once more.', error);
    }
  });
}

/** The digest of what the registry serves under this tag; undefined where it serves nothing, or does not answer. */
async function servedDigest(registry: string, repository: string, tag: string): Promise<string | undefined> {
  try {
    const response = await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: MANIFEST_TYPES },
      signal: AbortSignal.timeout(5000),
    });
    return response.headers.get('docker-content-digest') ?? undefined;
  } catch {
    return undefined;
  }
}
