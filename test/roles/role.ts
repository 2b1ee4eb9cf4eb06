/** What the tests of roles share: a role's resources for a host, as they would come from an inventory. */
import type { Balancer, Facts, Peer, Resource, RoleContext, RoleDefinition, z } from '../../src/index.ts';
import { mask, Secret, type Text } from '../../src/index.ts';

export const TRIXIE: Facts = {
  os: 'debian',
  osVersion: '13',
  codename: 'trixie',
  machine: 'x86_64',
  architecture: 'amd64',
  packageManager: 'apt',
  init: 'systemd',
};

export const BOOKWORM: Facts = { ...TRIXIE, osVersion: '12', codename: 'bookworm' };

export interface RoleOptions {
  readonly facts?: Facts;
  readonly localPath?: (path: string) => string;
  /** What the host keeps: where a name is missing, the secret is not known yet. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The hosts of each pattern. */
  readonly peers?: Readonly<Record<string, readonly Peer[]>>;
}

/** @throws ZodError where the parameters do not fit */
export function resourcesOf(role: unknown, params: unknown, options: RoleOptions = {}): readonly Resource[] {
  const definition = role as RoleDefinition;
  return definition.resources(contextOf(definition, params, options));
}

/** @throws ZodError where the parameters do not fit */
export function balancerOf(role: unknown, params: unknown, options: RoleOptions = {}): Balancer | undefined {
  const definition = role as RoleDefinition;
  return definition.balancer?.(contextOf(definition, params, options));
}

function contextOf(
  { params: schema }: RoleDefinition,
  params: unknown,
  { facts = TRIXIE, localPath = (path) => `/inventory/${path}`, secrets = {}, peers = {} }: RoleOptions,
): RoleContext<Record<string, unknown>> {
  const secret = (name: string) => Secret.named(name, secrets[name]);
  const peersOf = (pattern: string) => peers[pattern] ?? [];
  return { params: schema.parse(params), facts, host: 'web1', secret, localPath, peers: peersOf };
}

export function idsOf(resources: readonly Resource[]): readonly string[] {
  return resources.map(({ id }) => id);
}

/** The desired state of the resource of that id. */
export function desiredOf(resources: readonly Resource[], id: string): Record<string, unknown> {
  const found = resources.find((resource) => resource.id === id);
  if (found === undefined) throw new Error(`there is no ${id} among ${idsOf(resources).join(', ')}`);
  return found.desired as Record<string, unknown>;
}

/** The content of a file, secrets masked. */
export function contentOf(resources: readonly Resource[], path: string): string {
  return mask(desiredOf(resources, `file:${path}`).content as Text);
}

/** What the schema says of parameters that it refuses; of a value that may be several things, what each of them says. */
export function refusalOf(role: unknown, params: unknown): string {
  const result = (role as RoleDefinition).params.safeParse(params);
  return result.success ? 'taken' : result.error.issues.flatMap((issue) => describe(issue, [])).join('\n');
}

function describe(issue: z.core.$ZodIssue, parents: readonly PropertyKey[]): string[] {
  const path = [...parents, ...issue.path];
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap((inner) => describe(inner, path));
  return [`${path.join('.')}: ${issue.message}`];
}
