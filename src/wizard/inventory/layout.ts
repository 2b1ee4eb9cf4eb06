/** How inventories are laid out: quotes, lines, indentation, comments, and what stands on one line. */
import {
  type Document,
  type DocumentOptions,
  isCollection,
  isScalar,
  isSeq,
  Pair,
  parseDocument,
  Scalar,
  type ScalarTag,
  type SchemaOptions,
  YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { ROLES } from '../roles.ts';
import { COMMENTS } from './comments.ts';
import { isTree, KEPT, type Tree, type TreeValue, VaultText } from './tree.ts';

/** From the root of a document. */
export type Path = readonly (string | number)[];

/** provision reads YAML as Ansible does: what must stand in quotes there gets them. */
const VERSION = '1.1';
const LINE_WIDTH = 120;
/** A mapping on one line is at most so long. */
export const FLOW_WIDTH = 100;

const VAULT_TAG: ScalarTag = {
  tag: '!vault',
  identify: (value) => value instanceof VaultText,
  resolve: (text) => new VaultText(text),
  stringify: ({ value }, context) => `|\n${indented((value as VaultText).envelope, context.indent || '  ')}`,
};
export const OPTIONS: DocumentOptions & SchemaOptions = {
  version: VERSION,
  customTags: (tags) => [...tags, VAULT_TAG],
};

/** By how many blanks a text is indented. */
export function indentOf(text: string): number {
  return /^all:[^\S\n]*(?:#.*)?\n(?:\s*(?:#.*)?\n)*( +)\S/m.exec(text)?.[1]?.length ?? 2;
}

export function textOf(document: Document, indent: number): string {
  return withoutPadding(document.toString({ indent, lineWidth: LINE_WIDTH, minContentWidth: 40 }));
}

/** `[ a, b ]` becomes `[a, b]`: the library puts blanks into lists where it does into mappings. */
function withoutPadding(text: string): string {
  const cuts: [from: number, to: number][] = [];
  function visit(node: unknown): void {
    if (isSeq(node) && node.flow && node.range) {
      const [start, end] = node.range;
      const inner = text.slice(start, end);
      const [, before = ''] = /^\[( +)\S/.exec(inner) ?? [];
      const [, after = ''] = /\S( +)\]$/.exec(inner) ?? [];
      if (before !== '') cuts.push([start + 1, start + 1 + before.length]);
      if (after !== '') cuts.push([end - 1 - after.length, end - 1]);
    }
    if (isCollection(node)) {
      for (const item of node.items) visit(item instanceof Pair ? item.value : item);
    }
  }
  visit(parseDocument(text, { ...OPTIONS, logLevel: 'silent' }).contents);
  let result = text;
  for (const [from, to] of cuts.sort(([a], [b]) => b - a)) result = result.slice(0, from) + result.slice(to);
  return result;
}

/** Sections of `all.vars` are set apart by an empty line. */
export function isTopic(path: Path): boolean {
  return path.length === 3 && path[1] === 'vars' && VARS_ORDER.indexOf(String(path[2])) >= VARS_ORDER.indexOf('users');
}

/** The order of variables: those of roles as the roles are applied. */
export const VARS_ORDER = [
  'ansible_user',
  'ansible_ssh_private_key_file',
  'ansible_password',
  'ansible_become_password',
  'roles',
  ...ROLES,
  'secrets',
];

/** A node in the layout of the examples: small things on one line. */
export function styled(document: Document, path: Path, value: TreeValue): unknown {
  if (Array.isArray(value)) {
    const list = document.createNode([]) as YAMLSeq;
    for (const [i, entry] of value.entries()) list.items.push(styled(document, [...path, i], entry));
    list.flow = value.every((entry) => typeof entry !== 'object') && widthOf(value) <= FLOW_WIDTH;
    if (list.flow) list.items.forEach(quote);
    return list;
  }
  if (!isTree(value)) return document.createNode(value);
  const map = new YAMLMap(document.schema);
  for (const [key, entry] of Object.entries(value)) {
    if (entry === KEPT) continue;
    const name = new Scalar(key);
    const comment = COMMENTS[[...path, key].join('.')];
    if (comment !== undefined) name.commentBefore = comment.map((line) => ` ${line}`).join('\n');
    if (isTopic([...path, key]) && map.items.length > 0) name.spaceBefore = true;
    map.items.push(new Pair(name, styled(document, [...path, key], entry)));
  }
  map.flow = isOnOneLine(path, value);
  if (map.flow) for (const { value: entry } of map.items) quote(entry);
  return map;
}

/** Some readers of YAML take a colon within braces for that of a mapping. */
function quote(node: unknown): void {
  if (isScalar(node) && typeof node.value === 'string' && node.value.includes(':')) node.type = 'QUOTE_DOUBLE';
}

/** Mappings that are looked through more than read stand on lines of their own. */
const ON_LINES = [
  '',
  'all',
  'vars',
  'hosts',
  'docker',
  'stack',
  'services',
  'databases',
  'certs',
  'haproxy',
  'secrets',
  'env',
];

function isOnOneLine(path: Path, value: Tree): boolean {
  const key = path.at(-1) ?? '';
  if (ON_LINES.includes(String(key)) || path.at(-2) === 'databases') return false;
  if (typeof key === 'number' && path.at(-2) === 'users') return false;
  if (key === 'users' && path.includes('databases')) return false;
  const isFlat = Object.values(value).every((entry) => !(entry instanceof VaultText) && !Array.isArray(entry));
  return isFlat && widthOf(value) <= FLOW_WIDTH;
}

export function widthOf(value: TreeValue): number {
  return JSON.stringify(value).length;
}

function indented(text: string, indent: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${line}`)
    .join('\n');
}
