/** A piece of TypeScript that has a value, with what is known of it; and how one becomes what another place needs. */

import { NotTranslated } from '../not-translated.ts';
import type { Fraction } from './fraction.ts';
import {
  BOOLEAN,
  FRACTION,
  guess,
  isFraction,
  known,
  listOf,
  NUMBER,
  open,
  type Shape,
  strict,
  TEXT,
  unite,
} from './shapes.ts';

export interface Code {
  readonly code: string;
  readonly shape: Shape;
  /** May be undefined when the role runs. */
  readonly isOptional?: boolean;
  /** Ends in `default(omit)`: where it is undefined, what takes it is left out. */
  readonly isOmittable?: boolean;
  /** Needs no parentheses, whatever stands around it. */
  readonly isAtom?: boolean;
  /** Values of YAML that it has, or a part of it, as far as they are known now. */
  readonly samples?: readonly unknown[];
  /** Set where the value is known now. */
  readonly literal?: string | number | boolean | null;
  /** Set where it is a constant of the role: its value. */
  readonly constant?: unknown;
  /** The item of a list that is written out: its type there is the one that it has in Ansible. */
  readonly isWritten?: boolean;
  /** What it is was computed by an expression: a text to Ansible. */
  readonly isComputed?: boolean;
  /** A number that is never negative: the position in a loop. */
  readonly isCount?: boolean;
  /** What its entries are, where they are no properties of it: those of Jinja's `loop`. */
  readonly members?: Readonly<Record<string, Code>>;
  /** Whether it is true, where that is shorter than what its value tells. */
  readonly condition?: string;
  /** The list whose items it joins, with this between them. */
  readonly joins?: { readonly list: Code; readonly separator: string | undefined };
  /** The condition that it is this text, where there is a shorter one than a comparison. */
  readonly equals?: (text: string) => string | undefined;
}

export function literal(value: string | number | boolean | null): Code {
  if (value === null)
    return { code: 'undefined', shape: { type: 'unknown' }, isAtom: true, isOptional: true, literal: null };
  const shape = typeof value === 'string' ? TEXT : typeof value === 'number' ? NUMBER : BOOLEAN;
  return { code: typeof value === 'string' ? quote(value) : String(value), shape, isAtom: true, literal: value };
}

/** A number with a point: as the text that Python prints. */
export function fraction(value: Fraction): Code {
  return { ...literal(String(value)), shape: FRACTION };
}

