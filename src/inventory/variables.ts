import type * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { Secret } from '../shell/secret.ts';
import { nearest } from './nearest.ts';
import type { Resolver } from './references.ts';
import { keysAt } from './schema-keys.ts';

/** One thing that is wrong with a host's variables. */
interface Problem {
  readonly location: string | undefined;
  readonly message: string;
  readonly hint: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * The host's variables that a schema names, references resolved, checked and with defaults filled in.
 *
 * @param reader what reads them, for messages: `the role docker`
 * @throws ProvisionError `inventory-bad-parameter` with everything that is wrong: the first as its message, the others as its
 *   detail; `inventory-unresolved-reference`
 */
export function parseVariables<Schema extends z.ZodObject>(
  schema: Schema,
  resolver: Resolver,
  reader: string,
): z.output<Schema> {
  const entries = Object.keys(schema.shape).map((name) => [name, resolver.variable(name)] as const);
  const values = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => describe(deepest(issue), { schema, values, resolver, reader }));
  const [first, ...others] = problems;
  throw new ProvisionError('inventory-bad-parameter', first?.message ?? `${reader} refuses its variables`, {
    host: resolver.host.name,
    location: first?.location,
    hint: first?.hint,
    detail: others.length === 0 ? undefined : others.map(problemLine).join('\n'),
  });
}

interface Context {
  readonly schema: z.ZodObject;
  readonly values: unknown;
  readonly resolver: Resolver;
  readonly reader: string;
}

function describe(issue: Issue, context: Context): readonly Problem[] {
  const { host } = context.resolver;
  const location = host.origin(issue.path) ?? host.origin(['roles']) ?? host.location;
  const name = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue.path, context));
  const found = valueAt(context.values, issue.path);
  if (found === undefined) return [missing(issue, location, context)];
  const shown = mayShow(issue.path) ? foundText(found) : typeText(found);
  const keys = keysAt(context.schema, issue.path);
  const hint = keys.length > 0 ? `It takes: ${keys.join(', ')}.` : hintFor(issue, found, context.reader);
  return [{ location, message: `${name}: ${expectation(issue)}, found ${shown}`, hint }];
}

function unknownKey(key: string, path: Path, { schema, resolver }: Context): Problem {
  const keys = keysAt(schema, path);
  const best = nearest(key, keys);
  return {
    location: resolver.host.origin([...path, key]),
    message: `${pathText(path)} has no key ${JSON.stringify(key)}`,
    hint: best === undefined ? `It takes: ${keys.join(', ')}.` : `Did you mean \`${best}\`?`,
  };
}

function missing(issue: Issue, location: string | undefined, { schema, reader }: Context): Problem {
  const parent = issue.path.slice(0, -1);
  const key = String(issue.path.at(-1));
  if (parent.length === 0) {
    return { location, message: `${reader} needs the variable ${key}`, hint: `Set ${key} under \`vars\`.` };
  }
  const keys = keysAt(schema, parent);
  const hint = `Add ${key} there${keys.length > 1 ? `; it takes: ${keys.join(', ')}` : ''}.`;
  return { location, message: `${pathText(parent)} lacks ${key}`, hint };
}

/** Of the alternatives that a value could have been, the one that it came furthest with: that is what was meant. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const branches = issue.errors.map((branch) => branch.map((inner) => deepest({ ...inner, path: [...issue.path, ...inner.path] })));
  const reached = branches.filter((branch) => branch.some(({ path, code }) => path.length > issue.path.length || code === 'unrecognized_keys'));
  const [best] = reached.sort((a, b) => a.length - b.length);
  if (best?.[0] !== undefined) return best[0];
  const expected = [...new Set(branches.flat().map(expectation).map((text) => text.replace(/^expected /, '')))];
  return { ...issue, errors: [], message: `expected ${expected.join(' or ')}` };
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'nothing',
  never: 'nothing',
};

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return `expected ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'too_small' && issue.origin === 'number') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big' && issue.origin === 'number') return `must be at most ${issue.maximum}`;
  if (issue.code === 'too_small') return `must hold at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must hold at most ${issue.maximum}`;
  if (issue.code === 'invalid_key') return `a key in it ${issue.issues[0]?.message ?? 'is refused'}`;
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) return `expected another ${issue.discriminator}`;
  return issue.message;
}

function hintFor(issue: Issue, found: unknown, reader: string): string {
  if (issue.code === 'invalid_value' && typeof found === 'string') {
    const best = nearest(found, issue.values.map(String));
    if (best !== undefined) return `Did you mean \`${best}\`?`;
  }
  const isScalar = typeof found === 'number' || typeof found === 'boolean';
  if (isScalar && /\ba text\b/.test(expectation(issue))) return 'Put it in quotes.';
  return `Correct it as ${reader} expects it.`;
}

/** Never the value of what may be a password. */
function mayShow(path: Path): boolean {
  return !path.some((key) => /pass|secret|token|key|credential/i.test(String(key)));
}

function foundText(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}…` : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeText(value);
}

function typeText(value: unknown): string {
  if (value instanceof Secret) return 'a secret';
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return { string: 'a text', number: 'a number', boolean: 'true or false' }[typeof value as string] ?? 'a mapping';
}

function valueAt(values: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], values);
}

/** `stack.services.app`, `users[0].name`. */
function pathText(path: Path): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('');
}

function problemLine({ location, message, hint }: Problem): string {
  return `${location === undefined ? '' : `${location}: `}${message}. ${hint}`;
}
