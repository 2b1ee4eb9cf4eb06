import { ProvisionError } from '../../errors.ts';
import { nearest, suggest } from '../../schema/nearest.ts';
import { Secret, type Text } from '../../shell/secret.ts';
import { veilResolved } from '../secrets/veil.ts';
import { type Host, type Inventory, isContainer } from '../types.ts';
import type { Scope } from './evaluate.ts';
import { pathOf } from './expression.ts';
import { absent, cycleError, entriesHint, isOfMissing, noVariable, placed, unresolved } from './reference-errors.ts';
import { holdsTemplates, isTemplate, type Piece, parseTemplate } from './template.ts';
import { evaluatePieces } from './template-value.ts';
import { entryOf, isAboutSecret, Missing } from './values.ts';

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
  /** As `lookUp`; where there is nothing `Missing`, which holds the error. */
  find(path: readonly string[]): unknown;
  /** The names of the variables that references were made to. */
  readonly referenced: ReadonlySet<string>;
  /** Whether the host's variables come from an inventory that is encrypted as a whole. */
  readonly isEncrypted: boolean;
}

export interface Opening {
  /** The value with those secrets in it open that this machine knows. */
  open(value: unknown): unknown;
  /** Stands for what is computed of others. */
  readonly instead: Secret;
}

/** What the variables of a host may refer to besides each other. */
export interface Surroundings extends Pick<Inventory, 'groups' | 'isEncrypted'> {
  readonly env: Readonly<Record<string, Text | undefined>>;
  /** For `hostvars`. */
  readonly hosts: Pick<ReadonlyMap<string, Host>, 'get' | 'keys'>;
  /** Absolute path, for `inventory_dir`. */
  readonly dir: string;
  /** The values are for people to look at: secrets stand in for what may be one, and so does what is made of them. */
  readonly isMasked?: boolean;
  /** For people who asked for secrets: what cannot be computed of a secret is computed of its value. */
  readonly opening?: Opening;
}

/**
 * Resolves `{{ }}` expressions in a host's variables: against the host's variables, `secrets.NAME`, `env.NAME`, and the names
 * that Ansible has. A text that is one expression takes the value's type; within a longer text the value must be a single
 * one. Where a secret stands in a text, the text becomes a `Secret`.
 *
 * @param secrets the host's secrets by name; may still be filled after this call
 * @param family the resolvers that `hostvars` has led to so far, by the names of their hosts
 */
