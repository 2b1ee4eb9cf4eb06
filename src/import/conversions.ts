/** The filters that make a value of another type: as Python and Ansible convert it. */
import { asBoolean, asNumber, type Code, literal, operand, quote } from './code.ts';
import { NotTranslated } from './not-translated.ts';
import { BOOLEAN, guess, isFraction, NUMBER } from './shapes.ts';

/** What is no number is 0. */
export function toInteger(value: Code, args: readonly Code[]): Code {
  if (args.length > 0) throw new NotTranslated('its filter int() is not understood');
  const { literal: constant } = value;
  if (typeof constant === 'string' && /^-?\d+(\.\d+)?$/.test(constant)) return literal(Math.trunc(Number(constant)));
  const number = asNumber(value);
  if (number === value && !isFraction(value.shape)) return value;
  return number === value
    ? { code: `Math.trunc(${value.code})`, shape: NUMBER, isAtom: true }
    : { code: `Math.trunc(${number.code}) || 0`, shape: NUMBER };
}

/** As the filter `bool`, and options of modules that are switches, have it. */
export function toBoolean(value: Code): Code {
  if (typeof value.literal === 'string') {
    return { code: String(/^(yes|on|1|true)$/i.test(value.literal)), shape: BOOLEAN, isAtom: true };
  }
  const { type } = guess(value.shape, BOOLEAN);
  if (type === 'boolean') return asBoolean(value);
  if (type === 'number') return { code: `${operand(value)} === 1`, shape: BOOLEAN };
  const words = ['yes', 'on', '1', 'true'].map(quote).join(', ');
  return { code: `[${words}].includes(String(${value.code}).toLowerCase())`, shape: BOOLEAN, isAtom: true };
}
