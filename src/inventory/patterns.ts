import { ProvisionError } from '../errors.ts';
import { suggest } from '../schema/nearest.ts';
import type { Host, Inventory } from './types.ts';

/**
 * The hosts that a pattern selects, in the order of the inventory: names, groups and globs (`web*`), separated by commas or
 * colons; then only those also in `&group`; then without `!group`, whatever their order, as in Ansible.
 *
 * @example selectHosts(inventory, 'web,&prague,!web3')
 * @throws ProvisionError `inventory-no-host-matches`, also where one part of the pattern names nothing; `usage` for an empty one
 */
export function selectHosts(inventory: Inventory, limit: string): readonly Host[] {
  const terms = splitPattern(limit, inventory);
  // In Ansible an empty limit selects every host, which is never what an unset variable in a script meant.
  if (terms.length === 0) {
    throw new ProvisionError('usage', 'the limit is empty', {
      hint: 'Name hosts or groups, or leave --limit out for all hosts.',
    });
  }
  const unions = terms.filter((term) => !/^[&!]/.test(term));
  const selected = union(inventory, unions.length === 0 ? ['all'] : unions);
  const required = terms.filter((term) => term.startsWith('&')).map((term) => matches(inventory, term.slice(1)));
  const excluded = union(
    inventory,
    terms.filter((term) => term.startsWith('!')).map((term) => term.slice(1)),
  );
  const hosts = [...inventory.hosts.values()].filter(
    ({ name }) => selected.has(name) && required.every((names) => names.has(name)) && !excluded.has(name),
  );
  if (hosts.length > 0) return hosts;
  const hint = 'Every part of it names hosts, but no host is left of them.';
  throw new ProvisionError('inventory-no-host-matches', `no host matches ${JSON.stringify(limit)}`, { hint });
}

function splitPattern(limit: string, { hosts }: Inventory): readonly string[] {
  const parts = limit.split(',').map((part) => part.trim());
  // A colon separates as well, unless it belongs to a host that is named by its IPv6 address.
  const terms = parts.flatMap((part) => (hosts.has(part.replace(/^[&!]/, '')) ? [part] : part.split(':')));
  return terms.map((term) => term.trim()).filter((term) => term !== '');
}

function union(inventory: Inventory, terms: readonly string[]): ReadonlySet<string> {
  return new Set(terms.flatMap((term) => [...matches(inventory, term)]));
}

/** The names of the hosts that one part of a pattern selects: never none. */
function matches({ hosts, groups }: Inventory, term: string): ReadonlySet<string> {
  if (/^~|[[\]]/.test(term)) {
    const hint = 'Use names, groups and globs such as web*, with `,` between them, and `&` or `!` before them.';
    throw new ProvisionError('usage', `the pattern ${JSON.stringify(term)} is not supported`, { hint });
  }
  const isNamed = globMatcher(term);
  const named = [...hosts.keys()].filter(isNamed);
  const grouped = [...groups.values()].filter(({ name }) => isNamed(name)).flatMap((group) => group.hosts);
  const found = new Set([...named, ...grouped]);
  if (found.size > 0) return found;
  const hint = suggest(term, [...groups.keys(), ...hosts.keys()]);
  throw new ProvisionError('inventory-no-host-matches', `no host or group is named ${JSON.stringify(term)}`, { hint });
}

function globMatcher(glob: string): (name: string) => boolean {
  if (!/[*?]/.test(glob)) return (name) => name === glob;
  const pattern = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${pattern}$`, 'u');
  return (name) => expression.test(name);
}
