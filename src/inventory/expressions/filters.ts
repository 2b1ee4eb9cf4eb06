/** The filters of Jinja and Ansible that inventories use, each as there. */
import { suggest } from '../../schema/nearest.ts';
import { Secret, type Text } from '../../shell/secret.ts';
import { isVeiled } from '../secrets/veil.ts';
import { isContainer } from '../types.ts';
import { fromBase64, jsonText, shellWord } from './filter-texts.ts';
import { toInt } from './python-number.ts';
import { refused } from './tokens.ts';
import {
  holdsSecret,
  isEqual,
  isTruthy,
  Missing,
  needText,
  present,
  secretRefused,
  throughVeils,
  typeName,
} from './values.ts';

interface Use {
  /** `the filter int`, for messages. */
  readonly what: string;
  readonly at: number;
  /** Of the filter's parameters those that are given. */
  readonly args: Readonly<Record<string, unknown>>;
}

interface Filter {
  readonly params: readonly string[];
  apply(value: unknown, use: Use): unknown;
}

/** Applies a filter. @throws ProvisionError `inventory-unresolved-reference`: unknown, or of no use on that value */
export function applyFilter(
  name: string,
  value: unknown,
  { positional, named, at }: { positional: readonly unknown[]; named: ReadonlyMap<string, unknown>; at: number },
): unknown {
  const filter = FILTERS.get(name);
  if (filter === undefined) {
    throw refused(`the filter ${name} is not supported`, at, `${suggest(name, FILTERS.keys())} Or write the value.`);
  }
  const what = `the filter ${name}`;
  const args: Record<string, unknown> = {};
  for (const [i, arg] of positional.entries()) set(filter.params[i], arg, `${i + 1} arguments`);
  for (const [param, arg] of named)
    set(filter.params.includes(param) ? param : undefined, arg, `the argument ${param}`);
  if (PASSES_ON.has(name)) return filter.apply(value, { what, at, args });
  return throughVeils([value, args], (of, given) => filter.apply(of, { what, at, args: given }));

  function set(param: string | undefined, arg: unknown, told: string): void {
    if (param === undefined) throw refused(`${what} does not take ${told}`, at, 'Leave it out, or write the value.');
    args[param] = arg;
  }
}

/** These hand on a value as it is: what is open in it stays open. */
const PASSES_ON: ReadonlySet<string> = new Set(['default', 'd', 'mandatory', 'first', 'last']);

const FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['default', { params: ['default_value', 'boolean'], apply: orDefault }],
  ['d', { params: ['default_value', 'boolean'], apply: orDefault }],
  ['mandatory', { params: [], apply: present }],
  ['string', textFilter((text) => text)],
  ['lower', textFilter((text) => text.toLowerCase())],
  ['upper', textFilter((text) => text.toUpperCase())],
  ['trim', textFilter((text) => text.trim())],
  ['quote', textFilter(shellWord)],
  ['b64encode', textFilter((text) => Buffer.from(text).toString('base64'))],
  ['b64decode', { params: [], apply: decoded }],
  ['replace', { params: ['old', 'new'], apply: replaced }],
  ['basename', openTextFilter((path) => path.slice(path.lastIndexOf('/') + 1))],
  ['dirname', openTextFilter(dirname)],
  ['int', { params: ['default'], apply: toNumber }],
  ['bool', { params: [], apply: toBoolean }],
  ['length', { params: [], apply: lengthOf }],
  ['count', { params: [], apply: lengthOf }],
  ['join', { params: ['d'], apply: joined }],
  ['first', entryFilter((list, use) => entryAt(list, 0, use))],
  ['last', entryFilter((list, use) => entryAt(list, list.length - 1, use))],
  ['unique', listFilter(unique)],
  ['sort', listFilter(sorted)],
  ['to_json', { params: [], apply: (value) => jsonText(present(value)) }],
]);

function orDefault(value: unknown, { args, what, at }: Use): unknown {
  const instead = Object.hasOwn(args, 'default_value') ? args.default_value : '';
  if (value instanceof Missing) return instead;
  const alsoForEmpty = Object.hasOwn(args, 'boolean') && isTruthy(present(args.boolean), what, at);
  if (!alsoForEmpty) return value;
  // What is generated is never empty.
  const isText = value instanceof Secret && !isVeiled(value);
  const isGiven = isText ? !value.isKnown || value.reveal() !== '' : isTruthy(value, what, at);
  return isGiven ? value : instead;
}

/** A filter of texts that makes a secret of a secret. */
function textFilter(change: (text: string) => string): Filter {
  return { params: [], apply: (value, { what, at }) => changed(needText(present(value), what, at), change) };
}

/** A filter of texts that would tell of a secret, or make no sense on one. */
function openTextFilter(change: (text: string) => string): Filter {
  return { params: [], apply: (value, use) => change(openText(present(value), use)) };
}

