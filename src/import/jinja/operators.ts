/** What operators of Jinja make of TypeScript: all of it works on code that is translated already. */
import {
  asBoolean,
  asList,
  asNumber,
  asText,
  type Code,
  checkGiven,
  concatenate,
  itemOf,
  literal,
  operand,
  quote,
  samplesOf,
} from '../code/code.ts';
import { BOOLEAN, fieldOf, guess, isFraction, known, listOf, NUMBER, open, strict, unite } from '../code/shapes.ts';
import { NotTranslated } from '../not-translated.ts';
import { isRecord } from '../playbook/yaml-source.ts';

/** An entry of a mapping or list. @throws NotTranslated */
export function member(of: Code, key: string | number | boolean | null): Code {
  checkKey(key);
  const own = of.members?.[key];
  if (own !== undefined) return own;
  if (of.members !== undefined) throw new NotTranslated(`it reads ${key}, which a loop does not have`);
  const dot = of.isOptional ? '?.' : '';
  const samples = samplesOf([of]).map((sample) => (Object(sample) as Record<string | number, unknown>)[key]);
  if (typeof key === 'number') {
    const { shape } = asList(of);
    const item = shape.type === 'list' ? shape.item : shape;
    return { code: `${operand(of)}${dot}[${key}]`, shape: item, isOptional: true, isAtom: true, samples };
  }
  const field = fieldOf(of.shape, key);
  if (field === undefined)
    throw new NotTranslated(
      `it takes ${key} of a ${known(of.shape).type}: that is what it is elsewhere, and no mapping`,
    );
  const access = /^[A-Za-z_$][\w$]*$/.test(key) ? `${dot || '.'}${key}` : `${dot}[${quote(key)}]`;
  return {
    code: `${operand(of)}${access}`,
    shape: field.shape,
    isOptional: field.isOptional || (of.isOptional ?? false) || isOpen(of),
    isAtom: true,
    samples,
    constant: isRecord(of.constant) ? of.constant[key] : undefined,
  };
}

/**
 * Keys of mappings are texts here, as Python prints them: `on` without quotes is true to YAML 1.1, and `True` here.
 * @throws NotTranslated where the key could be either
 */
function checkKey(key: Code['literal']): asserts key is string | number | undefined {
  if (typeof key !== 'boolean' && key !== null && key !== 'True' && key !== 'False') return;
  throw new NotTranslated(
    'it asks for a key that is true, false or null, which is a text here',
    'Put such keys into quotes in the YAML: "on", "yes".',
  );
}

/** Any entry may be missing of what is gone through. */
function isOpen({ shape }: Code): boolean {
  const map = known(shape);
  return map.type === 'map' && map.entry !== undefined;
}

/** A list of these. */
export function listCode(items: readonly Code[]): Code {
  for (const item of items) checkGiven(item);
  const shape = listOf(items.map((item) => item.shape).reduce(unite, { type: 'unknown' }));
  return { code: `[${items.map(({ code }) => code).join(', ')}]`, shape, isAtom: true };
}

/** Whether something does not hold. */
export function negate(value: Code): Code {
  const { code, isAtom, literal: literalValue } = asBoolean(value);
  if (code.endsWith(' !== undefined') && !/&&|\|\|/.test(code)) {
    return { code: code.replace(/ !== undefined$/, ' === undefined'), shape: BOOLEAN };
  }
  if (typeof literalValue === 'boolean') return literal(!literalValue);
  const [, left, right] = /^([\w.?[\]$]+) === ([\w.?[\]$]+|'[^']*')$/.exec(code) ?? [];
  if (left !== undefined) return { code: `${left} !== ${right}`, shape: BOOLEAN };
  return { code: isAtom ? `!${code}` : `!(${code})`, shape: BOOLEAN };
}

