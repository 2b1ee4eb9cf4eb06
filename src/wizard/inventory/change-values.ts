/** Changes single values in the text itself: whatever stands around them stays, to the last blank. */
import { Document, isMap, isScalar, type Scalar, type YAMLSeq } from 'yaml';
import { OPTIONS, type Path } from './layout.ts';
import { isSame } from './same.ts';
import { isTree, type Tree, type TreeValue } from './tree.ts';

/** An inventory as text, and what the wizard knows to stand in it. */
export interface Known {
  readonly text: string;
  readonly tree: Tree;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly written: string;
}

/** Values that take as much of a line as they take of the text: neither blocks nor what has a tag. */
const INLINE: readonly unknown[] = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE'] satisfies Scalar.Type[];

/**
 * Brings single values of mappings from what the tree says to what `after` says.
 * @param document the text, parsed
 * @returns the text, and what it says then; the rest is left to do
 */
export function changeValues({ text, tree }: Known, after: Tree, document: Document): Known {
  const edits: Edit[] = [];
  const changed = visit([], tree, after, false);
  let result = text;
  for (const { from, to, written } of edits.toSorted((a, b) => b.from - a.from)) {
    result = result.slice(0, from) + written + result.slice(to);
  }
  return { text: result, tree: changed };

  function visit(path: Path, old: Tree, wanted: Tree, isAboveInBraces: boolean): Tree {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    const isInBraces = isAboveInBraces || (isMap(node) && node.flow === true);
    const entries = Object.entries(old).map(([key, value]): [string, TreeValue] => {
      const at = [...path, key];
      const now = wanted[key];
      if (isTree(value) && isTree(now)) return [key, visit(at, value, now, isInBraces)];
      const isNew = isPlain(value) && isPlain(now) && !isSame(value, now);
      return isNew && edit(at, now, isInBraces) ? [key, now] : [key, value];
    });
    return Object.fromEntries(entries);
  }

  /** @returns whether that could be done */
  function edit(path: Path, value: Plain, isInBraces: boolean): boolean {
    const node = document.getIn(path, true);
    if (!isScalar(node) || !node.range || node.tag !== undefined || !INLINE.includes(node.type)) return false;
    const [from, to] = node.range;
    const written = inlineText(value, node.type as Scalar.Type, isInBraces);
    const isInline = to > from && !written.includes('\n');
    if (isInline) edits.push({ from, to, written });
    return isInline;
  }
}

type Plain = string | number | boolean;

function isPlain(value: unknown): value is Plain {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The quotes stay those that were there. Within braces more texts need some. */
function inlineText(value: Plain, type: Scalar.Type, isInBraces: boolean): string {
  const document = new Document([value], null, OPTIONS);
  const list = document.contents as YAMLSeq<Scalar>;
  list.flow = isInBraces;
  if (typeof value === 'string') for (const scalar of list.items) scalar.type = type;
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false }).trim();
  return isInBraces ? text.slice('['.length, -']'.length) : text.slice('- '.length);
}
