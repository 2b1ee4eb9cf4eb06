/** What a zod schema says of the keys of a mapping, nested ones included: for comparing it with what a document says. */
import type { z } from '../../src/index.ts';

type Schema = z.core.$ZodType;

/** One key of a mapping, as people write it. */
export interface SchemaKey {
  readonly isRequired: boolean;
  /** What counts where the key is not given; undefined where nothing does. */
  readonly defaultValue: unknown;
  /** What the schema makes of a value that was given. */
  read(value: unknown): unknown;
  /** Values that the schema names: `present`, `absent`. */
  readonly words: readonly string[];
  /** Of what types a value may be: `string`, `boolean`, `array`. */
  readonly types: readonly string[];
  /** Of a whole number that nothing else may stand for: `1 to 50`, `from 1`. */
  readonly range: string | undefined;
}

/**
 * All keys by their paths: `services.NAME.build.context`. NAME stands for what the user names; entries of a list have the
 * path of the list.
 */
export function schemaKeys(schema: Schema, path = ''): ReadonlyMap<string, SchemaKey> {
  const keys = new Map<string, SchemaKey>();
  for (const form of formsOf(schema)) {
    for (const [name, below] of childrenOf(form)) {
      const inner = [path, name].filter(Boolean).join('.');
      // An array has no name of its own, and what the user names is no key.
      if (name !== '' && name !== 'NAME') keys.set(inner, describe(below));
      for (const [key, described] of schemaKeys(below, inner)) keys.set(key, described);
    }
  }
  return keys;
}

function childrenOf(form: Schema): readonly (readonly [name: string, schema: Schema])[] {
  const { def } = (form as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return Object.entries(def.shape);
  if (def.type === 'array') return [['', def.element]];
  if (def.type === 'record') return [['NAME', def.valueType]];
  return [];
}

/** The schemas behind what only wraps or chooses. What refers to itself, as JSON does, is left as it is. */
function formsOf(schema: Schema): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'union') return def.options.flatMap(formsOf);
  if (def.type === 'pipe') return formsOf(def.in);
  if ('innerType' in def) return formsOf(def.innerType);
  return [schema];
}

function describe(schema: Schema): SchemaKey {
  const { safeParse, parse } = schema as z.ZodType;
  const absent = safeParse(undefined);
  const forms = formsOf(schema);
  const [only, ...others] = forms;
  return {
    isRequired: !absent.success,
    defaultValue: absent.data,
    read: parse,
    words: forms.flatMap(wordsOf),
    types: forms.map((form) => (form as z.core.$ZodTypes)._zod.def.type),
    range: only !== undefined && others.length === 0 ? rangeOf(only) : undefined,
  };
}

function wordsOf(form: Schema): readonly string[] {
  const { def } = (form as z.core.$ZodTypes)._zod;
  if (def.type === 'enum') return Object.values(def.entries).map(String);
  return def.type === 'literal' ? def.values.map(String) : [];
}

function rangeOf(form: Schema): string | undefined {
  const { type } = (form as z.core.$ZodTypes)._zod.def;
  const { isInt, minValue, maxValue, safeParse } = form as z.ZodNumber;
  if (type !== 'number' || !isInt || minValue === null || minValue <= Number.MIN_SAFE_INTEGER) return undefined;
  // Of a number that must be positive zod tells that it is more than 0.
  const least = safeParse(minValue).success ? minValue : minValue + 1;
  return maxValue === null || maxValue >= Number.MAX_SAFE_INTEGER ? `from ${least}` : `${least} to ${maxValue}`;
}
