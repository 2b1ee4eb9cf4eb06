/** A host's variables for people to look at: unless they ask for it nothing secret is read, and nothing that may be one is shown. */
import type { RoleDefinition } from '../engine/role.ts';
import { Secret } from '../shell/secret.ts';
import { CONNECTION_SCHEMA } from './connection.ts';
import { isUnresolved } from './expressions/reference-errors.ts';
import { createResolver, type Resolver, type Surroundings } from './expressions/references.ts';
import { originOfPath } from './origins.ts';
import type { LeftVariable } from './params.ts';
import { createRoleReader, ROLES_SCHEMA } from './roles/reader.ts';
import { maskEnvironment, maskVars, revealed, shown } from './secrets/mask.ts';
import { readSecrets, SECRETS_SCHEMA } from './secrets/secrets.ts';
import { type Host, type Inventory, isMapping, type Layer, type Vars } from './types.ts';

/** Stands where a secret is that the host makes. */
const MADE = '<made on the host>';

export interface MaskedLayer extends Layer {
  /** Where the deepest existing part of that path stands: `prod.yml:12:7`. */
  origin(path: readonly string[]): string | undefined;
}

export interface HostView {
  readonly host: Host;
  readonly roles: readonly RoleDefinition[];
  /** What its variables are merged from, with secrets masked, references not resolved. */
  readonly layers: readonly MaskedLayer[];
  /** Its variables with secrets masked. */
  readonly resolver: Resolver;
  /** A value of these as plain data, as it may be shown. */
  shown(value: unknown): unknown;
}

/**
 * Lets people look at one host. @param showSecrets masks nothing
 * @throws ProvisionError where its roles cannot be told or loaded; where secrets are shown, `secret-missing` as well
 */
export async function viewHost(host: Host, inventory: Inventory, { showSecrets = false } = {}): Promise<HostView> {
  if (showSecrets) return openView(host, inventory);
  const surroundings = { ...inventory, env: maskEnvironment(inventory.env), isMasked: true };
  const secrets = namedSecrets(host, inventory);
  const roles = await createRoleReader(inventory)(createResolver(host, surroundings, secrets));
  const schemas = [...roles.map(({ params }) => params), CONNECTION_SCHEMA, ROLES_SCHEMA, SECRETS_SCHEMA];
  const mask = (vars: Vars, isEncrypted = false) => maskVars(vars, schemas, inventory.isEncrypted || isEncrypted);
  const layers = maskedLayers(host);
  const resolver = createResolver(maskedHost(host), { ...surroundings, hosts: maskedHosts() }, secrets);
  return { host, roles, layers, resolver: { ...resolver, variable, lookUp }, shown };

  function maskedLayers({ layers }: Host): readonly MaskedLayer[] {
    return layers.map(({ vars, ...layer }) => ({
      ...layer,
      vars: mask(vars, layer.isEncrypted),
      origin: (path: readonly string[]) => originOfPath(vars, path),
    }));
  }

  function maskedHost(of: Host): Host {
    return { ...of, vars: Object.assign({}, ...maskedLayers(of).map(({ vars }) => vars)) as Vars };
  }

  /** The hosts that `hostvars` leads to. */
  function maskedHosts(): Surroundings['hosts'] {
    const { hosts } = inventory;
    return {
      keys: () => hosts.keys(),
      get(name) {
        const other = hosts.get(name);
        return other && maskedHost(other);
      },
    };
  }

  /** What a reference gave may be a secret because of where it stands now. */
  function variable(name: string): unknown {
    return mask({ [name]: resolver.variable(name) })[name];
  }

  function lookUp(path: readonly string[]): unknown {
    const around = path.reduceRight<unknown>(
      (inner, key) => (/^\d+$/.test(key) ? [inner] : { [key]: inner }),
      resolver.lookUp(path),
    );
    return path.reduce((outer) => Object.values(outer as object)[0], mask(around as Vars) as unknown);
  }
}

/** With all that is known of secrets: nothing of it may get into a log. */
async function openView(host: Host, inventory: Inventory): Promise<HostView> {
  const sources = await readSecrets(createResolver(host, inventory, new Map()), inventory);
  // What a host makes for itself is known there alone.
  const secrets = sources.map(
    ({ name, secret, generate }) => [name, generate ? Secret.lazy(name, () => MADE) : secret] as const,
  );
  const made = new Set(sources.flatMap(({ name, generate }) => (generate ? [name] : [])));
  const isMade = ({ names }: Secret) => names.some((name) => made.has(name));
  const opening = { open: (value: unknown) => revealed(value, isMade), instead: Secret.lazy(MADE, () => MADE) };
  const resolver = createResolver(host, { ...inventory, opening }, new Map(secrets));
  const layers = host.layers.map((layer) => ({
    ...layer,
    origin: (path: readonly string[]) => originOfPath(layer.vars, path),
  }));
  return {
    host,
    roles: await createRoleReader(inventory)(resolver),
    layers,
    resolver,
    shown: (value) => revealed(value),
  };
}

/**
 * All variables of the host that is looked at, resolved, as plain data in which secrets stand as `<secret>`, unless they are shown.
 * What cannot be resolved stands there as it is written.
 */
export function shownVariables({ host, resolver, shown }: HostView): {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly left: readonly LeftVariable[];
} {
  const left: LeftVariable[] = [];
  // All are resolved before one is shown: a later one may tell that a text in an earlier one is a secret.
  const resolved = Object.keys(host.vars).map((name) => {
    try {
      return [name, resolver.variable(name)] as const;
    } catch (error) {
      if (!isUnresolved(error)) throw error;
      left.push({ name, location: error.location, reason: error.message });
      return [name, resolver.host.vars[name]] as const;
    }
  });
  return { variables: Object.fromEntries(resolved.map(([name, value]) => [name, shown(value)])), left };
}

/** Without their values, which nobody is to see: so nothing needs to be there from which they come. */
export function namedSecrets(host: Host, inventory: Inventory): ReadonlyMap<string, Secret> {
  const { secrets } = host.vars;
  const known = isMapping(secrets) ? secrets : createResolver(host, inventory, new Map()).variable('secrets');
  return new Map(Object.keys(isMapping(known) ? known : {}).map((name) => [name, Secret.named(name)]));
}
