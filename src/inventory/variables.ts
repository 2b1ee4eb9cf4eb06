import type * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { Secret } from '../shell/secret.ts';
import type { Resolver } from './expressions/references.ts';
import { describeIssue, type Problem } from './issues.ts';
import { decryptAll } from './secrets/vaulted.ts';
import { opened, parseUnveiling, parseVeiled } from './secrets/veil.ts';

/** What a schema made of a host's variables, or else everything that is wrong with them. */
export type Checked<Data> = { readonly data: Data } | { readonly problems: readonly Problem[] };

/**
 * How a schema that tells texts from secrets meets what is one and may be the other. `veiled`: every text that may be a secret is
 * one. `opened`: a secret where only a text can stand is taken as that.
 */
type Reading = 'as written' | 'veiled' | 'opened';

/**
 * Checks the variables that a schema names, references resolved and encrypted values decrypted, and fills in defaults.
 *
 * @param reader what reads them, for messages: `the role docker`
 * @throws ProvisionError `inventory-unresolved-reference`, and for an encrypted value as `decryptVault`
 */
export function checkVariables<Schema extends z.ZodObject>(
  schema: Schema,
  resolver: Resolver,
  reader: string,
  reading: Reading = 'as written',
): Checked<z.output<Schema>> {
  const entries = Object.keys(schema.shape).map((name) => [name, resolver.variable(name)] as const);
  const values = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  decryptAll(values, resolver.host);
  const result =
    reading === 'veiled'
      ? parseVeiled(schema, values)
      : parseUnveiling(schema, reading === 'opened' ? open(schema, values) : values);
  if (result.success) return { data: result.data };
  const context = { schema, values, host: resolver.host, reader, isEncrypted: resolver.isEncrypted };
  return { problems: result.error.issues.flatMap((issue) => describeIssue(issue, context)) };
}

/** The variables that a schema names, as `checkVariables`. @throws ProvisionError `inventory-bad-parameter` as well */
export function parseVariables<Schema extends z.ZodObject>(
  schema: Schema,
  resolver: Resolver,
  reader: string,
  reading?: Reading,
): z.output<Schema> {
  const checked = checkVariables(schema, resolver, reader, reading);
  if ('data' in checked) return checked.data;
  throw badVariables(resolver, checked.problems);
}

function open(schema: z.ZodObject, values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const isText = value instanceof Secret && value.isKnown && schema.shape[name]?.safeParse(value).success === false;
      return [name, isText ? opened(value) : value];
    }),
  );
}

/** One error for everything that is wrong with a host's variables: the first as its message, the others as its detail. */
export function badVariables({ host }: Resolver, problems: readonly Problem[]): ProvisionError {
  const [first, ...others] = condense(problems);
  const lines = others.map(({ location, message, hint }) => `${location}: ${message}. ${hint}`);
  return new ProvisionError('inventory-bad-parameter', first?.message ?? 'a variable is refused', {
    host: host.name,
    location: first?.location,
    hint: first?.hint,
    detail: lines.length === 0 ? undefined : lines.join('\n'),
  });
}

/** In their order in the file, each once although several roles read the variable, and without what a typo leaves missing. */
function condense(problems: readonly Problem[]): readonly Problem[] {
  const meant = new Set(problems.map((problem) => problem.meant));
  const distinct = new Map<string, Problem>();
  for (const problem of problems) {
    const key = `${problem.location} ${problem.message}`;
    if (!meant.has(problem.about) && !distinct.has(key)) distinct.set(key, problem);
  }
  // `prod.yml:9:3` before `prod.yml:10:3`.
  return [...distinct.values()].sort((a, b) => a.location.localeCompare(b.location, 'en', { numeric: true }));
}
