/** The inventory as a text with comments: writes a new one, and changes one that exists where it must. */
import {
  Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Pair,
  parseDocument,
  Scalar,
  YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { ProvisionError } from '../../errors.ts';
import { ROLES } from '../roles.ts';
import { changeValues } from './change-values.ts';
import { COMMENTS, FIRST_COMMENT } from './comments.ts';
import { keepLines } from './keep-lines.ts';
import { FLOW_WIDTH, indentOf, isTopic, OPTIONS, type Path, styled, textOf, VARS_ORDER, widthOf } from './layout.ts';
import { isSame, sameThing } from './same.ts';
import { sharedChange } from './shared.ts';
import { isTree, KEPT, type Tree, type TreeValue, VaultText } from './tree.ts';

/** The text of a new inventory. @param schema where its JSON Schema is, for editors */
export function newInventoryText(tree: Tree, schema: string): string {
  const document = new Document({}, null, OPTIONS);
  change(document, [], {}, tree);
  const head = [`# yaml-language-server: $schema=${schema}`, ...FIRST_COMMENT.map((line) => `# ${line}`)];
  return `${head.join('\n')}\n${textOf(document, 2)}`;
}

/**
 * What stands in an inventory, with VaultText for what is encrypted.
 * @throws ProvisionError `inventory-syntax`
 */
export function inventoryTree(text: string, file: string): Tree {
  const value: unknown = parse(text, file).toJS();
  return isTree(value) ? value : {};
}

/**
 * The text with what differs between two trees. All else stays as it is, the lines around it included.
 * @throws ProvisionError `inventory-syntax`, `inventory-structure` where several places share what is to be changed
 */
export function changedInventoryText(text: string, file: string, before: Tree, after: Tree): string {
  if (isSame(before, after)) return text;
  refuseShared(text, file, before, after);
  const { text: original, tree } = changeValues({ text, tree: before }, after, parse(text, file));
  if (isSame(tree, after)) return original;
  const indent = indentOf(original);
  const document = parse(original, file);
  const formatted = textOf(document, indent);
  change(document, [], tree, after);
  const changed = textOf(document, indent);
  const kept = keepLines({ original, formatted, changed });
  // Only where every value is the same, the user's own layout can be kept.
  return isSame(parse(kept, file).toJS(), parse(changed, file).toJS()) ? kept : changed;
}

/** A change of what several places share cannot be told from a change of one. */
function refuseShared(text: string, location: string, before: Tree, after: Tree): void {
  const shared = sharedChange(parse(text, location), before, after);
  if (shared === undefined) return;
  const { path, by } = shared;
  throw new ProvisionError(
    'inventory-structure',
    `the wizard cannot change ${path.join('.')}, which has an anchor: ${by}`,
    {
      location,
      hint: 'Change it in an editor, or write what the anchor stands for in its places.',
    },
  );
}

function parse(text: string, file: string): Document {
  const document = parseDocument(text, { ...OPTIONS, logLevel: 'error' });
  const [error] = document.errors;
  if (error === undefined) return document as Document;
  throw new ProvisionError('inventory-syntax', `this is not valid YAML: ${error.code}`, {
    location: `${file}:${error.linePos?.[0].line ?? 1}`,
    hint: 'Mend it first: `provision plan` says more of it.',
  });
}

/** Brings the document from what `before` says to what `after` says; what neither knows stays. */
function change(document: Document, path: Path, before: Tree, after: Tree): void {
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    const at = [...path, key];
    if (value === KEPT || isSame(old, value)) continue;
    if (isTree(value) && (isTree(old) || old === undefined) && isMap(nodeAt(document, at))) {
      change(document, at, old ?? {}, value);
    } else if (Array.isArray(value) && isSeq(nodeAt(document, at))) {
      changeList(document, at, Array.isArray(old) ? old : [], value);
    } else {
      set(document, at, value);
    }
  }
  for (const [key, old] of Object.entries(before)) if (!(key in after)) remove(document, [...path, key], old);
}

/** What is in these is a thing of its own, with all that it holds. */
const HOLDERS = ['hosts', 'services', 'databases', 'users', 'secrets', 'env'];

