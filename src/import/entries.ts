/** The list of resources of a role, as it is put together: what tasks became, and what did not come over. */

import type { Doc } from './code/layout.ts';
import { joinDescriptions } from './described.ts';
import type { Told } from './playbook/play.ts';

/** A task that did not come over. */
export interface Left extends Told {
  readonly name: string;
  readonly source: string;
  /** What it took over from what it stood in. */
  readonly inherited: readonly string[];
  /** Where the tasks stand that notify it, where it is a handler. */
  readonly notifiedBy?: readonly string[];
}

/** One entry of the list of resources. */
export type Entry =
  | {
      readonly type: 'resources';
      readonly name: string;
      readonly items: readonly Doc[];
      readonly key: string | undefined;
      /** Where its tasks stand. */
      readonly places: readonly string[];
      /** Handlers that it should notify, and which did not come over. */
      readonly lost?: readonly Left[];
      /** What its tasks came over without. */
      readonly without?: readonly Told[];
    }
  | { readonly type: 'left'; readonly left: Left };

/** Tasks of the same key become one resource, where the first one stands. */
export function joined(entries: readonly Entry[]): readonly Entry[] {
  const found: Entry[] = [];
  for (const entry of entries) {
    const at = found.findIndex(
      (other) =>
        other.type === 'resources' && entry.type === 'resources' && entry.key !== undefined && other.key === entry.key,
    );
    const earlier = found[at];
    if (earlier?.type !== 'resources' || entry.type !== 'resources') {
      found.push(entry);
      continue;
    }
    const both = joinDescriptions(earlier.items[0], entry.items[0]);
    if (both === undefined) found.push(entry);
    else {
      found[at] = {
        ...earlier,
        name: `${earlier.name}; ${entry.name}`,
        items: [both],
        places: [...earlier.places, ...entry.places],
        lost: [...(earlier.lost ?? []), ...(entry.lost ?? [])],
        without: [...(earlier.without ?? []), ...(entry.without ?? [])],
      };
    }
  }
  return found;
}
