import type { Group, Inventory, Layer } from './types.ts';

/** Why what one place sets counts before what another one sets, as in Ansible: half a sentence. */
export function whyFirst(first: Layer, second: Layer, { groups }: Pick<Inventory, 'groups'>): string {
  if (first.kind === 'extra') {
    return second.kind === 'extra'
      ? 'of several --extra-vars the last counts'
      : 'the command line counts before all else';
  }
  if (first.kind === 'host' && second.kind !== 'host') return 'a host counts before its groups';
  if (first.folder !== undefined && second.folder === undefined) {
    return `${first.kind}_vars/ counts before what the inventory itself says of ${first.kind}s`;
  }
  const isAll = first.kind === 'group' && second.name === 'all' && first.name !== 'all';
  if (first.folder !== second.folder && !isAll)
    return `of several ${first.kind}_vars/ that of the last --inventory counts`;
  if (first.name === second.name) return `of several ${whatOf(first)} of ${first.name} the last counts`;
  const [winner, loser] = [groups.get(first.name), groups.get(second.name)];
  if (winner === undefined || loser === undefined || loser.name === 'all') return 'every group counts before all';
  if (isBelow(winner, loser, groups))
    return `${winner.name} lies in ${loser.name}, and a group counts before those that it lies in`;
  if (winner.depth !== loser.depth)
    return `${winner.name} lies deeper below all (${winner.depth}) than ${loser.name} (${loser.depth})`;
  if (winner.priority !== loser.priority) {
    return `${winner.name} has the higher ansible_group_priority (${winner.priority}, ${loser.name} ${loser.priority})`;
  }
  return `of groups at the same depth the last in the alphabet counts, ${winner.name} before ${loser.name}`;
}

function whatOf({ kind, folder }: Layer): string {
  if (folder !== undefined) return 'files';
  return kind === 'host' ? 'places' : '`vars`';
}

function isBelow(group: Group, above: Group, groups: Inventory['groups']): boolean {
  return above.children.some((name) => {
    const child = groups.get(name);
    return name === group.name || (child !== undefined && isBelow(group, child, groups));
  });
}
