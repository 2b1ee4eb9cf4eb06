import { ProvisionError } from '../errors.ts';
import { keysAt, schemasAt } from '../schema/keys.ts';
import { suggest } from '../schema/nearest.ts';
import { CONNECTION_SCHEMA } from './connection.ts';
import { defaultOf } from './default-value.ts';
import { pathOf } from './expressions/expression.ts';
import { parseTemplate } from './expressions/template.ts';
import { pathText } from './issues.ts';
import { whyFirst } from './precedence.ts';
import { ROLES_SCHEMA } from './roles/reader.ts';
import { shown } from './secrets/mask.ts';
import { SECRETS_SCHEMA } from './secrets/secrets.ts';
import { type Inventory, isContainer, type Layer } from './types.ts';
import type { HostView, MaskedLayer } from './view.ts';

type Path = readonly string[];

/** One place that sets a variable, or the mapping that the key in question would lie in. */
export interface Place {
  readonly kind: Layer['kind'];
  /** Of the group or host. */
  readonly name: string;
  /** `prod.yml:12:7`. */
  readonly location: string;
  /** What is written there, references included; undefined where the mapping is set without the key. */
  readonly value: unknown;
}

/** Why a variable, or a key in one, has the value that it has on a host. Plain data; secrets stand as `<secret>`, unless they are shown. */
export interface Explanation {
  readonly host: string;
  /** As it was asked for: `stack.services.app.replicas`. */
  readonly variable: string;
  /** The one that counts first. */
  readonly places: readonly Place[];
  /** One sentence. */
  readonly why: string;
  /** With references resolved; undefined where nobody sets it. */
  readonly value: unknown;
  /** Why the value cannot be told. */
  readonly problem: string | undefined;
  /** What counts where nobody sets it, and who says so. */
  readonly fallback: { readonly value: unknown; readonly reader: string } | undefined;
  /** What it would lie in, where nobody sets that either and nothing stands in for it: then `fallback` counts only with that. */
  readonly within: string | undefined;
  /** Who reads it: `the role stack`, `the connection`. */
  readonly readers: readonly string[];
}

/**
 * Explains a variable of a host, or a key in it: `packages`, `users[0].name`, `stack.services.app.replicas`.
 * @throws ProvisionError `usage` for what is no path, `inventory-unknown-variable` for what nobody sets and nobody reads
 */
export function explain(view: HostView, variable: string, inventory: Pick<Inventory, 'groups' | 'path'>): Explanation {
  const path = parsePath(variable);
  const [name = ''] = path;
  const layers = view.layers.filter(({ vars }) => Object.hasOwn(vars, name)).toReversed();
  const [first, ...others] = layers;
  const isSet = first !== undefined && isWritten(first, path);
  const readers = readersOf(view, name);
  if (!isSet) checkKnown(view, path, readers);
  const { value, problem } = isSet ? resolved(view, path) : {};
  return {
    host: view.host.name,
    variable,
    places: layers.map((layer) => placeOf(view, layer, path)),
    why: whyText(path, first, others, inventory),
    value: view.shown(value),
    problem,
    fallback: isSet ? undefined : fallbackOf(path, readers),
    within: isSet ? undefined : missingAbove(path, first, readers),
    readers: readers.map(({ name }) => name),
  };
}

/** `stack.services.app`, `users[0].name`, `headers['X-A']`: what may stand in a reference. */
function parsePath(variable: string): Path {
  try {
    const [reference, ...others] = parseTemplate(`{{ ${variable} }}`);
    const path = typeof reference === 'object' && others.length === 0 ? pathOf(reference) : undefined;
    if (path !== undefined) return path;
  } catch {
    // Told below, for what was asked is no reference.
  }
  throw new ProvisionError('usage', `${JSON.stringify(variable)} is not the name of a variable`, {
    hint: 'Write a name, or the path of a key in it: stack.services.app.replicas, users[0].name.',
  });
}

function isWritten({ vars }: Layer, path: Path): boolean {
  return writtenAt(vars, path) !== undefined;
}

