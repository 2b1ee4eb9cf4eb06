/**
 * Which image is the one that was built under a name: `docker tag` gives the name to any other, and `docker commit` keeps our
 * label, so the host keeps its id.
 */
import { joinScripts, raw, type Script, sh } from '../shell/sh.ts';
import { familiarName } from './image-name.ts';

/** One file for each name, `shop/app:1f0c5b6a7d8e9f01`, with the id. */
export const BUILT_FOLDER = '/var/lib/provision/images';

/** Writes down what the name stands for now. */
export function writeDownBuilt(reference: string): Script {
  const path = pathOf(reference);
  return sh`
    id=$(docker image inspect --format '{{.Id}}' ${reference}) && mkdir -p ${path.replace(/\/[^/]*$/, '')} &&
      echo "$id" >${path} || exit
  `;
}

/** Gives the name back to the image that was built under it. Fails where that is gone, or none was written down. */
export function restoreBuilt(reference: string): Script {
  return sh`{ read -r id <${pathOf(reference)} && docker tag "$id" ${reference}; } 2>/dev/null`;
}

/** Prints the ids that are written down, for `readBuilt`. */
export function printBuilt(references: readonly string[]): Script {
  const each = references.map(
    (reference) =>
      sh`{ read -r id <${pathOf(reference)} && echo ${`built ${familiarName(reference)}`} "$id"; } 2>/dev/null`,
  );
  return joinScripts([...each, raw(':')]);
}

/** By familiar name. */
export function readBuilt(output: string): ReadonlyMap<string, string> {
  return new Map([...output.matchAll(/^built (\S+) (\S+)$/gm)].map(([, name = '', id = '']) => [name, id]));
}

function pathOf(reference: string): string {
  return `${BUILT_FOLDER}/${familiarName(reference)}`;
}