export function createResolver(
  host: Host,
  surroundings: Surroundings,
  secrets: ReadonlyMap<string, Secret>,
  family = new Map<string, Resolver>(),
): Resolver {
  const { env, groups, hosts, dir, isEncrypted, isMasked = false, opening } = surroundings;
  const cache = new Map<string, unknown>();
  const referenced = new Set<string>();
  /** The texts that are being resolved, each because of the one before it. */
  const stack: string[] = [];
  const scope: Scope = { find, environment };
  /** What Ansible knows of a host besides its variables. */
  const magic: Readonly<Record<string, unknown>> = {
    inventory_hostname: host.name,
    inventory_hostname_short: host.name.split('.')[0],
    inventory_dir: dir,
    group_names: host.groups.filter((name) => name !== 'all').toSorted((a, b) => (a < b ? -1 : 1)),
  };

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
      const value = computed(pieces, name);
      // What it refers to stands elsewhere; the words around that, or in the expression, are of the encrypted file.
      const isReference = pieces.length === 1 && typeof only === 'object' && pathOf(only) !== undefined;
      return !isReference && isOfEncrypted(path) ? veilResolved(value) : value;
    } catch (error) {
      if (error instanceof RangeError) throw tooMuch(error).at(defined(place));
      if (!(error instanceof ProvisionError)) throw error;
      throw placed(error, defined(place));
    } finally {
      stack.pop();
    }
  }

  function computed(pieces: readonly Piece[], name: string): unknown {
    try {
      return evaluatePieces(pieces, scope);
    } catch (error) {
      if (!(error instanceof ProvisionError) || !isAboutSecret(error)) throw error;
      if (isMasked) return Secret.named(name);
      if (opening === undefined) throw error;
      return evaluateOpen(pieces, opening);
    }
  }

  /** What is made of secrets is one, although they were opened for it. */
  function evaluateOpen(pieces: readonly Piece[], { open, instead }: Opening): unknown {
    try {
      return veilResolved(evaluatePieces(pieces, { find: (path) => open(find(path)), environment }));
    } catch (error) {
      if (error instanceof ProvisionError && isAboutSecret(error)) return instead;
      throw error;
    }
  }

  /** Whether the variable comes from a file that was encrypted as a whole, within an inventory that was not. */
  function isOfEncrypted([name]: Path): boolean {
    if (name === undefined) return false;
    return host.layers.findLast(({ vars }) => Object.hasOwn(vars, name))?.isEncrypted === true;
  }

  function find(path: Path): unknown {
    try {
      return lookUp(path);
    } catch (error) {
      if (error instanceof ProvisionError && isOfMissing(error)) return new Missing(error);
      throw error;
    }
  }

  function lookUp(path: Path): unknown {
    const [first = '', ...rest] = path;
    if (first === 'secrets') return lookUpSecret(path);
    if (first === 'env' && !Object.hasOwn(host.vars, 'env')) return lookUpEnv(path);
    if (first === 'groups') return lookUpGroups(path);
    if (first === 'hostvars') return lookUpHost(path);
    if (Object.hasOwn(magic, first)) return walk(magic[first], path, 1);
    referenced.add(first);
    if (!Object.hasOwn(host.vars, first)) {
      const others = ['secrets', 'env', 'groups', ...Object.keys(magic), 'hostvars'];
      throw noVariable(`{{ ${path.join('.')} }}`, first, [...Object.keys(host.vars), ...others]);
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
      const entry = entryOf(value, key);
      if (entry !== undefined) {
        value = entry.value;
        continue;
      }
      const message = `{{ ${path.join('.')} }}: ${path.slice(0, depth).join('.')} has no ${key}`;
      throw absent(message, entriesHint(key, value));
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
    throw absent(`{{ ${path.join('.')} }}: there is no such secret`, hint);
  }

  function lookUpEnv(path: Path): Text {
    const name = path.slice(1).join('.');
    const value = environment(name);
    if (value !== undefined) return value;
    const message = `{{ ${path.join('.')} }}: the environment variable ${name} is not set`;
    throw absent(message, `Set it: ${name || 'NAME'}=… provision …`);
  }

  function environment(name: string): Text | undefined {
    return Object.hasOwn(env, name) ? env[name] : undefined;
  }

  /** A variable of a host, this one or another. */
  function lookUpHost(path: Path): unknown {
    const [, name = '', ...rest] = path;
    const other = hosts.get(name);
    if (other === undefined)
      throw absent(`{{ ${path.join('.')} }}: there is no host ${name}`, suggest(name, hosts.keys()));
    if (rest.length === 0) throw unresolved(`{{ ${path.join('.')} }} is all of a host`, 'Name one of its variables.');
    // Another host's secrets are its own: what needs one is refused there.
    const resolver = family.get(name) ?? createResolver(other, surroundings, new Map(), family);
    return resolver.lookUp(rest);
  }

  /** The hosts of each group by the group's name. There always is one `ungrouped`, be it empty. */
  function lookUpGroups(path: Path): unknown {
    const group = groups.get(path[1] ?? '');
    if (group !== undefined) return walk(group.hosts, path, 2);
    const hostsOf = Object.fromEntries([...groups.values()].map((each) => [each.name, each.hosts]));
    return walk({ ungrouped: [], ...hostsOf }, path, 1);
  }

  const resolver: Resolver = { host, variable, lookUp, find, referenced, isEncrypted };
  family.set(host.name, resolver);
  return resolver;
}

/** The call stack, or the length of a text, is at its end. */
function tooMuch(cause: RangeError): ProvisionError {
  const hint = 'Write it with fewer levels, or shorter.';
  return new ProvisionError(
    'inventory-unresolved-reference',
    'the expression is nested too deeply, or its text too long',
    {
      hint,
      cause,
    },
  );
}

function defined({ host, location }: { host: string; location: string | undefined }): {
  host: string;
  location?: string;
} {
  return location === undefined ? { host } : { host, location };
}