/** What is written at that path; where a reference stands for all that lies there, the reference. */
function writtenAt(vars: unknown, path: Path): unknown {
  let value = vars;
  for (const key of path) {
    if (typeof value === 'string' && value.includes('{{')) return value;
    if (!isContainer(value) || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function placeOf({ shown }: HostView, { kind, name, vars, origin }: MaskedLayer, path: Path): Place {
  return { kind, name, location: origin(path) ?? '', value: shown(writtenAt(vars, path)) };
}

function resolved({ resolver }: HostView, path: Path): { value?: unknown; problem?: string } {
  try {
    const [name = '', ...keys] = path;
    // As a whole a variable need not be one that references lead to: secrets are read one by one.
    return { value: keys.length === 0 ? resolver.variable(name) : resolver.lookUp(path) };
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    return { problem: error.message };
  }
}

interface Reader {
  readonly name: string;
  readonly schema: HostView['roles'][number]['params'];
}

function readersOf({ roles }: HostView, variable: string): readonly Reader[] {
  return [
    ...roles.map(({ name, params }) => ({ name: `the role ${name}`, schema: params })),
    { name: 'the connection', schema: CONNECTION_SCHEMA },
    { name: 'provision', schema: ROLES_SCHEMA },
    { name: 'provision', schema: SECRETS_SCHEMA },
  ].filter(({ schema }) => Object.hasOwn(schema.shape, variable));
}

/** The path as schemas know it: places in a list are numbers. */
function schemaPath(path: Path): readonly PropertyKey[] {
  return path.map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

function checkKnown({ host, roles, resolver }: HostView, path: Path, readers: readonly Reader[]): void {
  const [name = ''] = path;
  const names = [...Object.keys(host.vars), ...roles.flatMap(({ params }) => Object.keys(params.shape))];
  if (readers.length === 0 && !Object.hasOwn(host.vars, name)) {
    const connection = /^(ansible|provision)_/.test(name) ? Object.keys(CONNECTION_SCHEMA.shape) : [];
    throw unknown(`nobody sets the variable ${name}, and nobody reads it`, suggest(name, [...names, ...connection]));
  }
  for (let length = 1; length < path.length; length++) {
    const above = path.slice(0, length);
    const key = path[length] ?? '';
    const value = valueAt(resolver, above);
    const written = isContainer(value) ? Object.keys(value) : [];
    const keys = [...written, ...readers.flatMap(({ schema }) => keysAt(schema, schemaPath(above)))];
    const hint = Array.isArray(value) ? `It is a list of ${value.length}.` : suggest(key, keys);
    if (!keys.includes(key)) throw unknown(`${pathText(schemaPath(above))} has no ${key}`, hint);
  }

  function unknown(message: string, hint: string): ProvisionError {
    return new ProvisionError('inventory-unknown-variable', message, { host: host.name, hint });
  }
}

function valueAt(resolver: HostView['resolver'], path: Path): unknown {
  try {
    return resolver.lookUp(path);
  } catch {
    return undefined;
  }
}

function fallbackOf(path: Path, readers: readonly Reader[]): Explanation['fallback'] {
  for (const { name, schema } of readers) {
    for (const found of schemasAt(schema, schemaPath(path))) {
      const value = defaultOf(found);
      if (value !== undefined) return { value: shown(value), reader: name };
    }
  }
  return undefined;
}

function missingAbove(path: Path, first: Layer | undefined, readers: readonly Reader[]): string | undefined {
  for (let length = 1; length < path.length; length++) {
    const above = path.slice(0, length);
    if (first !== undefined && isWritten(first, above)) continue;
    if (fallbackOf(above, readers) === undefined) return pathText(schemaPath(above));
  }
  return undefined;
}

function whyText(path: Path, first: Layer | undefined, others: readonly Layer[], inventory: Pick<Inventory, 'groups'>) {
  if (first === undefined) return 'Nobody sets it.';
  const hasKey = isWritten(first, path);
  const isHidden = !hasKey && others.some((layer) => isWritten(layer, path));
  const whole = `${first.kind === 'extra' ? '' : `${first.kind} `}${first.name} sets ${path[0]} as a whole`;
  if (isHidden) return `Nothing counts: ${whole}, without this key. A mapping or list is replaced, never merged.`;
  if (!hasKey) return 'Nobody sets it.';
  const [second] = others;
  return second === undefined
    ? 'Nothing else sets it.'
    : `The first one counts: ${whyFirst(first, second, inventory)}.`;
}
