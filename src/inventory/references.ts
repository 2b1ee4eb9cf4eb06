import { ProvisionError } from '../errors.ts';
import { nearest, suggest } from '../schema/nearest.ts';
import { Secret, type Text } from '../shell/secret.ts';
import { isTemplate, type Piece, parseTemplate } from './template.ts';
import { type Host, type Inventory, isContainer } from './types.ts';

type Path = readonly string[];

/** A host's variables with their references resolved. */
export interface Resolver {
  readonly host: Host;
  /** The value of a variable, undefined where the host has none of that name. @throws ProvisionError `inventory-unresolved-reference` */
  variable(name: string): unknown;
  /**
   * The value at a path as references have it: `['stack', 'name']`, `['secrets', 'db_app']`. Nothing but this is resolved.
   * @throws ProvisionError `inventory-unresolved-reference`, also where there is nothing
   */
  lookUp(path: readonly string[]): unknown;
  /** The names of the variables that references were made to. */
  readonly referenced: ReadonlySet<string>;
  /** Whether the host's variables come from an inventory that is encrypted as a whole. */
  readonly isEncrypted: boolean;
}

/**
 * Resolves `{{ }}` references in a host's variables: against the host's variables, `secrets.NAME`, `env.NAME`,
 * `inventory_hostname` and `groups`. A text that is one reference takes the value's type; within a longer text the value
 * must be a single one. Where a secret stands in a text, the text becomes a `Secret`.
 *
 * @param secrets the host's secrets by name; may still be filled after this call
 */