/** A text as TypeScript writes it, in the quotes that need the fewest escapes. */
export function quote(text: string): string {
  const double = JSON.stringify(text).replace(/[\u2028\u2029]/g, (sign) => (sign === '\u2028' ? '\\u2028' : '\\u2029'));
  if (text.includes("'") && !text.includes('"')) return double;
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** The code as an operand of something else. */
export function operand({ code, isAtom = false }: Code): string {
  return isAtom ? code : `(${code})`;
}

/** The code as an operand of `&&` or `||`, which bind less tightly than comparisons. */
export function term({ code, isAtom = false }: Code): string {
  return isAtom || !/&&|\|\||\?/.test(code) ? code : `(${code})`;
}

/** What stands for Ansible's `omit`. */
export const OMITTED: Code = {
  code: 'undefined',
  shape: { type: 'unknown' },
  isAtom: true,
  isOptional: true,
  isOmittable: true,
};

/** @throws NotTranslated where `omit` stands within something else than the whole of an option */
export function checkGiven({ isOmittable = false }: Code): void {
  if (isOmittable) throw new NotTranslated('what may be omitted stands where a value is needed');
}

export function samplesOf(codes: readonly Code[]): readonly unknown[] {
  return codes.flatMap(({ samples = [] }) => samples);
}

/** One or the other. */
export function choose(test: Code, yes: Code, no: Code): Code {
  return {
    code: `${term(test)} ? ${operand(yes)} : ${operand(no)}`,
    shape: unite(yes.shape, no.shape),
    isOptional: (yes.isOptional ?? false) || (no.isOptional ?? false),
    isOmittable: (yes.isOmittable ?? false) || (no.isOmittable ?? false),
    samples: samplesOf([yes, no]),
  };
}

/**
 * As a text. What may be undefined here is null in a playbook that works, and Ansible prints that as nothing.
 * @throws NotTranslated for what Ansible would print in Python's notation
 */
export function asText(value: Code): Code {
  checkGiven(value);
  if (value.literal === null) return literal('');
  const shape = guess(value.shape, TEXT);
  if (value.isOptional && shape.type === 'boolean') {
    return { code: `${operand(value)} === undefined ? '' : ${operand(value)} ? 'True' : 'False'`, shape: TEXT };
  }
  if (value.isOptional && ['text', 'fraction'].includes(shape.type))
    return { code: `${operand(value)} ?? ''`, shape: TEXT, samples: samplesOf([value]) };
  if (shape.type === 'scalar')
    return { code: `pythonText(${value.code})`, shape: TEXT, isAtom: true, samples: samplesOf([value]) };
  if (value.isOptional && shape.type === 'number')
    return { code: `String(${value.code} ?? '')`, shape: TEXT, isAtom: true };
  if (value.literal !== undefined) return literal(pythonText(value.literal));
  if (shape.type === 'boolean') return { code: `${operand(value)} ? 'True' : 'False'`, shape: TEXT };
  if (shape.type === 'list' || shape.type === 'map')
    throw new NotTranslated('a list or mapping stands where a text is meant');
  if (shape.type === 'number' && isFraction(shape))
    throw new NotTranslated(
      'a fraction that is computed is printed otherwise by Python',
      'Make it a whole number: | int.',
    );
  if (shape.type === 'fraction') return { ...value, shape: TEXT };
  if (shape.type === 'secret' || (shape.type === 'text' && !value.isOptional)) return value;
  return { code: `String(${value.code})`, shape: TEXT, isAtom: true };
}

/** As Python prints it. */
function pythonText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

/** As a text, or undefined where it may be omitted. */
export function asOptionalText(value: Code): Code {
  if (!value.isOmittable) return asText(value);
  const shape = guess(value.shape, TEXT);
  if (['text', 'fraction', 'secret'].includes(shape.type)) return value;
  return { code: `${operand(value)} === undefined ? undefined : String(${value.code})`, shape: TEXT, isOptional: true };
}

/** As a condition: what Python takes for true. */
export function asBoolean(value: Code): Code {
  checkGiven(value);
  if (value.condition !== undefined) return { code: value.condition, shape: BOOLEAN };
  const { type } = guess(value.shape, BOOLEAN);
  strict(value.shape);
  if (type === 'boolean' && !value.isOptional) return value;
  const condition = (code: string): Code => ({ code, shape: BOOLEAN });
  if (type === 'fraction') return condition(`Number(${value.code}${value.isOptional ? ' ?? 0' : ''}) !== 0`);
  if (type === 'scalar' && isFraction(value.shape))
    throw new NotTranslated('whether 0.0 is true is not the same here', 'Write the condition by hand.');
  if (type === 'list') return condition(`${operand(asList(value))}.length > 0`);
  if (type === 'map') {
    open(value.shape);
    return condition(`Object.keys(${value.code}${value.isOptional ? ' ?? {}' : ''}).length > 0`);
  }
  if (type === 'secret') throw new NotTranslated('a secret cannot be a condition');
  if (type === 'text' && !value.isOptional) return condition(`${operand(value)} !== ''`);
  if (type === 'boolean') return condition(`${operand(value)} === true`);
  return { code: `Boolean(${value.code})`, shape: BOOLEAN, isAtom: true };
}

export function asNumber(value: Code): Code {
  checkGiven(value);
  if (typeof value.literal === 'string' && /^-?\d+(\.\d+)?$/.test(value.literal)) return literal(Number(value.literal));
  if (guess(value.shape, NUMBER).type === 'number' && !value.isOptional) return value;
  return { code: `Number(${value.code})`, shape: NUMBER, isAtom: true };
}

/** As a list that can be gone through. @throws NotTranslated where it is none */
export function asList(value: Code): Code {
  checkGiven(value);
  const shape = guess(value.shape, listOf({ type: 'unknown' }));
  if (shape.type !== 'list') throw new NotTranslated('it goes through something that is no list');
  if (!value.isOptional) return { ...value, shape };
  return { code: `(${value.code} ?? [])`, shape, isAtom: true };
}

/** What the items of a list are. */
export function itemOf(list: Code): Shape {
  const shape = known(list.shape);
  return shape.type === 'list' ? shape.item : { type: 'unknown' };
}

/** Texts and values one after another, as one text; a secret where one of them is. */
export function concatenate(pieces: readonly Code[], need: (name: string) => void): Code {
  const texts = pieces.map(asText);
  if (texts.every(({ literal: value }) => value !== undefined)) {
    return literal(texts.map(({ literal: value }) => String(value)).join(''));
  }
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return only;
  const isSecret = texts.some(({ shape }) => known(shape).type === 'secret');
  if (isSecret) need('text');
  const inner = texts.map(({ code, literal: value }, i) =>
    value === undefined ? `\${${bare(pieces[i], code)}}` : templatePart(String(value)),
  );
  return {
    code: `${isSecret ? 'text' : ''}\`${inner.join('')}\``,
    shape: isSecret ? { type: 'secret' } : TEXT,
    isAtom: true,
    samples: samplesOf(texts),
  };
}

/** Within a template literal numbers need no `String`. */
function bare(piece: Code | undefined, code: string): string {
  return piece !== undefined && known(piece.shape).type === 'number' && !piece.isOptional ? piece.code : code;
}

/** Part of a template literal. */
export function templatePart(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return escaped.replaceAll('`', '\\`').replaceAll('${', '\\${');
}
