/** The filters of Jinja and Ansible that have a short equivalent in TypeScript. */
import {
  asBoolean,
  asList,
  asText,
  type Code,
  checkGiven,
  choose,
  itemOf,
  literal,
  OMITTED,
  operand,
} from '../code/code.ts';
import {
  fieldOf,
  guess,
  holdsFraction,
  holdsNothing,
  holdsSecret,
  holdsTruthKey,
  known,
  listOf,
  NUMBER,
  open,
  openAll,
  type Shape,
  strict,
  TEXT,
  unite,
} from '../code/shapes.ts';
import { NotTranslated } from '../not-translated.ts';
import { toBoolean, toInteger } from './conversions.ts';
import { entriesByName, entriesInOrder } from './entries-of-mappings.ts';
import type { Scope } from './expressions.ts';
import type { Arguments, Expression } from './jinja.ts';

interface Context {
  readonly scope: Scope;
  translate(argument: Expression): Code;
}

type Filter = (value: Code, args: readonly Code[], named: Readonly<Record<string, Code>>) => Code;

function atom(code: string, shape: Shape): Code {
  return { code, shape, isAtom: true };
}

/** A filter of texts that is a method of theirs. */
function method(name: string, shape: Shape = TEXT): Filter {
  return (value, args) =>
    atom(`${operand(asText(value))}.${name}(${args.map((argument) => asText(argument).code).join(', ')})`, shape);
}

function sameList(code: (list: string) => string): Filter {
  return (value) => {
    const list = asList(value);
    return atom(code(operand(list)), list.shape);
  };
}

/** A filter of lists to which texts are the same that differ in capital letters alone. */
function ofTexts(helper: string, ofNumbers: (list: string) => string): Filter {
  return (value) => {
    const list = asList(value);
    const { type } = guess(itemOf(list), TEXT);
    if (type === 'text') return atom(`${helper}(${list.code})`, list.shape);
    if (type === 'number') return atom(ofNumbers(operand(list)), list.shape);
    throw new NotTranslated('it puts something else than texts or numbers in order');
  };
}

const length: Filter = (value) => {
  const { type } = known(value.shape);
  if (type === 'map') {
    open(value.shape);
    return atom(`Object.keys(${value.code}${value.isOptional ? ' ?? {}' : ''}).length`, NUMBER);
  }
  return atom(`${operand(type === 'text' ? value : asList(value))}.length`, NUMBER);
};

/** JSON of all that is in it, known or not. */
function json(indent: string): Filter {
  return (value) => {
    if (holdsFraction(value.shape)) throw new NotTranslated('a number with a point would be a text in its JSON');
    if (known(value.shape).type === 'unknown')
      throw new NotTranslated('nothing tells what is written as JSON', 'Give it a default.');
    if (holdsSecret(value.shape))
      throw new NotTranslated('a secret would stand in its JSON', 'Write a template with {{json …}}.');
    if (holdsNothing(value.shape)) throw new NotTranslated('null stands in its JSON', 'Write it by hand.');
    if (holdsTruthKey(value.shape))
      throw new NotTranslated(
        'a key of YAML that is true, false or null stands in its JSON',
        'Put it into quotes: "on".',
      );
    openAll(value.shape);
    return atom(`jsonText(${value.code}${indent})`, TEXT);
  };
}

