import type * as z from 'zod';

type Schema = z.core.$ZodType;

/** In a path: the keys of a mapping, instead of a value in it. */
export const RECORD_KEY = Symbol('key of a record');

/** The keys that a schema knows at that path: for the nearest valid one in an error. */
export function keysAt(schema: Schema, path: readonly PropertyKey[]): readonly string[] {
  const forms = schemasAt(schema, path).flatMap(unwrap);
  return [...new Set(forms.flatMap((form) => Object.keys(shapeOf(form))))];
}

/** The schemas of what stands at that path: several where there are alternatives, none where the schema has nothing there. */
export function schemasAt(schema: Schema, path: readonly PropertyKey[]): readonly Schema[] {
  return path.reduce<readonly Schema[]>((schemas, key) => schemas.flatMap((s) => schemasBelow(s, key)), [schema]);
}

function schemasBelow(schema: Schema, key: PropertyKey): readonly Schema[] {
  return unwrap(schema).flatMap((form) => below(form, key) ?? []);
}

function below(form: Schema, key: PropertyKey): Schema | null | undefined {
  const { def } = (form as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return typeof key === 'number' ? def.element : undefined;
  if (def.type === 'record') return key === RECORD_KEY ? def.keyType : def.valueType;
  if (def.type === 'tuple') return def.items[Number(key)];
  const shape = shapeOf(form);
  return Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
}

/** The schemas behind what only wraps or chooses: optional, default, pipe, union. */
export function unwrap(schema: Schema | undefined): readonly Schema[] {
  if (schema === undefined) return [];
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'union') return def.options.flatMap(unwrap);
  if (def.type === 'intersection') return [...unwrap(def.left), ...unwrap(def.right)];
  if (def.type === 'pipe') return [...unwrap(def.in), ...unwrap(def.out)];
  if (def.type === 'lazy') return unwrap(def.getter());
  if ('innerType' in def) return unwrap(def.innerType);
  return [schema];
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'object' ? def.shape : {};
}