function changed(text: Text, change: (text: string) => string): Text {
  return typeof text === 'string' ? change(text) : Secret.derive([text], change);
}

function openText(value: unknown, { what, at }: Use): string {
  const text = needText(value, what, at);
  if (text instanceof Secret) throw secretRefused(what, at);
  return text;
}

function listFilter(apply: (list: readonly unknown[], use: Use) => unknown): Filter {
  return {
    params: [],
    apply(given, use) {
      const value = present(given);
      if (Array.isArray(value)) return apply(value, use);
      if (value instanceof Secret) throw secretRefused(use.what, use.at);
      throw refused(`${use.what} needs a list, not ${typeName(value)}`, use.at, 'Give it a list.');
    },
  };
}

/** As `listFilter`; a text is a list of letters. */
function entryFilter(apply: (list: readonly unknown[], use: Use) => unknown): Filter {
  const ofList = listFilter(apply);
  const letters = (value: unknown, use: Use) =>
    typeof value === 'string' ? apply([...value], use) : ofList.apply(value, use);
  return {
    params: [],
    apply(given, use) {
      if (isVeiled(given)) return throughVeils([given], (value) => letters(value, use));
      return letters(given, use);
    },
  };
}

function decoded(value: unknown, { what, at }: Use): Text {
  const text = needText(present(value), what, at);
  const decode = (encoded: string) => fromBase64(encoded, what, at);
  const result = changed(text, decode);
  // What is wrong with it shall show now.
  if (result instanceof Secret && result.isKnown) result.reveal();
  return result;
}

function replaced(value: unknown, { args, what, at }: Use): Text {
  const [text, old, by] = [value, args.old, args.new].map((part) => needText(present(part ?? null), what, at));
  const parts = [text, old, by] as [Text, Text, Text];
  const replace = (in_: string, from: string, to: string) => in_.replaceAll(from, () => to);
  if (parts.every((part) => typeof part === 'string')) return replace(...(parts as [string, string, string]));
  return Secret.derive(parts, replace as (...values: string[]) => string);
}

function dirname(path: string): string {
  const head = path.slice(0, path.lastIndexOf('/') + 1);
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '');
}

function toNumber(given: unknown, { args, what, at }: Use): number {
  const value = present(given);
  if (holdsSecret(value)) throw secretRefused(what, at);
  const number = toInt(value);
  if (number !== undefined && !Number.isSafeInteger(number)) {
    throw refused(`${what} gives a number that would not stay as it is`, at, 'Leave it a text.');
  }
  return number ?? (Object.hasOwn(args, 'default') ? (present(args.default) as number) : 0);
}

/** Ansible's, which knows no error. */
function toBoolean(given: unknown, { what, at }: Use): boolean | null {
  const value = present(given);
  if (value === null || typeof value === 'boolean') return value;
  if (holdsSecret(value)) throw secretRefused(what, at);
  return value === 1 || (typeof value === 'string' && ['yes', 'on', '1', 'true'].includes(value.toLowerCase()));
}

function lengthOf(given: unknown, { what, at }: Use): number {
  const value = present(given);
  if (value instanceof Secret) throw secretRefused(what, at);
  if (typeof value === 'string') return [...value].length;
  if (isContainer(value)) return Object.keys(value).length;
  throw refused(`${what} needs a text, list or mapping, not ${typeName(value)}`, at, 'Leave it out.');
}

function joined(value: unknown, use: Use): Text {
  const between = needText(present(use.args.d ?? ''), use.what, use.at);
  const join = (list: readonly unknown[]) =>
    Secret.join(...list.flatMap((entry, i) => [...(i > 0 ? [between] : []), needText(entry, use.what, use.at)]));
  return listFilter(join).apply(value, use) as Text;
}

function entryAt(list: readonly unknown[], place: number, { what, at }: Use): unknown {
  if (list.length > 0) return list[place];
  return new Missing(refused(`${what} finds nothing in an empty list`, at, 'Add a `default`.'));
}

/** As Jinja's: the case of letters makes no difference, and the first of its kind stays. */
function unique(list: readonly unknown[], { what, at }: Use): readonly unknown[] {
  if (holdsSecret(list)) throw secretRefused(what, at);
  return list.filter((entry, i) => list.findIndex((other) => isEqual(folded(other), folded(entry))) === i);
}

function sorted(list: readonly unknown[], { what, at }: Use): readonly unknown[] {
  if (holdsSecret(list)) throw secretRefused(what, at);
  const isOfOne = ['string', 'number'].some((type) => list.every((entry) => typeof entry === type));
  if (!isOfOne) throw refused(`${what} needs texts alone, or numbers alone`, at, 'Write the list in its order.');
  return list.toSorted((a, b) => compareFolded(folded(a) as string, folded(b) as string));
}

function compareFolded(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function folded(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
