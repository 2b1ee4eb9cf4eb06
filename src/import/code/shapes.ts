/** What is known of a value before it is there: enough to write TypeScript that the compiler takes. */

import { hasJinja } from '../jinja/jinja.ts';
import { NotTranslated } from '../not-translated.ts';
import { ENCRYPTED, isRecord } from '../playbook/yaml-source.ts';
import { Fraction } from './fraction.ts';

export type Shape =
  /** `scalar`: a text in one place, and a number or boolean in another. */
  | { type: 'boolean' | 'secret' }
  /** `isStrict`: it is compared, or asked for its truth, and so must be of that very type. */
  | { type: 'text'; isStrict?: boolean }
  /** `hasFraction`: what is computed may be a number with a point, which Python prints otherwise. */
  | { type: 'number'; hasFraction?: boolean; isStrict?: boolean }
  | { type: 'scalar'; hasFraction?: boolean }
  /** A number with a point: kept as the text that Python prints. */
  | { type: 'fraction' }
  | { type: 'list'; item: Shape }
  /**
   * `isOpen`: whether it has entries counts, so those that nobody names are kept as well. `entry`: it is gone through, and this
   * is what each entry is. `parts`: what it was united from.
   */
  | { type: 'map'; fields: Map<string, Field>; isOpen?: boolean; entry?: Shape; parts?: readonly Shape[] }
  /** Nothing says what it is but how it is used, which is noted in `guess`. */
  | { type: 'unknown'; guess?: Shape };

export interface Field {
  shape: Shape;
  isOptional: boolean;
}

export const TEXT: Shape = Object.freeze({ type: 'text' });
export const NUMBER: Shape = Object.freeze({ type: 'number' });
export const FRACTION: Shape = { type: 'fraction' };
export const BOOLEAN: Shape = Object.freeze({ type: 'boolean' });
export const SECRET: Shape = { type: 'secret' };

export function listOf(item: Shape): Shape {
  return { type: 'list', item };
}

/** What the shape is, as far as it is known by now. */
export function known(shape: Shape): Shape {
  return shape.type === 'unknown' && shape.guess !== undefined ? known(shape.guess) : shape;
}

/** Notes how a value of unknown shape is used; the first use counts. */
export function guess(shape: Shape, used: Shape): Shape {
  const found = known(shape);
  if (found.type !== 'unknown') return found;
  found.guess = Object.isFrozen(used) ? { ...used } : used;
  return found.guess;
}

/** Notes that a value of another type would not do, which is printed alike. */
export function strict(shape: Shape): void {
  const found = known(shape);
  if ((found.type === 'text' || found.type === 'number') && !Object.isFrozen(found)) found.isStrict = true;
}

/** Notes that words are taken for a truth value: whoever sets it may give such a word. */
export function loosen(shape: Shape): void {
  const found = known(shape);
  if (found.type === 'boolean' && !Object.isFrozen(found)) Object.assign(found, { type: 'scalar' });
}

/** The field of a mapping; one that no value shows is noted, as one that may be missing. */
export function fieldOf(shape: Shape, name: string): Field | undefined {
  const map = guess(shape, { type: 'map', fields: new Map() });
  if (map.type !== 'map') return undefined;
  const found = map.fields.get(name);
  if (found !== undefined) return found;
  const isGuessed = shape.type === 'unknown';
  const field: Field = { shape: { type: 'unknown' }, isOptional: !isGuessed };
  map.fields.set(name, field);
  return field;
}

/** Notes that entries count which nobody names. */
export function open(shape: Shape): void {
  const map = known(shape);
  if (map.type !== 'map') return;
  map.isOpen = true;
  map.parts?.forEach(open);
}

/** Notes for all that is in it that entries count which nobody names. */
export function openAll(shape: Shape): void {
  const found = known(shape);
  open(found);
  strict(found);
  if (found.type === 'list') openAll(found.item);
  if (found.type === 'map') for (const field of found.fields.values()) openAll(field.shape);
}

/** What any entry of a mapping is, which is gone through. */
export function entryOf(shape: Shape & { type: 'map' }): Shape {
  shape.entry ??= [...shape.fields.values()].map((field) => field.shape).reduce(unite, { type: 'unknown' });
  for (const part of shape.parts ?? []) {
    const found = known(part);
    if (found.type === 'map') found.entry ??= shape.entry;
  }
  return shape.entry;
}

