import type { Container } from '../../../src/resources/compose/container.ts';
import { digestOf } from '../../../src/resources/compose/files.ts';
import type { Replica } from '../../../src/resources/compose/state.ts';

/** The replica app-NUMBER of a shop as it was made from this fragment; nobody has asked it anything. */
export function replicaOf(
  number: number,
  fragment: string,
  container: Container,
  state: Partial<Container> = {},
): Replica {
  const [name, id] = [`app-${number}`, `c${number}`];
  return {
    name,
    container: { ...container, id, service: `shop/${name}`, ...state },
    fragment,
    made: { id, digest: digestOf(fragment) },
    heldDigest: undefined,
    answer: undefined,
  };
}
