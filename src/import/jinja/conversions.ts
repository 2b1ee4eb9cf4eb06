/** The filters that make a value of another type: as Python and Ansible convert it. */
import { toInt } from '../../inventory/expressions/python-number.ts';
import { asBoolean, type Code, checkGiven, literal, operand } from '../code/code.ts';
import { BOOLEAN, guess, isFraction, known, loosen, NUMBER } from '../code/shapes.ts';
import { NotTranslated } from '../not-translated.ts';

/** Jinja's `int`: the whole part of a number; the default, 0 where none is given, for what is none. */
export function toInteger(value: Code, [given]: readonly Code[], named: Readonly<Record<string, Code>>): Code {
  const otherwise = given ?? named.default ?? literal(0);
  if (typeof otherwise.literal !== 'number') throw new NotTranslated('its filter int() is not understood');
  checkSingle(value, 'int');
  if (value.literal !== undefined) return literal(integerNow(value.literal, otherwise.literal));
  const { type } = guess(value.shape, NUMBER);
  if (type === 'number' && !value.isOptional) {
    if (isFraction(value.shape)) return { code: `Math.trunc(${value.code})`, shape: NUMBER, isAtom: true };
    // What is compared is the number that it makes, whatever it was made of.
    return { ...value, shape: NUMBER };
  }
  const more = otherwise.literal === 0 ? '' : `, ${otherwise.code}`;
  return { code: `wholeNumber(${value.code}${more})`, shape: NUMBER, isAtom: true };
}

function integerNow(value: string | number | boolean | null, otherwise: number): number {
  const number = toInt(value) ?? otherwise;
  if (Number.isSafeInteger(number)) return number;
  throw new NotTranslated('a number is too large to stay as it is', 'Leave it a text.');
}

/** A number that an option of a module takes, or undefined where it may be omitted. */
export function toWhole(value: Code, name: string): Code {
  if (value.literal !== undefined) {
    if (/^\s*[-+]?\d+\s*$/.test(String(value.literal))) return literal(Number(value.literal));
    throw new NotTranslated(`${name} is no whole number`);
  }
  if (guess(value.shape, NUMBER).type === 'number' && (value.isOmittable || !value.isOptional)) return value;
  const code = `wholeNumber(${value.code}, Number.NaN)`;
  if (!value.isOmittable) return { code, shape: NUMBER, isAtom: true };
  return { code: `${operand(value)} === undefined ? undefined : ${code}`, shape: NUMBER, isOptional: true };
}

/** Ansible's `bool`: what is no word for true is false. */
export function toBoolean(value: Code): Code {
  checkSingle(value, 'bool');
  if (known(value.shape).type === 'fraction') {
    return { code: `Number(${value.code}${value.isOptional ? ' ?? 0' : ''}) === 1`, shape: BOOLEAN };
  }
  if (isFraction(value.shape)) throw new NotTranslated('a number with a point may be true or a text here');
  if (typeof value.literal === 'string') return literal(/^(yes|on|1|true)$/i.test(value.literal));
  guess(value.shape, BOOLEAN);
  if (value.constant === undefined) loosen(value.shape);
  const { type } = known(value.shape);
  if (type === 'boolean') return asBoolean(value);
  if (type === 'number') return { code: `${operand(value)} === 1`, shape: BOOLEAN };
  return { code: `isTrue(${value.code})`, shape: BOOLEAN, isAtom: true };
}

/** What an option of a module that is a switch takes: more words than the filter, and no others. See `boolean` in Ansible's convert_bool.py. */
export function toSwitch(value: Code): Code {
  checkSingle(value, 'bool');
  if (value.literal !== undefined && value.literal !== null) {
    const isOn = switchNow(String(value.literal));
    if (isOn === undefined) throw new NotTranslated(`${String(value.literal)} is neither true nor false`);
    return literal(isOn);
  }
  guess(value.shape, BOOLEAN);
  if (value.constant === undefined) loosen(value.shape);
  if (known(value.shape).type === 'boolean') return asBoolean(value);
  return { code: `isSwitchedOn(${value.code})`, shape: BOOLEAN, isAtom: true };
}

/** Undefined where it is no word for either. */
export function switchNow(text: string): boolean | undefined {
  const word = text.trim();
  if (/^(y|yes|on|1|true|t)$/i.test(word)) return true;
  return /^(n|no|off|0|false|f)$/i.test(word) ? false : undefined;
}

/** @throws NotTranslated for lists and mappings, of which Python makes neither */
function checkSingle(value: Code, filter: string): void {
  checkGiven(value);
  if (['list', 'map'].includes(known(value.shape).type))
    throw new NotTranslated(`its filter ${filter} is for a list or mapping`);
}