const FILTERS: Readonly<Record<string, Filter>> = {
  upper: method('toUpperCase'),
  lower: method('toLowerCase'),
  trim: method('trim'),
  replace: (value, [old, next]) => {
    if (old === undefined || next === undefined) throw new NotTranslated('its filter replace() is not understood');
    const by = asText(next);
    // A dollar sign means something to replaceAll, unless a function gives the text.
    const isPlain = typeof by.literal === 'string' && !by.literal.includes('$');
    return atom(
      `${operand(asText(value))}.replaceAll(${asText(old).code}, ${isPlain ? by.code : `() => ${by.code}`})`,
      TEXT,
    );
  },
  split: (value, [separator]) =>
    separator === undefined
      ? atom(`(${operand(asText(value))}.match(/\\S+/g) ?? [])`, listOf(TEXT))
      : atom(`${operand(asText(value))}.split(${asText(separator).code})`, listOf(TEXT)),
  string: (value) => asText(value),
  int: toInteger,
  bool: toBoolean,
  length,
  count: length,
  list: (value) => asList(value),
  first: (value) => ({ ...atom(`${operand(asList(value))}[0]`, itemOf(asList(value))), isOptional: true }),
  last: (value) => ({ ...atom(`${operand(asList(value))}.at(-1)`, itemOf(asList(value))), isOptional: true }),
  unique: ofTexts('uniqueTexts', (list) => `[...new Set(${list})]`),
  sort: ofTexts('sortedTexts', (list) => `${list}.toSorted((a, b) => a - b)`),
  reverse: sameList((list) => `${list}.toReversed()`),
  join: (value, [separator]) => {
    const list = asList(value);
    const item = guess(itemOf(list), TEXT);
    if (item.type === 'list' || item.type === 'map') throw new NotTranslated('it joins lists or mappings');
    const isPrinted = item.type === 'boolean' || item.type === 'scalar';
    const between = separator === undefined ? literal('') : asText(separator);
    const { literal: text } = between;
    return {
      ...atom(
        `${operand(list)}${isPrinted ? '.map(pythonText)' : ''}.join(${between.code})`,
        item.type === 'secret' ? item : TEXT,
      ),
      joins: { list, separator: typeof text === 'string' ? text : undefined },
    };
  },
  map: (value, _, { attribute }) => {
    const list = asList(value);
    const name = attribute?.literal;
    const field = typeof name === 'string' && /^[a-zA-Z_]\w*$/.test(name) ? fieldOf(itemOf(list), name) : undefined;
    if (field === undefined) throw new NotTranslated('its filter map() is not understood');
    return atom(`${operand(list)}.map((each) => each.${String(name)})`, listOf(field.shape));
  },
  union: (value, [other]) => {
    if (other === undefined) throw new NotTranslated('its filter union() is not understood');
    return atom(`[...new Set([...${operand(asList(value))}, ...${operand(asList(other))}])]`, asList(value).shape);
  },
  ternary: (value, [yes, no]) => {
    if (yes === undefined || no === undefined) throw new NotTranslated('its filter ternary() is not understood');
    return choose(asBoolean(value), yes, no);
  },
  dictsort: entriesByName,
  to_json: json(''),
  to_nice_json: json(', 4'),
  comment: (value) => atom(`commented(${asText(value).code})`, TEXT),
  quote: (value) => atom(`shellWord(${asText(value).code})`, TEXT),
  indent: (value, [width = literal(4), first = literal(false)]) => {
    if (typeof width.literal !== 'number' || typeof first.literal !== 'boolean')
      throw new NotTranslated('its filter indent() is not understood');
    const more = first.literal ? ', true' : '';
    return atom(`indented(${asText(value).code}, ${width.code}${more})`, TEXT);
  },
  dict2items: entriesInOrder,
  items: entriesInOrder,
  basename: (value) => atom(`${operand(asText(value))}.replace(/^.*\\//, '')`, TEXT),
  dirname: (value) => atom(`folderOf(${asText(value).code})`, TEXT),
};

const HINTS: Readonly<Record<string, string>> = {
  password_hash: 'Give the hash itself as a secret: a new salt at each run would never converge.',
};

/** @throws NotTranslated for filters that have no equivalent here */
export function applyFilter(name: string, value: Code, { positional, named }: Arguments, context: Context): Code {
  if (name === 'default' || name === 'd') return withDefault(value, positional, named, context);
  if (name === 'mandatory') return value;
  checkGiven(value);
  checkArguments(name, positional.length, Object.keys(named));
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter === undefined) throw new NotTranslated(`its filter ${name} has no equivalent`, HINTS[name]);
  if (known(value.shape).type === 'secret') throw new NotTranslated(`its filter ${name} is for a secret`);
  const args = Object.entries(named).map(([key, argument]) => [key, context.translate(argument)] as const);
  return filter(value, positional.map(context.translate), Object.fromEntries(args));
}

/** How many arguments filters take here: another one would change what they do. */
const TAKEN: Readonly<Record<string, number>> = {
  replace: 2,
  split: 1,
  join: 1,
  union: 1,
  ternary: 2,
  int: 1,
  indent: 2,
};

/** What they take by its name. */
const NAMED: Readonly<Record<string, string>> = { map: 'attribute', int: 'default' };

function checkArguments(name: string, count: number, named: readonly string[]): void {
  const isKnown = count <= (TAKEN[name] ?? 0) && named.every((key) => NAMED[name] === key);
  if (!isKnown && Object.hasOwn(FILTERS, name)) throw new NotTranslated(`its filter ${name}() is not understood`);
}

/** `default('x')`; `default('x', true)` counts also where the value is empty; `default(omit)` leaves it undefined. */
function withDefault(
  value: Code,
  positional: readonly Expression[],
  named: Arguments['named'],
  context: Context,
): Code {
  const [fallback = named.default_value, boolean = named.boolean] = positional;
  if (boolean !== undefined && !(boolean.kind === 'literal' && typeof boolean.value === 'boolean'))
    throw new NotTranslated('its filter default() is not understood');
  const isEmptyToo = boolean?.kind === 'literal' && boolean.value === true;
  // Without a value of its own it is an empty text.
  const other = fallback === undefined ? literal('') : context.translate(fallback);
  if (other === OMITTED && !isEmptyToo) return value.isOptional ? { ...value, isOmittable: true } : value;
  if (other === OMITTED) return choose(asBoolean(value), value, other);
  const shape = guess(value.shape, other.shape);
  if (isEmptyToo) strict(value.shape);
  if (!value.isOptional && !isEmptyToo) return value;
  if (isEmptyToo && !['text', 'number', 'boolean'].includes(shape.type)) return choose(asBoolean(value), value, other);
  const isSame = shape.type === known(other.shape).type || other.literal === null;
  return {
    code: `${operand(value)} ${isEmptyToo ? '||' : '??'} ${operand(other)}`,
    shape: isSame ? shape : unite(shape, other.shape),
    isOptional: other.isOptional ?? false,
  };
}
