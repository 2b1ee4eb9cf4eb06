import type * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { describeIssue, type Problem } from './issues.ts';
import type { Resolver } from './references.ts';
import { decryptAll } from './vaulted.ts';
import { parseVeiled } from './veil.ts';

/** What a schema made of a host's variables, or else everything that is wrong with them. */
export type Checked<Data> = { readonly data: Data } | { readonly problems: readonly Problem[] };

/**
 * Checks the variables that a schema names, references resolved and encrypted values decrypted, and fills in defaults.
 *
 * @param reader what reads them, for messages: `the role docker`
 * @param veiled whether every text that may be a secret is one
 * @throws ProvisionError `inventory-unresolved-reference`, and for an encrypted value as `decryptVault`
 */
export function checkVariables<Schema extends z.ZodObject>(
  schema: Schema,
  resolver: Resolver,
  reader: string,
  veiled = false,
): Checked<z.output<Schema>> {
  const entries = Object.keys(schema.shape).map((name) => [name, resolver.variable(name)] as const);
  const values = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  decryptAll(values, resolver.host);
  const result = veiled ? parseVeiled(schema, values) : schema.safeParse(values);
  if (result.success) return { data: result.data };
  const context = { schema, values, host: resolver.host, reader, isEncrypted: resolver.isEncrypted };
  return { problems: result.error.issues.flatMap((issue) => describeIssue(issue, context)) };
}

/** The variables that a schema names, as `checkVariables`. @throws ProvisionError `inventory-bad-parameter` as well */
export function parseVariables<Schema extends z.ZodObject>(
  schema: Schema,
  resolver: Resolver,
  reader: string,
): z.output<Schema> {
  const checked = checkVariables(schema, resolver, reader);
  if ('data' in checked) return checked.data;
  throw badVariables(resolver, checked.problems);
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
