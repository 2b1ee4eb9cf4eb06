import type * as z from 'zod';

type Schema = z.core.$ZodType;

/** The keys that a schema knows at that path: for the nearest valid one in an error. */
export function keysAt(schema: Schema, path: readonly PropertyKey[]): readonly string[] {
  const reached = path.reduce<readonly Schema[]>(
    (schemas, key) => schemas.flatMap((s) => below(s, key)),
    unwrap(schema),
  );
  return [...new Set(reached.flatMap((s) => Object.keys(shapeOf(s))))];
}

function below(schema: Schema, key: PropertyKey): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return typeof key === 'number' ? unwrap(def.element) : [];
  if (def.type === 'record') return unwrap(def.valueType);
  if (def.type === 'tuple') return unwrap(def.items[Number(key)]);
  return unwrap(shapeOf(schema)[String(key)]);
}

/** The schemas behind what only wraps or chooses: optional, default, pipe, union. */
function unwrap(schema: Schema | undefined): readonly Schema[] {
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