/** The shape of a value in YAML. A text with references in it is a text, whatever they stand for. */
export function shapeOf(value: unknown): Shape {
  if (value === ENCRYPTED) return { ...SECRET };
  if (typeof value === 'string') return { ...TEXT };
  if (typeof value === 'number') return { ...NUMBER };
  if (value instanceof Fraction) return FRACTION;
  if (typeof value === 'boolean') return { ...BOOLEAN };
  if (Array.isArray(value)) return listOf(value.map(shapeOf).reduce(unite, { type: 'unknown' }));
  if (!isRecord(value)) return { type: 'unknown' };
  const fields = Object.entries(value).map(([name, entry]): [string, Field] => {
    return [name, { shape: shapeNamed(name, entry), isOptional: entry === null }];
  });
  return { type: 'map', fields: new Map(fields) };
}

/** Names under which people keep what nobody else is to read. */
const SECRET_NAME =
  /(^|_)(pw|pwd|pass)$|password|passwd|passphrase|secret|token|credential|(api|access|auth|private|signing|encryption)_?keys?$/i;
/** What is about a secret, and is none. */
const NO_SECRET = /_(file|path|dir|user|name|length|enabled|lock|expire|expiry|ttl|policy|authentication)$/i;

/** What is no secret, whatever it is called: `ssh_permit_empty_password: "no"`, `password_min_length: "12"`. */
const SETTING = /^\s*(yes|no|true|false|on|off|\d{1,4})\s*$/i;

/** The shape of a value of that name, which may tell that it is a secret. Undefined: nothing is known but the name. */
export function shapeNamed(name: string, value: unknown): Shape {
  const isText = value === undefined || (typeof value === 'string' && !/^[!*]?$/.test(value) && !hasJinja(value));
  const isSetting = typeof value === 'string' && SETTING.test(value);
  if (isText && !isSetting && SECRET_NAME.test(name) && !NO_SECRET.test(name)) return { ...SECRET };
  return value === undefined ? { type: 'unknown' } : shapeOf(value);
}

/** Whether a secret stands anywhere in it. */
export function holdsSecret(shape: Shape): boolean {
  const found = known(shape);
  if (found.type === 'list') return holdsSecret(found.item);
  if (found.type === 'map') return [...found.fields.values()].some((field) => holdsSecret(field.shape));
  return found.type === 'secret';
}

/** Whether a key of it is true, false or null to YAML 1.1, which JSON writes otherwise than Python prints it. */
export function holdsTruthKey(shape: Shape): boolean {
  const found = known(shape);
  if (found.type === 'list') return holdsTruthKey(found.item);
  if (found.type !== 'map') return false;
  return [...found.fields].some(([key, field]) => ['True', 'False', ''].includes(key) || holdsTruthKey(field.shape));
}

/** Whether an entry of it is null, which is left out here. */
export function holdsNothing(shape: Shape): boolean {
  const found = known(shape);
  if (found.type === 'list') return holdsNothing(found.item);
  if (found.type !== 'map') return false;
  const isNothing = ({ shape: inner, isOptional }: Field) => isOptional && known(inner).type === 'unknown';
  return [...found.fields.values()].some((field) => isNothing(field) || holdsNothing(field.shape));
}

/** What a value is that may be one or the other. */
export function unite(left: Shape, right: Shape): Shape {
  if (left.type === 'unknown') return right;
  if (right.type === 'unknown') return left;
  if (left.type === 'list' && right.type === 'list') return listOf(unite(left.item, right.item));
  if (left.type === 'map' && right.type === 'map') {
    const names = new Set([...left.fields.keys(), ...right.fields.keys()]);
    const fields = [...names].map((name): [string, Field] => {
      const [a, b] = [left.fields.get(name), right.fields.get(name)];
      const isOptional = a === undefined || b === undefined || a.isOptional || b.isOptional;
      return [name, { shape: unite(a?.shape ?? { type: 'unknown' }, b?.shape ?? { type: 'unknown' }), isOptional }];
    });
    return { type: 'map', fields: new Map(fields), parts: [left, right] };
  }
  if (left.type === right.type) return left;
  if ([left, right].some(({ type }) => type === 'list' || type === 'map'))
    throw new NotTranslated('a list or mapping stands where something else may stand as well');
  if (left.type === 'secret' || right.type === 'secret') return SECRET;
  return { type: 'scalar', hasFraction: isFraction(left) || isFraction(right) };
}

/** Whether it is a number with a point, or may be one. */
export function isFraction(shape: Shape): boolean {
  const found = known(shape);
  return found.type === 'fraction' || ('hasFraction' in found && found.hasFraction === true);
}

/** Whether a number with a point stands anywhere in it. */
export function holdsFraction(shape: Shape): boolean {
  const found = known(shape);
  if (found.type === 'list') return holdsFraction(found.item);
  if (found.type === 'map') return [...found.fields.values()].some((field) => holdsFraction(field.shape));
  return isFraction(found);
}
