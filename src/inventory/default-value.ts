import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';

type Schema = z.core.$ZodType;

/** Largest first. Minutes are told in seconds, as people do: `60s`. */
const SPANS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/**
 * What counts where nothing is given, in the form in which people would write it; undefined where nothing does.
 *
 * @example defaultOf(duration().default(90_000)) // '90s'
 */
export function defaultOf(schema: Schema): unknown {
  const { safeParse } = schema as z.ZodType;
  const implied = safeParse(undefined);
  if (!implied.success || implied.data === undefined) return undefined;
  const reads = (written: unknown) => isDeepStrictEqual(safeParse(written).data, implied.data);
  return [writtenDefault(schema), implied.data, spanOf(implied.data)].find((form) => form !== undefined && reads(form));
}

/** The default as the schema has it: before it is read (`prefault`), or what it is read as (`default`). */
function writtenDefault(schema: Schema): unknown {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'default' || def.type === 'prefault' ? def.defaultValue : undefined;
}

/** Schemas hold time spans as milliseconds. */
function spanOf(value: unknown): string | undefined {
  if (typeof value !== 'number' || value === 0) return undefined;
  const [unit, size] = SPANS.find(([, ms]) => value % ms === 0) ?? [];
  return size === undefined ? undefined : `${value / size}${unit}`;
}
