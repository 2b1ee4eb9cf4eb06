/** Which hosts take part in a redeploy: those that were chosen, and the load balancers that send them requests. */
import { evaluateBalancer } from '../engine/evaluate.ts';
import { ASSUMED_FACTS } from '../engine/facts.ts';
import type { FactsMemory } from '../engine/facts-memory.ts';
import { type HostTask, type PreparedHost, prepareHost } from '../engine/host-run.ts';
import type { BalancedServer } from '../engine/role.ts';
import { composeService } from '../resources/compose/service.ts';
import type { ResourceKind } from '../resources/contract.ts';
import { release } from '../resources/releases/release.ts';

export interface DeployTasks {
  /** What runs there is replaced. */
  readonly chosen: readonly HostTask[];
  /** All other hosts of the inventory. */
  readonly others?: readonly HostTask[];
  /** Those of the chosen ones that are not what they shall be: nothing is replaced there, nor where they are needed. */
  readonly failed?: ReadonlySet<string> | undefined;
}

export interface Participant extends PreparedHost {
  /** Undefined where the host is no load balancer. */
  readonly servers: readonly BalancedServer[] | undefined;
  /** Not so where it is a load balancer alone, for others. */
  readonly isChosen: boolean;
}

/** Hosts on which nothing is replaced, and those that failed, which they belong together with. */
export interface LeftOut {
  readonly hosts: readonly string[];
  readonly because: readonly string[];
}

/** @throws ProvisionError whatever a role finds wrong */
export async function participantsOf(
  { chosen, others = [], failed = new Set() }: DeployTasks,
  memory: FactsMemory,
): Promise<{ readonly hosts: readonly Participant[]; readonly leftOut: readonly LeftOut[] }> {
  const own: Participant[] = [];
  for (const task of chosen) {
    const host = { ...(await prepareHost(task, memory)), servers: await serversOf(task, memory), isChosen: true };
    if (host.servers !== undefined || stacksOf(host).length > 0) own.push(host);
  }
  const before: Participant[] = [];
  for (const task of others) {
    const servers = await serversOf(task, memory);
    if (servers && isBefore(task.name, servers, own)) {
      before.push({ ...(await prepareHost(task, memory)), servers, isChosen: false });
    }
  }
  const all = [...own, ...before];
  const left = new Map<string, readonly string[]>();
  for (const host of own) {
    const because = neededBy(host, all).filter((name) => failed.has(name));
    if (because.length > 0 && !failed.has(host.task.name)) left.set(host.task.name, because);
  }
  const alike = Map.groupBy(left, ([, because]) => because.join('\0'));
  return {
    hosts: all.filter(({ task: { name } }) => !failed.has(name) && !left.has(name)),
    leftOut: [...alike.values()].map((group) => ({
      hosts: group.map(([name]) => name),
      because: group[0]?.[1] ?? [],
    })),
  };
}

/** What the load balancer sends requests to that a host is; undefined where it is none. */
async function serversOf(task: HostTask, memory: FactsMemory): Promise<readonly BalancedServer[] | undefined> {
  return evaluateBalancer(task, (await memory.recall(task)) ?? ASSUMED_FACTS)?.servers;
}

/**
 * Whether a load balancer sends requests to one of the hosts, or may have: of a stack that they run it has servers on other hosts
 * than itself. Those of a service that is gone stand no longer in the inventory.
 */
function isBefore(name: string, servers: readonly BalancedServer[], chosen: readonly Participant[]): boolean {
  const names = new Set(chosen.map(({ task }) => task.name));
  const stacks = new Set(chosen.flatMap(stacksOf));
  return (
    servers.some(({ host }) => names.has(host)) || servers.some(({ host, stack }) => host !== name && stacks.has(stack))
  );
}

/** The hosts without which what a host runs is not replaced: with the same load balancers, or the same database. */
function neededBy(own: Participant, all: readonly Participant[]): readonly string[] {
  const { name } = own.task;
  const balanced = all.flatMap(({ task, servers = [] }) => {
    const group = [task.name, ...servers.map(({ host }) => host)];
    return group.includes(name) ? group : [];
  });
  // Where one host migrates for others, their services have no migration of their own.
  const migrating = all.filter(
    (host) => stacksOf(host).some((project) => stacksOf(own).includes(project)) && needs(host) > needs(own),
  );
  return [...new Set([...balanced, ...migrating.map(({ task }) => task.name)])].filter((other) => other !== name);
}

function needs(host: Pick<PreparedHost, 'placed'>): number {
  return desiredOf(host, composeService).flatMap((service) => service.needs).length;
}

function stacksOf(host: Pick<PreparedHost, 'placed'>): readonly string[] {
  return desiredOf(host, release).map(({ project }) => project);
}

function desiredOf<Desired, Actual>(
  { placed }: Pick<PreparedHost, 'placed'>,
  { kind }: ResourceKind<Desired, Actual>,
): readonly Desired[] {
  // Kinds are compared by name: what a builder makes refers to its kind without the builder.
  return placed.flatMap(({ resource }) => (resource.kind.kind === kind ? [resource.desired as Desired] : []));
}
