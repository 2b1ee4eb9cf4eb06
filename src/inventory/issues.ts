import type * as z from 'zod';
import { keysAt } from '../schema/keys.ts';
import { nearest } from '../schema/nearest.ts';
import { Secret } from '../shell/secret.ts';
import { type Host, isMapping } from './types.ts';

/** One thing that is wrong with a host's variables. */
export interface Problem {
  readonly location: string;
  readonly message: string;
  readonly hint: string;
  /** The variable's path: `site.services.app.replicas`. */
  readonly about: string;
  /** For a key that nobody knows: the path that was most likely meant. */
  readonly meant?: string | undefined;
}

export interface IssueContext {
  readonly host: Host;
  readonly schema: z.ZodObject;
  /** What the schema was given. */
  readonly values: unknown;
  /** What reads the variables: `the role docker`. */
  readonly reader: string;
  /** No value is to be shown: all of them were encrypted. */
  readonly isEncrypted: boolean;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** What an issue of zod's means to the author of the inventory: where, what was expected, what stands there. */
export function describeIssue(issue: Issue, context: IssueContext): readonly Problem[] {
  return narrow(issue).flatMap((narrowed) => describe(narrowed, context));
}

function describe(issue: Issue, context: IssueContext): readonly Problem[] {
  const { host, values, reader, isEncrypted } = context;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue.path, context));
  const found = valueAt(values, issue.path);
  if (found === undefined) return [missing(issue.path, context)];
  const about = pathText(issue.path);
  const location = locate(host, issue.path);
  if (issue.code === 'invalid_key') {
    const name = JSON.stringify(issue.path.at(-1));
    const message = `${pathText(issue.path.slice(0, -1))}: the name ${name} ${issue.issues[0]?.message ?? 'is refused'}`;
    return [{ about, location, message, hint: 'Choose another name.' }];
  }
  const message = `${about}: ${expectation(issue)}${foundText(issue, found, isEncrypted)}`;
  const wayOut = saysWhatToWrite(issue) ? 'Write what is expected there' : 'Correct that';
  const hint = hintFor(issue, found, context) ?? `${wayOut}: ${reader} reads it.`;
  return [{ about, location, message, hint }];
}

function unknownKey(key: string, path: Path, { schema, host }: IssueContext): Problem {
  const keys = keysAt(schema, path);
  const about = pathText([...path, key]);
  const location = locate(host, [...path, key]);
  if (keys.includes(key)) {
    const message = `${pathText(path)}: ${key} cannot stand beside the other keys there`;
    return { about, location, message, hint: 'Keep one of them.' };
  }
  const best = nearest(key, keys);
  const message = `${pathText(path)} has no key ${JSON.stringify(key)}`;
  if (best === undefined) return { about, location, message, hint: `It takes: ${keys.join(', ')}.` };
  return { about, location, message, hint: `Did you mean \`${best}\`?`, meant: pathText([...path, best]) };
}

function missing(path: Path, { schema, host, reader }: IssueContext): Problem {
  const parent = path.slice(0, -1);
  const key = String(path.at(-1));
  const about = pathText(path);
  const location = locate(host, path);
  if (parent.length === 0) {
    return { about, location, message: `${reader} needs the variable ${key}`, hint: `Set ${key} under \`vars\`.` };
  }
  const keys = keysAt(schema, parent);
  const hint = `Add ${key} there${keys.length > 1 ? `; it takes: ${keys.join(', ')}` : ''}.`;
  return { about, location, message: `${pathText(parent)} lacks ${key}`, hint };
}

/** Of the alternatives that a value could have been, what is wrong with the one that was most likely meant. */
function narrow(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const branches = issue.errors.map((branch) =>
    branch.flatMap((inner) => narrow({ ...inner, path: [...issue.path, ...inner.path] })),
  );
  const isRefusedAtOnce = ({ path, code }: Issue) =>
    path.length === issue.path.length && (code === 'invalid_type' || code === 'invalid_value');
  const reached = branches.filter((branch) => !branch.some(isRefusedAtOnce));
  const unknown = unknownToAll(reached, issue.path.length);
  if (unknown !== undefined) return [unknown];
  const [best] = reached.sort((a, b) => a.length - b.length);
  if (best !== undefined) return best;
  const expected = new Set(branches.flat().map((inner) => expectation(inner).replace(/^expected /, '')));
  return [{ ...issue, errors: [], message: `expected ${[...expected].join(' or ')}` }];
}

