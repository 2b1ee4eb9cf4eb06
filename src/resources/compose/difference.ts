/** In what a replica differs from what it shall be made of: its definition and its image. Pure. */
import { isKnown, reveal, type Text } from '../../shell/secret.ts';
import { contentChange } from '../content-change.ts';
import type { Change } from '../contract.ts';
import { imageArgument } from './container.ts';
import type { ComposeService } from './desired.ts';
import { SECRET_LINES } from './file-change.ts';
import { digestOf } from './files.ts';
import type { ActualService, Replica } from './state.ts';

/** The difference in definition or image; of a release that is held, in what that release has. */
export function outdated(
  desired: ComposeService,
  replica: Replica,
  { imageId, recordedId, held }: ActualService,
): Change | undefined {
  const { container, fragment = '', made, heldDigest } = replica;
  if (held) {
    if (made?.digest === heldDigest) return undefined;
    return { action: 'update', what: 'definition', from: 'another one', to: 'the one of the release that is held' };
  }
  const definition = desired.slots.find(({ name }) => name === replica.name)?.definition;
  if (definition === undefined) return undefined;
  if (!isKnown(definition) || reveal(definition) !== fragment || made?.digest !== digestOf(fragment)) {
    return definitionChange(fragment, definition);
  }
  // Whatever else bears the name just now, what was built or pulled under it is the right one.
  const rightId = recordedId ?? imageId;
  if (container === undefined || rightId === undefined || rightId === container.imageId) return undefined;
  const isBuiltHere = container.contextTag !== undefined && desired.image.endsWith(`:${container.contextTag}`);
  if (recordedId === undefined && isBuiltHere) return undefined;
  return { action: 'update', what: 'image', from: shortId(container.imageId), to: shortId(rightId) };
}

/** What was in it before may be secret, whatever is in it now. */
function definitionChange(before: string, after: Text): Change {
  const change = contentChange('definition', Buffer.from(before), after, {
    sensitive: true,
    secretLines: SECRET_LINES,
  });
  const { text } = change;
  return text?.before === text?.after
    ? { action: 'update', what: 'definition', from: 'an older one', to: 'the one of the inventory' }
    : change;
}

/** What is known to be different of a container that was made by other means. */
export function otherMeans(
  { image }: ComposeService,
  { container, made }: Replica,
  { imageId, recordedId, held }: ActualService,
) {
  const isRedefined = made?.config && container?.configHash && made.config !== container.configHash;
  const from = `one that was made by other means${isRedefined ? ', from another definition' : ''}`;
  const to = 'one from the compose file';
  const rightId = recordedId ?? imageId;
  // After a rollback the image of the inventory is not the one that counts.
  if (container === undefined || held || rightId === container.imageId) return { from, to };
  const [its, wanted] = [imageArgument(container.image), imageArgument(image)];
  if (its !== wanted) return { from: `${from}, of ${its}`, to: `${to}, of ${wanted}` };
  if (rightId === undefined) return { from, to };
  return {
    from: `${from}, of ${its} (${shortId(container.imageId)})`,
    to: `${to}, of ${wanted} (${shortId(rightId)})`,
  };
}

function shortId(id: string): string {
  return id.replace('sha256:', '').slice(0, 12);
}
