/** Anchors: what stands in one place of an inventory, and counts in several. */
import { type Document, isAlias, isCollection, isMap, isNode, isScalar, isSeq, type Node, visit } from 'yaml';
import type { Path } from './layout.ts';
import { isSame } from './same.ts';
import { isTree, KEPT, type Tree } from './tree.ts';

export interface SharedPlace {
  readonly path: Path;
  /** `&name`, `*name` or `<<`. */
  readonly by: string;
}

/** The first place that differs between two trees, and that the document shares with others. */
export function sharedChange(document: Document, before: Tree, after: Tree, path: Path = []): SharedPlace | undefined {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, value] = [before[key], after[key]];
    const at = [...path, key];
    if (value === KEPT || isSame(old, value)) continue;
    const deeper = isTree(old) && isTree(value);
    const by = sharedBy(document, at, { isKnown: old !== undefined, isEnd: !deeper });
    if (by !== undefined) return { path: at, by };
    const below = deeper ? sharedChange(document, old, value, at) : undefined;
    if (below !== undefined) return below;
  }
  return undefined;
}

function sharedBy(document: Document, path: Path, { isKnown, isEnd }: { isKnown: boolean; isEnd: boolean }) {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const node = document.getIn(path, true);
  if (!isNode(node)) return isKnown && mergesOthers(parent) ? '<<' : undefined;
  return markOf(node) ?? (isEnd ? markWithin(node) : undefined);
}

function markOf(node: Node): string | undefined {
  if (isAlias(node)) return `*${node.source}`;
  return (isScalar(node) || isCollection(node)) && node.anchor !== undefined ? `&${node.anchor}` : undefined;
}

/** What is taken away must not be what others refer to; entries of a list are told apart by what they say. */
function markWithin(node: Node): string | undefined {
  let mark: string | undefined;
  visit(node, {
    Node(_key, inner) {
      if (isAlias(inner) && !isSeq(node)) return undefined;
      mark = markOf(inner);
      return mark === undefined ? undefined : visit.BREAK;
    },
  });
  return mark;
}

function mergesOthers(node: unknown): boolean {
  return isMap(node) && node.items.some(({ key }) => isScalar(key) && String(key.source ?? key.value) === '<<');
}