/** The keys that none of several alternatives has: a typo, whichever was meant. */
function unknownToAll(branches: readonly (readonly Issue[])[], depth: number): Issue | undefined {
  const refused = branches.map((branch) =>
    branch.find((issue) => issue.code === 'unrecognized_keys' && issue.path.length === depth),
  );
  const [first, ...others] = refused.map((issue) => (issue?.code === 'unrecognized_keys' ? issue : undefined));
  if (first === undefined) return undefined;
  const keys = first.keys.filter((key) => others.every((other) => other?.keys.includes(key)));
  return keys.length === 0 ? undefined : { ...first, keys };
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** What is expected there: `expected a number`, `must be at most 65535`. */
export function expectation(issue: Issue): string {
  // The schema's own words say more than any that could be made here.
  if (!/^(Invalid|Too |Unrecognized)/.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type') return `expected ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'too_small') return `must ${issue.origin === 'number' ? 'be' : 'hold'} at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must ${issue.origin === 'number' ? 'be' : 'hold'} at most ${issue.maximum}`;
  if (issue.code === 'invalid_format' && issue.format === 'url') return 'must be a URL';
  if (issue.code === 'invalid_format' && /^ipv[46]$/.test(issue.format)) return 'must be an IP address';
  if (issue.code === 'invalid_format') return `must be of the form ${issue.pattern ?? issue.format}`;
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) return `has no such ${issue.discriminator}`;
  return 'is refused';
}

function hintFor(issue: Issue, found: unknown, { schema, reader }: IssueContext): string | undefined {
  if (found instanceof Secret && isTypeWrong(issue)) return `Write it openly: ${reader} takes no secret there.`;
  if (issue.code === 'invalid_value' && typeof found === 'string') {
    const best = nearest(found, issue.values.map(String));
    if (best !== undefined) return `Did you mean \`${best}\`?`;
  }
  const isScalar = typeof found === 'number' || typeof found === 'boolean';
  if (isScalar && /\ba text\b/.test(expectation(issue))) return 'Put it in quotes.';
  const keys = issue.code === 'custom' || isMapping(found) ? [] : keysAt(schema, issue.path);
  return keys.length > 0 ? `It takes: ${keys.join(', ')}.` : undefined;
}

/** Where that value stands; where nothing does, the place that it is missing from; else the list of roles. */
function locate(host: Host, path: Path): string {
  return host.origin(path) ?? host.origin(['roles']) ?? host.location;
}

const MAX_SHOWN = 60;

/** What stands there: never the value of what may be a password, be it one that was written as a number. */
function foundText(issue: Issue, found: unknown, isEncrypted: boolean): string {
  if (!saysWhatToWrite(issue)) return '';
  const mayShow = !isEncrypted && !issue.path.some((key) => /pass|secret|token|key|credential/i.test(String(key)));
  if (typeof found === 'boolean') return `, found ${found}`;
  if (mayShow && typeof found === 'string') return `, found ${shorten(JSON.stringify(found))}`;
  const isFraction = issue.code === 'invalid_type' && issue.expected === 'int';
  if (mayShow && typeof found === 'number' && (isFraction || !isTypeWrong(issue))) return `, found ${found}`;
  // That something is a text says nothing where one could stand.
  if (issue.code === 'custom' && typeof found === 'string') return found === '' ? ', found an empty text' : '';
  return isTypeWrong(issue) ? `, found ${typeText(found)}` : '';
}

/** Whether the words tell what to write there. A role's own may tell what does not go together with something else. */
function saysWhatToWrite(issue: Issue): boolean {
  return issue.code !== 'custom' || /^(expected|must be) /.test(expectation(issue));
}

function isTypeWrong({ code }: Issue): boolean {
  return code === 'invalid_type' || code === 'invalid_union' || code === 'custom';
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function typeText(value: unknown): string {
  if (value instanceof Secret) return 'a secret';
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return TYPES[typeof value] ?? 'a mapping';
}

function valueAt(values: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], values);
}

/** `stack.services.app`, `users[0].name`, `files["/etc/motd"]`. */
export function pathText(path: Path): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^[\w-]+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(String(key))}]`;
  });
  return steps.join('').replace(/^\./, '');
}
