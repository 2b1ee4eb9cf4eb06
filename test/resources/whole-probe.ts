import type { ResourceKind } from '../../src/resources/contract.ts';
import { probeMetadata } from '../../src/shell/path-metadata.ts';
import { joinScripts, type Script } from '../../src/shell/sh.ts';

/** All that a look at resources of this kind alone asks a host: the metadata of their paths, and the probe. */
export function wholeProbe<Desired>(
  kind: Pick<ResourceKind<Desired, unknown>, 'probe' | 'metadataOf'>,
  all: readonly Desired[],
): Script {
  const paths = kind.metadataOf?.(all) ?? [];
  return paths.length === 0 ? kind.probe(all) : joinScripts([probeMetadata(paths), kind.probe(all)]);
}
