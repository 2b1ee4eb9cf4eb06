import type { RoleDefinition } from '../engine/role.ts';
import { ProvisionError } from '../errors.ts';
import { nearest } from '../schema/nearest.ts';
import { CONNECTION_SCHEMA } from './connection.ts';
import { isUnresolved } from './expressions/reference-errors.ts';
import type { Resolver } from './expressions/references.ts';
import { badVariables, checkVariables } from './variables.ts';

const CONNECTION_VARIABLES = Object.keys(CONNECTION_SCHEMA.shape);
const OWN_VARIABLES = ['roles', 'secrets'];

/** A role together with what a host's variables give it. */
export interface RoleUse {
  readonly definition: RoleDefinition;
  readonly params: Readonly<Record<string, unknown>>;
  /** Where that path of a variable stands in the inventory. */
  origin(path: readonly PropertyKey[]): string | undefined;
}

/**
 * What a host's variables give these roles.
 * @throws ProvisionError `inventory-bad-parameter` with everything that is wrong with any of them,
 *   `inventory-unresolved-reference`
 */
export function evaluateParams(definitions: readonly RoleDefinition[], resolver: Resolver): readonly RoleUse[] {
  const reading = resolver.isEncrypted ? 'veiled' : 'as written';
  const checks = definitions.map((definition) => ({
    definition,
    checked: checkVariables(definition.params, resolver, `the role ${definition.name}`, reading),
  }));
  const problems = checks.flatMap(({ checked }) => ('problems' in checked ? checked.problems : []));
  if (problems.length > 0) throw badVariables(resolver, problems);
  return checks.flatMap(({ definition, checked }) =>
    'data' in checked ? [{ definition, params: checked.data, origin: resolver.host.origin }] : [],
  );
}

/** A variable that nothing reads, and that is therefore left as it is. */
export interface LeftVariable {
  readonly name: string;
  /** Where it stands: `prod.yml:12:7`. */
  readonly location: string | undefined;
  /** Why it cannot be resolved. */
  readonly reason: string;
}

/**
 * Resolves all variables, and refuses a name that is a typo. What cannot be resolved is left as it is where nothing reads it: an
 * inventory serves playbooks as well, which set more variables, and to Ansible it is nothing wrong until one reads it.
 * @param others what is read besides what roles, connection and secrets read
 * @throws ProvisionError `inventory-unresolved-reference`, `inventory-unknown-variable`
 */
export function checkAllVariables(
  resolver: Resolver,
  roles: readonly RoleDefinition[],
  others: readonly string[] = [],
): readonly LeftVariable[] {
  const read = new Set([...OWN_VARIABLES, ...others, ...roles.flatMap(({ params }) => Object.keys(params.shape))]);
  const left: LeftVariable[] = [];
  for (const name of Object.keys(resolver.host.vars)) {
    try {
      resolver.variable(name);
    } catch (error) {
      if (!isUnresolved(error) || read.has(name) || CONNECTION_VARIABLES.includes(name)) throw error;
      left.push({ name, location: error.location, reason: error.message });
    }
  }
  checkVariableNames(resolver, read);
  return left;
}

/**
 * Refuses a variable that nothing reads where its name is nearly that of one that is read: it is a typo. Any other variable
 * may stand there unread. To be called when all references of the host are resolved.
 */
function checkVariableNames({ host, referenced }: Resolver, read: ReadonlySet<string>): void {
  for (const name of Object.keys(host.vars)) {
    if (read.has(name) || referenced.has(name) || CONNECTION_VARIABLES.includes(name)) continue;
    const isConnection = /^(ansible|provision)_/.test(name);
    const best = nearest(name, isConnection ? CONNECTION_VARIABLES : [...read, ...CONNECTION_VARIABLES]);
    // provision_ is ours: a name that we do not know means nothing to anyone.
    if (best === undefined && !name.startsWith('provision_')) continue;
    throw new ProvisionError('inventory-unknown-variable', `nothing reads the variable ${name}`, {
      host: host.name,
      location: host.origin([name]),
      hint: best === undefined ? 'Remove it.' : `Did you mean \`${best}\`? Rename or remove it.`,
    });
  }
}
