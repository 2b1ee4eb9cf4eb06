/** What expressions make of values: as Python has them, where these differ from JavaScript's. */
import { isDeepStrictEqual } from 'node:util';
import type { ProvisionError } from '../../errors.ts';
import { Secret, type Text } from '../../shell/secret.ts';
import { isVeiled, opened, unveiled, veilResolved } from '../secrets/veil.ts';
import { isContainer, isMapping } from '../types.ts';
import { refused } from './tokens.ts';

/** What a name leads to where there is nothing: an error, unless `default` or `is defined` looks at it. */
export class Missing {
  readonly error: ProvisionError;

  constructor(error: ProvisionError) {
    this.error = error;
  }
}

const aboutSecrets = new WeakSet<ProvisionError>();

/** Whether it is refused only because a value is secret. */
export function isAboutSecret(error: ProvisionError): boolean {
  return aboutSecrets.has(error);
}

/** @param what what cannot be done with a secret: `the filter int` */
export function secretRefused(what: string, at: number): ProvisionError {
  const error = refused(`${what} cannot be used on a secret`, at, 'Write the result as a secret of its own.');
  aboutSecrets.add(error);
  return error;
}

/** The value; @throws the error of what is missing. */
export function present(value: unknown): unknown {
  if (value instanceof Missing) throw value.error;
  return value;
}

/** A single value within a text; undefined for nothing, a list or a mapping. */
export function toText(value: unknown): Text | undefined {
  if (typeof value === 'string' || value instanceof Secret) return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? String(value) : undefined;
}

/** As `toText`. @param what what needs it, for the error: `the filter lower` */
export function needText(value: unknown, what: string, at: number): Text {
  const text = toText(value);
  if (text !== undefined) return text;
  throw refused(`${what} needs a single value, not ${typeName(value)}`, at, 'Refer to one value in it.');
}

/** What a person calls a value of that type. */
export function typeName(value: unknown): string {
  if (value === null) return 'nothing';
  if (value instanceof Secret) return 'a secret';
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : 'true or false';
}

/** What is false in a condition: nothing, zero and all that is empty. */
export function isTruthy(value: unknown, what: string, at: number): boolean {
  if (isVeiled(value)) return Boolean(opened(value as Secret));
  if (value instanceof Secret) throw secretRefused(what, at);
  if (isContainer(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Python's `==`: true is 1. */
export function isEqual(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(comparable(a), comparable(b));
}

function comparable(value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (isMapping(value))
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, comparable(entry)]));
  return value;
}

/** Whether it is a secret, or one is in it. */
export function holdsSecret(value: unknown): boolean {
  return value instanceof Secret || (isContainer(value) && Object.values(value).some(holdsSecret));
}

/**
 * What is computed of values. Where veiled ones are among them, and no other secrets, it is computed of what they stand for, and
 * veiled again: files that are encrypted as a whole hold numbers and switches like any other.
 */
export function throughVeils<const Values extends readonly unknown[]>(
  values: Values,
  compute: (...values: Values) => unknown,
): unknown {
  if (!values.some(holdsSecret)) return compute(...values);
  const open = values.map(unveiled) as unknown as Values;
  return open.some(holdsSecret) ? compute(...values) : veilResolved(compute(...open));
}

/** What was chosen by a value, which would tell of it where that is veiled. */
export function chosenBy(value: unknown, chosen: unknown): unknown {
  return isVeiled(value) ? veilResolved(chosen) : chosen;
}

/** What lies at that key of a mapping, or at that place of a list, counted from the end where it is below zero. */
export function entryOf(value: unknown, key: string): { readonly value: unknown } | undefined {
  if (Array.isArray(value)) {
    const place = /^-?\d+$/.test(key) ? Number(key) : Number.NaN;
    const index = place < 0 ? value.length + place : place;
    return index in value ? { value: value[index] } : undefined;
  }
  return isMapping(value) && Object.hasOwn(value, key) ? { value: value[key] } : undefined;
}