/** @param sign of TypeScript: `===` @throws NotTranslated */
export function compare(sign: string, a: Code, b: Code): Code {
  checkGiven(a);
  checkGiven(b);
  if (typeof a.literal === 'string' && typeof b.literal === 'string' && /^[!=]==$/.test(sign))
    return literal((a.literal === b.literal) === (sign === '==='));
  const same = typeof b.literal === 'string' ? a.equals?.(b.literal) : undefined;
  if (same !== undefined && sign === '===') return { code: same, shape: BOOLEAN, isAtom: same.endsWith(')') };
  if (same !== undefined && sign === '!==')
    return { code: `!(${same})`.replace(/^!\((.*\))\)$/, '!$1'), shape: BOOLEAN };
  const [x, y] = [guess(a.shape, b.shape), guess(b.shape, a.shape)];
  strict(a.shape);
  strict(b.shape);
  if (x.type === 'secret' || y.type === 'secret') throw new NotTranslated('a secret cannot be compared');
  if (x.type === 'fraction' || y.type === 'fraction') return compareFractions(sign, a, b);
  if ([x, y].some(isFraction) && [x, y].some(({ type }) => type === 'scalar'))
    throw new NotTranslated('it compares what may be a number with a point');
  if (x.type === 'list' || x.type === 'map') return compareWithNone(sign, a, b);
  if (x.type === y.type || x.type === 'scalar' || y.type === 'scalar' || b.literal === null) {
    return { code: `${operand(a)} ${sign} ${operand(b)}`, shape: BOOLEAN };
  }
  throw new NotTranslated(`it compares a ${x.type} with a ${y.type}`);
}

/** Lists and mappings are compared with an empty one alone. */
function compareWithNone(sign: string, a: Code, b: Code): Code {
  if (!['[]', '{}'].includes(b.code) || known(a.shape).type !== known(b.shape).type || !/^[=!]==$/.test(sign))
    throw new NotTranslated('it compares lists or mappings');
  return sign === '!==' ? asBoolean(a) : negate(a);
}

function compareFractions(sign: string, a: Code, b: Code): Code {
  const other = [a, b].map(({ shape }) => known(shape).type).find((type) => !['fraction', 'number'].includes(type));
  if (other !== undefined) throw new NotTranslated(`it compares a number with a ${other}`);
  return { code: `${operand(asNumber(a))} ${sign} ${operand(asNumber(b))}`, shape: BOOLEAN };
}

/** Whether a list, mapping or text holds something. */
export function contains(item: Code, all: Code): Code {
  strict(item.shape);
  const shape = known(all.shape);
  if (shape.type === 'map') {
    checkKey(item.literal);
    open(all.shape);
    return { code: `Object.hasOwn(${all.code}, ${asText(item).code})`, shape: BOOLEAN, isAtom: true };
  }
  if (shape.type === 'text')
    return { code: `${operand(all)}.includes(${asText(item).code})`, shape: BOOLEAN, isAtom: true };
  const list = asList(all);
  guess(itemOf(list), item.shape);
  strict(itemOf(list));
  if (isFraction(itemOf(list)) || isFraction(item.shape))
    throw new NotTranslated('it looks for a number with a point in a list');
  return { code: `${operand(list)}.includes(${item.code})`, shape: BOOLEAN, isAtom: true };
}

/** A sum, or lists or texts one after another. @param need notes what is to be imported */
export function add(a: Code, b: Code, need: (name: string) => void): Code {
  const [x, y] = [known(a.shape), known(b.shape)];
  if (x.type === 'list' || y.type === 'list') {
    const [left, right] = [asList(a), asList(b)];
    return { code: `[...${operand(left)}, ...${operand(right)}]`, shape: unite(left.shape, right.shape), isAtom: true };
  }
  if (x.type === 'text' || y.type === 'text') return concatenate([a, b], need);
  const [left, right] = [asNumber(a), asNumber(b)];
  const hasFraction = isFraction(x) || isFraction(y);
  return {
    code: `${operand(left)} + ${operand(right)}`,
    shape: hasFraction ? { type: 'number', hasFraction } : NUMBER,
  };
}

/** The numbers that `range()` gives. @throws NotTranslated */
export function range(bounds: readonly Code[]): Code {
  const [first, second, step] = bounds.map(asNumber);
  const [from, to] = second === undefined ? [literal(0), first] : [first, second];
  if (from === undefined || to === undefined || step !== undefined)
    throw new NotTranslated('its range() is not understood');
  if (typeof from.literal === 'number' && typeof to.literal === 'number' && to.literal - from.literal <= 32) {
    const start = from.literal;
    return listCode(Array.from({ length: Math.max(0, to.literal - start) }, (_, i) => literal(start + i)));
  }
  const end = ` + ${from.code}`;
  const difference = to.code.endsWith(end) ? to.code.slice(0, -end.length) : `${operand(to)} - ${operand(from)}`;
  const length = from.literal === 0 ? to.code : difference;
  const start = from.literal === 0 ? 'i' : `${operand(from)} + i`;
  return { code: `Array.from({ length: ${length} }, (_, i) => ${start})`, shape: listOf(NUMBER), isAtom: true };
}