/** Of a mapping only what the wizard knows goes, unless nothing else is in it. */
function remove(document: Document, path: Path, old: TreeValue): void {
  const node = nodeAt(document, path);
  const isWhole = HOLDERS.includes(String(path.at(-2)));
  if (isMap(node) && isTree(old) && !isWhole) {
    for (const [key, value] of Object.entries(old)) remove(document, [...path, key], value);
    if (node.items.length > 0) return;
  }
  if (isSeq(node) && Array.isArray(old)) {
    changeList(document, path, old, []);
    if (node.items.length > 0) return;
  }
  document.deleteIn(path);
}

/** Entries stay where they are; those with the same name or path are the same ones, changed. */
function changeList(document: Document, path: Path, before: readonly TreeValue[], after: readonly TreeValue[]): void {
  const list = nodeAt(document, path) as YAMLSeq;
  const added = after.filter((entry) => !before.some((old) => isSame(old, entry)));
  for (const old of before.filter((entry) => !after.some((kept) => isSame(kept, entry)))) {
    const at = list.items.findIndex((item) => sameThing(plain(document, item), old));
    if (at === -1) continue;
    const heir = added.findIndex((entry) => sameThing(entry, old));
    const value = added[heir];
    if (isTree(value) && isTree(old) && isMap(list.items[at])) {
      change(document, [...path, at], old, value);
      added.splice(heir, 1);
    } else {
      list.items.splice(at, 1);
    }
  }
  for (const entry of added) {
    if (list.items.some((item) => isSame(plain(document, item), entry))) continue;
    list.items.splice(placeOf(path, entry, list, document), 0, styled(document, [...path, 0], entry));
  }
}

/** Some roles must stand before others. */
function placeOf(path: Path, entry: TreeValue, list: YAMLSeq, document: Document): number {
  if (path.at(-1) !== 'roles') return list.items.length;
  const rank = rankOf(entry);
  const at = list.items.findIndex((item) => rankOf(plain(document, item)) > rank);
  return at === -1 ? list.items.length : at;
}

function rankOf(role: TreeValue): number {
  return (ROLES as readonly unknown[]).indexOf(role);
}

function set(document: Document, path: Path, value: TreeValue): void {
  const old = document.getIn(path, true);
  const node = styled(document, path, value);
  if (isScalar(old) && isScalar(node) && !(value instanceof VaultText) && !(old.value instanceof VaultText)) {
    // The comment beside it, and its quotes, stay.
    old.value = node.value;
    return;
  }
  if (old !== undefined) {
    document.setIn(path, node);
    return;
  }
  const parent = parentOf(document, path);
  const key = new Scalar(path.at(-1));
  const pair = new Pair(key, node);
  const comment = parent.flow ? undefined : COMMENTS[path.join('.')];
  if (comment !== undefined) key.commentBefore = comment.map((line) => ` ${line}`).join('\n');
  if (isTopic(path) && parent.items.length > 0) key.spaceBefore = true;
  parent.items.splice(placeOfKey(parent, path), 0, pair);
  if (parent.flow && widthOf(parent.toJS(document)) > FLOW_WIDTH) parent.flow = false;
}

/** The mapping that it belongs to, made where there is none. */
function parentOf(document: Document, path: Path): YAMLMap {
  const at = path.slice(0, -1);
  const found = nodeAt(document, at);
  if (isMap(found)) return found;
  const parent = new YAMLMap(document.schema);
  if (at.length === 0) document.contents = parent as never;
  else if (found === undefined) {
    const grandparent = parentOf(document, at);
    grandparent.items.push(new Pair(new Scalar(at.at(-1)), parent));
  } else document.setIn(at, parent);
  return parent;
}

/** Among the variables each has its place: before the first one that belongs after it. */
function placeOfKey(parent: YAMLMap, path: Path): number {
  const rank = VARS_ORDER.indexOf(String(path.at(-1)));
  if (path.length !== 3 || path[1] !== 'vars' || rank === -1) return parent.items.length;
  const at = parent.items.findIndex(({ key }) => VARS_ORDER.indexOf(String(isScalar(key) ? key.value : key)) > rank);
  return at === -1 ? parent.items.length : at;
}

function nodeAt(document: Document, path: Path): unknown {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isCollection(node) ? node : undefined;
}

function plain(document: Document, node: unknown): TreeValue {
  return (isCollection(node) || isScalar(node) ? node.toJS(document) : node) as TreeValue;
}
