import { ProvisionError } from '../errors.ts';
import { suggest } from '../schema/nearest.ts';
import type { Vars } from './types.ts';

/** A group as the sources declare it. */
export interface DeclaredGroup {
  readonly name: string;
  location: string;
  /** Its own variables, a later one over an earlier one. */
  readonly vars: Vars[];
  /** The hosts and groups that it names itself. */
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  /** Its `ansible_group_priority`. */
  priority: number;
  /** False while it was only named as a child, `children: { web: }`, or given variables, `[web:vars]`. */
  isDeclared: boolean;
  /** Whether a program named it: that finds what there is, which may be nothing. */
  mayBeEmpty?: boolean;
}

export interface GroupTree {
  /** The groups that a host belongs to by being named in these, in the order in which they are merged. */
  mergeOrder(groups: readonly string[]): readonly string[];
  /** The hosts of a group in Ansible's order: its own, those of its children, those of the children's children. */
  members(group: string): ReadonlySet<string>;
  /** The groups right below a group; below `all` those that no other one has. */
  children(group: string): readonly string[];
  /** How far a group is from `all` on the longest way. */
  depth(group: string): number;
  /** Its `ansible_group_priority`. */
  priority(group: string): number;
}

/**
 * How groups lie within each other. Merged are, as Ansible has it, groups further from `all` over nearer ones, then those of
 * higher `ansible_group_priority`, then by name.
 * @throws ProvisionError `inventory-structure` for an undeclared group or a cycle, `inventory-empty-group`
 */
export function createGroupTree(groups: ReadonlyMap<string, DeclaredGroup>): GroupTree {
  const parents = parentsOf(groups);
  checkDeclared(groups, parents);
  const depths = depthsOf(groups, parents);
  const below = childrenOf(groups, parents);
  const membersCache = new Map<string, ReadonlySet<string>>();
  const orderCache = new Map<string, readonly string[]>();

  function members(name: string): ReadonlySet<string> {
    const known = membersCache.get(name);
    if (known !== undefined) return known;
    const groupsBelow = new Set([name]);
    for (const group of groupsBelow) for (const child of children(group)) groupsBelow.add(child);
    const all = new Set([...groupsBelow].flatMap((group) => [...(groups.get(group)?.hosts ?? [])]));
    membersCache.set(name, all);
    return all;
  }

  function mergeOrder(named: readonly string[]): readonly string[] {
    const key = named.join('\n');
    const known = orderCache.get(key);
    if (known !== undefined) return known;
    const ancestors = new Set<string>();
    const pending = [...named];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (ancestors.has(name)) continue;
      ancestors.add(name);
      pending.push(...(parents.get(name) ?? []));
    }
    const order = [...ancestors].sort((a, b) => compareGroups(a, b));
    orderCache.set(key, order);
    return order;
  }

  function compareGroups(a: string, b: string): number {
    return depth(a) - depth(b) || priority(a) - priority(b) || (a < b ? -1 : 1);
  }

  function children(name: string): readonly string[] {
    return below.get(name) ?? [];
  }

  function depth(name: string): number {
    return depths.get(name) ?? 0;
  }

  function priority(name: string): number {
    return groups.get(name)?.priority ?? 1;
  }

  for (const group of groups.values()) {
    const mayBeEmpty = group.mayBeEmpty || group.name === 'ungrouped';
    if (!mayBeEmpty && members(group.name).size === 0) throw emptyError(group);
  }
  return { mergeOrder, members, children, depth, priority };
}

function parentsOf(groups: ReadonlyMap<string, DeclaredGroup>): Map<string, string[]> {
  const parents = new Map<string, string[]>();
  for (const group of groups.values()) {
    for (const child of group.children) parents.set(child, [...(parents.get(child) ?? []), group.name]);
  }
  // Every other group is a child of `all` without being named there.
  for (const name of groups.keys()) if (name !== 'all' && !parents.has(name)) parents.set(name, ['all']);
  return parents;
}

/** In their order in the file; below `all` first `ungrouped`, then those named there, then those that have no other parent. */
function childrenOf(
  groups: ReadonlyMap<string, DeclaredGroup>,
  parents: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const below = new Map([...groups.values()].map(({ name, children }) => [name, [...children]]));
  const named = below.get('all') ?? [];
  const ofAll = [...groups.keys()].filter((name) => parents.get(name)?.includes('all'));
  const isFirst = (name: string) => name === 'ungrouped';
  below.set('all', [...new Set([...ofAll.filter(isFirst), ...named, ...ofAll])]);
  return below;
}

function checkDeclared(groups: ReadonlyMap<string, DeclaredGroup>, parents: ReadonlyMap<string, string[]>): void {
  const declared = [...groups.values()].filter((group) => group.isDeclared).map(({ name }) => name);
  for (const { name, isDeclared, location } of groups.values()) {
    if (isDeclared) continue;
    const parent = parents.get(name)?.find((above) => groups.get(above)?.children.has(name));
    const use = parent === undefined ? `variables are given for ${name}` : `${parent} names a child ${name}`;
    const message = `${use}, which is no group`;
    const hint = `${suggest(name, declared)} A group is declared by its \`hosts\` or \`children\`.`;
    throw new ProvisionError('inventory-structure', message, { location, hint });
  }
}

/** How far each group is from `all` on the longest way. */
function depthsOf(
  groups: ReadonlyMap<string, DeclaredGroup>,
  parents: ReadonlyMap<string, readonly string[]>,
): Map<string, number> {
  const depths = new Map<string, number>();

  function depthOf(name: string, path: readonly string[]): number {
    const known = depths.get(name);
    if (known !== undefined) return known;
    if (path.includes(name)) throw cycleError(groups.get(name), [...path.slice(path.indexOf(name)), name]);
    const above = (parents.get(name) ?? []).map((parent) => depthOf(parent, [...path, name]));
    const depth = 1 + Math.max(-1, ...above);
    depths.set(name, depth);
    return depth;
  }

  for (const name of groups.keys()) depthOf(name, []);
  return depths;
}

/** @param upwards the groups of the cycle, each a child of the next */
function cycleError(group: DeclaredGroup | undefined, upwards: readonly string[]): ProvisionError {
  const message = `the group ${group?.name} is a child of itself: ${upwards.toReversed().join(' > ')}`;
  const hint = 'Remove one of these groups from the children of the one before it.';
  return new ProvisionError('inventory-structure', message, { location: group?.location, hint });
}

function emptyError({ name, location }: DeclaredGroup): ProvisionError {
  if (name === 'all') {
    const hint = 'Name at least one.';
    return new ProvisionError('inventory-empty-group', 'the inventory has no hosts', { location, hint });
  }
  const hint = 'Give it a host, or remove it.';
  return new ProvisionError('inventory-empty-group', `the group ${name} has no hosts`, { location, hint });
}
