/** What an inventory says, as text: its hosts as a table, its groups as a tree, the variables of a host as YAML. */
import { stringify } from 'yaml';
import type { HostEntry } from '../inventory/overview.ts';
import type { Inventory } from '../inventory/types.ts';
import { printable } from './printable.ts';
import { type TableOptions, tableLines } from './table.ts';

export function hostLines(entries: readonly HostEntry[], options: TableOptions): string[] {
  if (entries.length === 0) return [];
  const rows = entries.map(({ host, address, groups, roles }) => [
    host,
    address,
    groups.join(', ') || '-',
    roles.join(', ') || '-',
  ]);
  return tableLines(['host', 'address', 'groups', 'roles'], rows, options);
}

/** A group with the groups and hosts right below it, as far as they are selected. */
export interface GroupEntry {
  readonly group: string;
  readonly children: readonly string[];
  readonly hosts: readonly string[];
}

/** All groups that have one of these hosts, in the order of the inventory. */
export function groupEntries({ groups }: Inventory, selected: ReadonlySet<string>): readonly GroupEntry[] {
  const isShown = (name: string) => groups.get(name)?.hosts.some((host) => selected.has(host)) ?? false;
  return [...groups.values()]
    .filter(({ name }) => isShown(name))
    .map(({ name, children, ownHosts }) => ({
      group: name,
      children: children.filter(isShown),
      hosts: ownHosts.filter((host) => selected.has(host)),
    }));
}

/**
 * The groups as a tree, as `ansible-inventory --graph` draws it. A group that lies in several stands in each.
 * @param isWhole these are all groups of the inventory
 */
export function graphLines(entries: readonly GroupEntry[], isWhole: boolean): string[] {
  const known = new Map(entries.map((entry) => [entry.group, entry]));

  function branch(name: string, indent: string): string[] {
    const { children = [], hosts = [] } = known.get(name) ?? {};
    return [
      ...children.flatMap((child) => [`${indent}  |--@${printable(child)}:`, ...branch(child, `${indent}  |`)]),
      ...hosts.map((host) => `${indent}  |--${printable(host)}`),
    ];
  }

  // Ansible has this group in every inventory, be there hosts in it or not.
  const ungrouped = !isWhole || known.has('ungrouped') ? [] : ['  |--@ungrouped:'];
  return ['@all:', ...ungrouped, ...branch('all', '')];
}

/** Plain data as YAML 1.1, as inventories are read: `yes` is put in quotes where it is a text. */
export function yamlLines(value: unknown): string[] {
  return stringify(value, { version: '1.1', lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((line) => printable(line));
}
