/** Shapes of values as code: their schema, and their type. */
import { call, chain, type Doc, object } from './layout.ts';
import { isFraction, known, type Shape } from './shapes.ts';
import { keyCode } from './value-code.ts';

/** The schema of zod that takes values of that shape. */
export function schemaOf(shape: Shape): Doc {
  const found = known(shape);
  switch (found.type) {
    case 'number':
      return found.isStrict || isFraction(found) ? 'z.number()' : 'fields.number()';
    case 'boolean':
      return 'z.boolean()';
    case 'secret':
      return 'fields.secretText()';
    case 'scalar':
      return 'z.union([z.string(), z.number(), z.boolean()])';
    case 'list':
      return call('z.array', schemaOf(found.item));
    case 'map': {
      const fields = [...found.fields].map(([name, field]) => {
        const schema = schemaOf(field.shape);
        const key = keyCode(name);
        return [key, field.isOptional ? chain(schema, 'optional') : schema] as const;
      });
      if (found.entry !== undefined) {
        const isKnown = known(found.entry).type !== 'unknown';
        return call('z.record', 'z.string()', isKnown ? schemaOf(found.entry) : 'z.unknown()');
      }
      return call(found.isOpen ? 'z.looseObject' : 'z.object', object(fields));
    }
    case 'text':
      return found.isStrict ? 'z.string()' : 'fields.text()';
    case 'unknown':
      return 'fields.text()';
    default:
      return 'z.string()';
  }
}

const SCALAR = 'string | number | boolean';

/** The type of TypeScript of values of that shape. */
export function typeOf(shape: Shape): string {
  const found = known(shape);
  switch (found.type) {
    case 'number':
    case 'boolean':
      return found.type;
    case 'scalar':
      return SCALAR;
    case 'list': {
      const item = typeOf(found.item);
      return item === SCALAR ? `(${item})[]` : `${item}[]`;
    }
    case 'map': {
      if (found.entry !== undefined) {
        const isKnown = known(found.entry).type !== 'unknown';
        return `Record<string, ${isKnown ? typeOf(found.entry) : 'unknown'}>`;
      }
      const fields = [...found.fields].map(([name, field]) => {
        const key = keyCode(name);
        return `${key}${field.isOptional ? '?' : ''}: ${typeOf(field.shape)}`;
      });
      return fields.length === 0 ? 'Record<string, unknown>' : `{ ${fields.join('; ')} }`;
    }
    default:
      return 'string';
  }
}
