import { expect, it } from 'vitest';
import { fields, z } from '../../src/index.ts';
import { defaultOf } from '../../src/inventory/default-value.ts';

const Names = z.union([
  z.array(z.string()).transform((present) => ({ present })),
  z.strictObject({ present: z.array(z.string()) }),
]);

it.each<[string, z.ZodType, unknown]>([
  ['a word', z.string().default('root'), 'root'],
  ['a number', z.int().default(60_000), 60_000],
  ['false', z.boolean().default(false), false],
  ['a time span', fields.duration().default(60_000), '60s'],
  ['a long time span', fields.duration().default(63_072_000_000), '730d'],
  ['a short time span', fields.duration().default(1500), '1500ms'],
  ['no time', fields.duration().default(0), 0],
  ['what is read first', Names.prefault([]), []],
  ['a mapping of defaults', z.strictObject({ a: z.int().default(1) }).prefault({}), {}],
  ['nothing for what is optional', z.string().optional(), undefined],
  ['nothing for what is required', z.string(), undefined],
])('defaultOf: %s', (_what, schema, expected) => {
  expect(defaultOf(schema)).toEqual(expected);
});
