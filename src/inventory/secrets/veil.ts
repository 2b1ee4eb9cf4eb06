/** Variables of what is encrypted as a whole: each text, number or truth value that may be a secret is taken for one. */
import type * as z from 'zod';
import { Secret, type Text } from '../../shell/secret.ts';
import { isTemplate } from '../expressions/template.ts';
import { shareOrigins } from '../origins.ts';
import { isContainer } from '../types.ts';

type Path = readonly PropertyKey[];
type Scalar = string | number | boolean;

/**
 * Checks values with all that is written in them veiled, that is: as a secret. Where the schema refuses a secret the text stands openly,
 * and all is checked again. Nothing else tells what a schema takes for secret: it may choose, transform and refine.
 *
 * @returns as `safeParse` of the schema
 */
export function parseVeiled<Schema extends z.ZodObject>(
  schema: Schema,
  values: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  return parseUnveiling(schema, mapScalars(values, veil));
}

/** Checks values in which some texts are veiled already, and unveils where the schema refuses a secret. */
export function parseUnveiling<Schema extends z.ZodObject>(
  schema: Schema,
  values: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  // No schema takes a secret for a truth value, and where one takes anything, a role that asks for it must see which it is.
  for (let veiled = mapScalars(values, (value, asItIs) => (typeof value === 'boolean' ? value : asItIs)); ; ) {
    const result = schema.safeParse(veiled);
    if (result.success) return result;
    const before = veiled;
    for (const path of result.error.issues.flatMap((issue) => pathsOf(issue, []))) veiled = unveilAt(veiled, path);
    if (veiled === before) return result;
  }
}

/** A copy with each text, number and truth value in it veiled; those with references stay, for they are resolved first. */
export function veilScalars(value: unknown): unknown {
  return mapScalars(value, (text) => (typeof text === 'string' && isTemplate(text) ? text : veil(text)));
}

/** As `veilScalars`, of what is resolved: braces in it are no references. */
export function veilResolved(value: unknown): unknown {
  return mapScalars(value, veil);
}

/** A copy with what is veiled in it open. */
export function unveiled(value: unknown): unknown {
  return mapScalars(value, (text) => text);
}

export function isVeiled(value: unknown): boolean {
  return value instanceof Secret && veils.has(value);
}

const veils = new WeakMap<Secret, Scalar>();
/** Equal texts have equal names: by these secrets are compared. */
const names = new Map<string, string>();

/** A text, number or truth value as a secret. It is remembered, to be masked wherever it shows, only if somebody asks for it. */
export function veil(value: Scalar): Secret {
  const text = asText(value);
  const name = names.get(text) ?? `text ${names.size + 1} of the encrypted inventory`;
  names.set(text, name);
  const secret = Secret.lazy(name, () => text);
  veils.set(secret, value);
  return secret;
}

/** What a secret is where no secret can stand. */
export function opened(secret: Secret): Scalar {
  return veils.get(secret) ?? secret.reveal();
}

/** Texts one after another. With veiled ones among them, and no other secrets, the whole is veiled: it can be unveiled as well. */
export function joinTexts(texts: readonly Text[]): Text {
  const plain = texts.map((text) => (isVeiled(text) ? (text as Secret).reveal() : text));
  const joined = Secret.join(...plain);
  if (plain.every((text, i) => text === texts[i])) return joined;
  return typeof joined === 'string' ? veil(joined) : Secret.join(...texts);
}

/** Everything that an issue is about, in each of several alternatives. */
function pathsOf(issue: z.core.$ZodIssue, above: Path): readonly Path[] {
  const path = [...above, ...issue.path];
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().flatMap((other) => pathsOf(other, path)) : [];
  return inner.length > 0 ? inner : [path];
}

/** A copy with what stands there unveiled; the same value where there is nothing to unveil. */
function unveilAt(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return unveiled(value);
  if (!isContainer(value) || !Object.hasOwn(value, key)) return value;
  const entry = (value as Record<PropertyKey, unknown>)[key];
  const changed = unveilAt(entry, rest);
  if (changed === entry) return value;
  if (Array.isArray(value)) return value.with(Number(key), changed);
  return { ...value, [key]: changed };
}

/** As Python prints it. */
function asText(value: Scalar): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

/** A copy with each single value in it, veiled or not, exchanged; the same value where nothing changes. */
function mapScalars(value: unknown, change: (value: Scalar, asItIs: Scalar | Secret) => unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return change(value, value);
  if (value instanceof Secret) {
    const text = veils.get(value);
    return text === undefined ? value : change(text, value);
  }
  if (!isContainer(value)) return value;
  const entries = Object.entries(value).map(([key, entry]) => [key, mapScalars(entry, change)] as const);
  const before = Object.values(value);
  if (entries.every(([, entry], i) => entry === before[i])) return value;
  return shareOrigins(Array.isArray(value) ? entries.map(([, entry]) => entry) : Object.fromEntries(entries), value);
}
