/**
 * Which image is the one that was built or pulled under a name: `docker tag` gives the name to any other, and `docker commit`
 * keeps our label, so the host keeps its id.
 */
import { ProvisionError } from '../../errors.ts';
import { joinScripts, raw, type Script, sh } from '../../shell/sh.ts';
import type { Target } from '../contract.ts';
import { familiarName, splitReference } from './image-name.ts';

/** One file for each name, `shop/app:1f0c5b6a7d8e9f01`, with the id. */
export const IMAGE_RECORDS = '/var/lib/provision/images';

/**
 * Writes down what the name stands for now.
 * @throws ProvisionError `command-failed`
 */
export async function recordImage(reference: string, target: Target): Promise<void> {
  const path = pathOf(reference);
  const { code, stderr } = await target.run(sh`
    id=$(docker image inspect --format '{{.Id}}' ${reference}) && mkdir -p ${path.replace(/\/[^/]*$/, '')} &&
      echo "$id" >${path}
  `);
  if (code === 0) return;
  throw new ProvisionError('command-failed', `the id of the image ${reference} could not be written down`, {
    hint: 'Run again.',
    detail: stderr.trim(),
  });
}

/** Gives the name back to the image that is written down for it. Fails where that is gone, or none is. */
export function restoreImage(reference: string): Script {
  return sh`{ read -r id <${pathOf(reference)} && docker tag "$id" ${reference}; } 2>/dev/null`;
}

/** Prints the ids that are written down, for `readRecords`. */
export function printRecords(references: readonly string[]): Script {
  const each = references.map(
    (reference) =>
      sh`{ read -r id <${pathOf(reference)} && echo ${`recorded ${familiarName(reference)}`} "$id"; } 2>/dev/null`,
  );
  return joinScripts([...each, raw(':')]);
}

/** By familiar name. */
export function readRecords(output: string): ReadonlyMap<string, string> {
  return new Map([...output.matchAll(/^recorded (\S+) (\S+)$/gm)].map(([, name = '', id = '']) => [name, id]));
}

/**
 * Whether an image came from the registry under this name, be it pulled by hand: Docker keeps by which digest it was
 * pulled, and from where. (An engine with the image store of containerd tells that of any name.)
 *
 * @param digests as Docker tells them: `redis@sha256:...`
 */
export function isPulledAs(reference: string, digests: readonly string[]): boolean {
  const ofName = familiarName(`${splitReference(reference).repository}:latest`);
  return digests.some((digest) => familiarName(`${splitReference(digest).repository}:latest`) === ofName);
}

function pathOf(reference: string): string {
  return `${IMAGE_RECORDS}/${familiarName(reference)}`;
}
