/** The filters that go through the entries of a mapping. */
import { type Code, samplesOf } from '../code/code.ts';
import { entryOf, guess, listOf, type Shape, TEXT } from '../code/shapes.ts';
import { NotTranslated } from '../not-translated.ts';
import { isRecord } from '../playbook/yaml-source.ts';

/** As `items` and `dict2items` have them. */
export function entriesInOrder(value: Code): Code {
  return entries(value, (source) => `Object.entries(${source}).map(([key, value]) => ({ key, value }))`);
}

/** As `dictsort` has them. */
export function entriesByName(value: Code): Code {
  return entries(value, (source) => `sortedEntries(${source})`);
}

/** JavaScript puts keys that are numbers first, and `dictsort` compares them as such. */
function checkOrder(value: Code): void {
  const keys = samplesOf([value]).flatMap((sample) => (isRecord(sample) ? Object.keys(sample) : []));
  if (keys.length < 2 || !keys.some((key) => /^\d+$/.test(key))) return;
  throw new NotTranslated(
    'it goes through a mapping with numbers for keys, which has another order here',
    'Make it a list of mappings.',
  );
}

/** As Python's `keys()` and `values()`. */
export function partsOf(method: 'keys' | 'values', value: Code): Code {
  const { source, inner } = mappingOf(value, `it asks for the ${method} of something that is no mapping`);
  return { code: `Object.${method}(${source})`, shape: listOf(method === 'keys' ? TEXT : inner), isAtom: true };
}

function entries(value: Code, code: (source: string) => string): Code {
  const { source, inner } = mappingOf(value, 'it goes through the entries of something that is no mapping');
  const item: Shape = {
    type: 'map',
    fields: new Map([
      ['key', { shape: TEXT, isOptional: false }],
      ['value', { shape: inner, isOptional: false }],
    ]),
  };
  return { code: code(source), shape: listOf(item), isAtom: true };
}

/** Code of the mapping, empty where it may be missing, and what each of its entries is. @throws NotTranslated for something else */
function mappingOf(value: Code, otherwise: string): { readonly source: string; readonly inner: Shape } {
  const shape = guess(value.shape, { type: 'map', fields: new Map() });
  if (shape.type !== 'map') throw new NotTranslated(otherwise);
  checkOrder(value);
  return { source: value.isOptional ? `${value.code} ?? {}` : value.code, inner: entryOf(shape) };
}
