/** From roles and facts to the ordered desired states of one host. Pure: it can be done again when facts turn out otherwise. */
import { ProvisionError } from '../errors.ts';
import type { Resource } from '../resources/contract.ts';
import { directory } from '../resources/directory.ts';
import { generatedSecret, SECRETS_FOLDER } from '../resources/generated-secret.ts';
import { Secret } from '../shell/secret.ts';
import type { Facts } from './facts.ts';
import type { Balancer, Peer, RoleContext, RoleDefinition } from './role.ts';
import { ROLE_ENDINGS, roleOrigin } from './role-origin.ts';
import { checkedResources } from './role-result.ts';

/** A secret of the inventory: given, or to be generated on the host. */
export interface SecretSource {
  readonly name: string;
  readonly secret: Secret;
  /** Set where the host generates and keeps it. */
  readonly generate?: { readonly length: number } | undefined;
}

/** A role with the parameters that a host has for it, checked already. */
export interface AssignedRole {
  readonly definition: RoleDefinition;
  readonly params: Readonly<Record<string, unknown>>;
  /** Where that path of a variable stands in the inventory: `prod.yml:12:7`. */
  origin(path: readonly PropertyKey[]): string | undefined;
}

/** What a host shall be. */
export interface HostSpec {
  readonly name: string;
  readonly roles: readonly AssignedRole[];
  readonly secrets: readonly SecretSource[];
  readonly localPath: (path: string) => string;
  /** The hosts that a pattern selects which one of the roles has named. */
  readonly peers: (pattern: string) => readonly Peer[];
}

/** A desired state and the role that asks for it. */
export interface PlacedResource {
  readonly role: string;
  readonly resource: Resource;
}

/** The role under which secrets of the host are shown. */
const SECRETS_ROLE = 'secrets';

/**
 * Evaluates the roles of a host, in order. Generated secrets come first: what follows may need them.
 * @throws ProvisionError `resource-duplicate` where the same thing is asked for in different ways; `role-invalid` where a role
 *   returns no list of resources; whatever a role throws
 */
export function evaluateRoles(spec: HostSpec, facts: Facts): readonly PlacedResource[] {
  const secrets = new Map(spec.secrets.map((source) => [source.name, source]));

  function secretNamed(name: string): Secret {
    const source = secrets.get(name) ?? { name, secret: Secret.named(name), generate: { length: 32 } };
    secrets.set(name, source);
    return source.secret;
  }

  const placed = spec.roles.flatMap((role) => {
    const { name, resources } = role.definition;
    const returned = ask(spec, role, facts, secretNamed, resources);
    return checkedResources(role.definition, spec.name, returned).map((resource) => ({ role: name, resource }));
  });
  const generated = [...secrets.values()].flatMap(({ name, secret, generate }): PlacedResource[] =>
    generate ? [{ role: SECRETS_ROLE, resource: generatedSecret({ name, secret, length: generate.length }) }] : [],
  );
  const folder = { role: SECRETS_ROLE, resource: directory({ path: SECRETS_FOLDER, mode: '0700' }) };
  return withoutRepetition(spec.name, [...(generated.length > 0 ? [folder] : []), ...generated, ...placed]);
}

/** The load balancer that one of the host's roles brings. @throws whatever the role throws */
export function evaluateBalancer(spec: HostSpec, facts: Facts): Balancer | undefined {
  const secrets = new Map(spec.secrets.map(({ name, secret }) => [name, secret]));
  const secretNamed = (name: string) => secrets.get(name) ?? Secret.named(name);
  for (const role of spec.roles) {
    const { balancer } = role.definition;
    if (balancer) return ask(spec, role, facts, secretNamed, balancer);
  }
  return undefined;
}

/** Asks a role one of its questions. Where it finds something wrong, the error gets its place. */
function ask<Answer>(
  { name: host, localPath, peers }: HostSpec,
  { definition, params, origin }: AssignedRole,
  facts: Facts,
  secret: (name: string) => Secret,
  question: (context: RoleContext<never>) => Answer,
): Answer {
  try {
    return question.call(definition, { params: params as never, facts, host, secret, localPath, peers });
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw roleFailed(definition, host, error);
    const inInventory = origin(error.parameter ?? [definition.name]);
    // What a user's role asks for in a wrong way is corrected there.
    const isOfRole = error.code === 'resource-invalid' && roleOrigin(definition) !== undefined;
    throw error.at({ host, location: isOfRole ? placeIn(definition, error) : inInventory });
  }
}

/** Where the file of the role made that error: `roles/motd.ts:12:7`; the file alone where that cannot be told. */
function placeIn(definition: RoleDefinition, { stack = '' }: Error): string | undefined {
  const frames = stack.split('\n').map((line) => /(?:file:\/\/)?(\/[^()]*):(\d+):(\d+)\)?$/.exec(line));
  const own = frames.find((frame) =>
    ROLE_ENDINGS.some((ending) => frame?.[1]?.endsWith(`/${definition.name}${ending}`)),
  );
  return own?.slice(1, 4).join(':') ?? roleOrigin(definition);
}

/** A role that throws anything else has a mistake in its code: told with the place in its file. */
function roleFailed(definition: RoleDefinition, host: string, cause: unknown): ProvisionError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  return new ProvisionError('role-invalid', `the role ${definition.name} failed: ${error.message}`, {
    host,
    location: placeIn(definition, error),
    hint: 'Correct the role; --debug shows the whole stack trace.',
    cause,
  });
}

/** Two roles may need the same package; they may not want different contents for the same file. */
function withoutRepetition(host: string, placed: readonly PlacedResource[]): readonly PlacedResource[] {
  const seen = new Map<string, PlacedResource>();
  return placed.filter((current) => {
    const earlier = seen.get(current.resource.id);
    seen.set(current.resource.id, earlier ?? current);
    if (earlier === undefined) return true;
    if (sameDesire(earlier.resource, current.resource)) return false;
    throw new ProvisionError('resource-duplicate', `${describedTwice(earlier, current)}, and not in the same way`, {
      host,
      task: current.resource.id,
      hint: 'Let one role own it, or make both descriptions equal.',
    });
  });
}

function describedTwice(earlier: PlacedResource, { role, resource }: PlacedResource): string {
  if (earlier.role === role) return `the role ${role} describes ${resource.id} twice`;
  return `the roles ${earlier.role} and ${role} both describe ${resource.id}`;
}

/** Whether two resources ask for the same. Secrets are compared by name: their values may not be known yet. */
export function sameDesire(a: Resource, b: Resource): boolean {
  return a.id === b.id && describe(a.desired) === describe(b.desired);
}

function describe(desired: unknown): string {
  return JSON.stringify(desired, (_, value: unknown) =>
    value instanceof Secret ? { text: value.toString(), secrets: value.names } : value,
  );
}