export function createResolver(
  host: Host,
  {
    env,
    groups,
    isEncrypted,
  }: Pick<Inventory, 'groups' | 'isEncrypted'> & { readonly env: Readonly<Record<string, Text | undefined>> },
  secrets: ReadonlyMap<string, Secret>,
): Resolver {
  const cache = new Map<string, unknown>();
  const referenced = new Set<string>();
  /** The texts that are being resolved, each because of the one before it. */
  const stack: string[] = [];

  function variable(name: string): unknown {
    if (cache.has(name) || !Object.hasOwn(host.vars, name)) return cache.get(name);
    const value = resolve(host.vars[name], [name]);
    cache.set(name, value);
    return value;
  }

  function resolve(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return isTemplate(value) ? resolveText(value, path) : value;
    if (!isContainer(value) || !holdsTemplates(value)) return value;
    if (Array.isArray(value)) return value.map((item, i) => resolve(item, [...path, String(i)]));
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolve(entry, [...path, key])]));
  }

  function resolveText(text: string, path: Path): unknown {
    const place = { host: host.name, location: host.origin(path) };
    const name = path.join('.');
    if (stack.includes(name)) throw cycleError([...stack.slice(stack.indexOf(name)), name]).at(defined(place));
    stack.push(name);
    try {
      const pieces = parseTemplate(text);
      const [only] = pieces;
      if (pieces.length === 1 && typeof only === 'object') return lookUp(only.path);
      return Secret.join(...pieces.map(toText));
    } catch (error) {
      throw error instanceof ProvisionError ? error.at(defined(place)) : error;
    } finally {
      stack.pop();
    }
  }

  function toText(piece: Piece): Text {
    if (typeof piece === 'string') return piece;
    const value = lookUp(piece.path);
    if (typeof value === 'string' || value instanceof Secret) return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    const what = value === null ? 'nothing' : Array.isArray(value) ? 'a list' : 'a mapping';
    const hint = 'Let the reference be the whole text, or refer to one value in it.';
    throw unresolved(`{{ ${piece.path.join('.')} }} is ${what}, which cannot stand within a text`, hint);
  }

  function lookUp(path: Path): unknown {
    const [first = '', ...rest] = path;
    if (first === 'secrets') return lookUpSecret(path);
    if (first === 'env' && !Object.hasOwn(host.vars, 'env')) return lookUpEnv(path);
    if (first === 'inventory_hostname') return walk(host.name, path, 1);
    if (first === 'groups') return lookUpGroups(path);
    referenced.add(first);
    if (!Object.hasOwn(host.vars, first)) {
      const hint = suggest(first, [...Object.keys(host.vars), 'secrets', 'env', 'groups', 'inventory_hostname']);
      throw unresolved(`{{ ${path.join('.')} }}: there is no variable ${first}`, hint);
    }
    if (rest.length === 0) return variable(first);
    return walk(host.vars[first], path, 1);
  }

  /** Goes down from the unresolved value, so that entries of one mapping may refer to each other. */
  function walk(start: unknown, path: Path, from: number): unknown {
    let value = start;
    // What a reference gave is resolved for good: braces in it are literal ones.
    let isResolved = false;
    for (let depth = from; depth < path.length; depth++) {
      if (!isResolved && typeof value === 'string' && isTemplate(value)) {
        value = resolve(value, path.slice(0, depth));
        isResolved = true;
      }
      const key = path[depth] ?? '';
      if (isContainer(value) && Object.hasOwn(value, key)) {
        value = (value as Record<string, unknown>)[key];
        continue;
      }
      const message = `{{ ${path.join('.')} }}: ${path.slice(0, depth).join('.')} has no ${key}`;
      throw unresolved(message, entriesHint(key, value));
    }
    return isResolved ? value : resolve(value, path);
  }

  function lookUpSecret(path: Path): Secret {
    const name = path.slice(1).join('.');
    const secret = secrets.get(name);
    if (secret !== undefined) return secret;
    const inSecrets = stack.find((text) => text.startsWith('secrets.'));
    if (inSecrets !== undefined)
      throw unresolved(`${inSecrets} refers to a secret itself`, 'Give the secret by `env` or `file`.');
    const best = nearest(name, secrets.keys());
    const hint =
      best === undefined ? `Name it under \`secrets\`: \`${name || 'NAME'}: generate\`.` : `Did you mean \`${best}\`?`;
    throw unresolved(`{{ ${path.join('.')} }}: there is no such secret`, hint);
  }

  function lookUpEnv(path: Path): Text {
    const name = path.slice(1).join('.');
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) return value;
    const message = `{{ ${path.join('.')} }}: the environment variable ${name} is not set`;
    throw unresolved(message, `Set it: ${name || 'NAME'}=… provision …`);
  }

  /** The hosts of each group by the group's name. */
  function lookUpGroups(path: Path): unknown {
    const group = groups.get(path[1] ?? '');
    if (group !== undefined) return walk(group.hosts, path, 2);
    return walk(Object.fromEntries([...groups.values()].map(({ name, hosts }) => [name, hosts])), path, 1);
  }

  return { host, variable, lookUp, referenced, isEncrypted };
}

const templates = new WeakMap<object, boolean>();

/** Whether any text in it has references. Remembered: thousands of hosts share the variables of a group. */
function holdsTemplates(container: object): boolean {
  const known = templates.get(container);
  if (known !== undefined) return known;
  const found = Object.values(container).some((value) =>
    typeof value === 'string' ? isTemplate(value) : isContainer(value) && holdsTemplates(value),
  );
  templates.set(container, found);
  return found;
}

function entriesHint(key: string, value: unknown): string {
  if (!isContainer(value)) return 'It is a single value.';
  return Array.isArray(value) ? `Its entries are 0 to ${value.length - 1}.` : suggest(key, Object.keys(value));
}

function cycleError(names: readonly string[]): ProvisionError {
  return unresolved(`${names[0]} refers to itself: ${names.join(' > ')}`, 'Give one of them a value of its own.');
}

function unresolved(message: string, hint: string): ProvisionError {
  return new ProvisionError('inventory-unresolved-reference', message, { hint });
}

function defined({ host, location }: { host: string; location: string | undefined }): {
  host: string;
  location?: string;
} {
  return location === undefined ? { host } : { host, location };
}
