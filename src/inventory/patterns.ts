import { readFileSync } from 'node:fs';
import { ProvisionError, whyUnreadable } from '../errors.ts';
import { suggest } from '../schema/nearest.ts';
import { nameMatcher, parsePart, positionsHint, splitPattern } from './pattern-text.ts';
import type { Host, Inventory } from './types.ts';

/**
 * The hosts that a pattern selects, as `ansible PATTERN --list-hosts` lists them: first those of all parts without a sign, in
 * the order of the parts, then only those also in every `&part`, then without every `!part`, wherever these stand.
 *
 * @example selectHosts(inventory, 'web[1:],db*,&prague,!web3')
 * @throws ProvisionError `inventory-no-host-matches`, also where one part of the pattern names nothing; `usage` for what is no
 *   pattern, and for an empty one
 */
export function selectHosts(inventory: Inventory, pattern: string): readonly Host[] {
  return evaluate(inventory, splitPattern(pattern), pattern);
}

/**
 * As `selectHosts`, for `--limit`: a part may also be `@FILE`, whose lines are parts.
 * @throws ProvisionError `file-unreadable` as well
 */
export function limitHosts(inventory: Inventory, limit: string): readonly Host[] {
  const parts = splitPattern(limit).flatMap((part) => (part.startsWith('@') ? linesOf(part.slice(1)) : [part]));
  return evaluate(inventory, parts, limit);
}

function evaluate(inventory: Inventory, parts: readonly string[], pattern: string): readonly Host[] {
  // In Ansible an empty limit selects every host, which is never what an unset variable in a script meant.
  if (parts.length === 0) {
    throw new ProvisionError('usage', 'the limit is empty', {
      hint: 'Name hosts or groups, or leave --limit out for all hosts.',
    });
  }
  const withSign = (sign: string) => parts.filter((part) => part.startsWith(sign)).map((part) => part.slice(1));
  const unions = parts.filter((part) => !/^[&!]/.test(part));
  const selected = (unions.length === 0 ? ['all'] : unions).flatMap((part) =>
    // A host counts before a group of the same name, but not behind a sign: so it is in Ansible.
    inventory.hosts.has(part) ? [part] : matches(inventory, part),
  );
  const required = withSign('&').map((part) => new Set(matches(inventory, part)));
  const excluded = new Set(withSign('!').flatMap((part) => matches(inventory, part)));
  const hosts = [...new Set(selected)]
    .filter((name) => required.every((names) => names.has(name)) && !excluded.has(name))
    .flatMap((name) => inventory.hosts.get(name) ?? []);
  if (hosts.length > 0) return hosts;
  throw new ProvisionError('inventory-no-host-matches', `no host matches ${JSON.stringify(pattern)}`, {
    hint: 'Every part of it names hosts, but no host is left of them.',
  });
}

/** The hosts of one part in their order, those twice that two of its groups have: positions count them so in Ansible. */
function matches(inventory: Inventory, part: string): readonly string[] {
  const { text, positions } = parsePart(part);
  const found = matchesOf(inventory, text);
  if (found === undefined) throw unknown(inventory, part, text);
  if (positions === undefined || found.length === 0) return found;
  const { from, to } = positions;
  const chosen = from < 0 ? found.slice(from).slice(0, found.length + from < 0 ? 0 : 1) : found.slice(from, to + 1);
  if (chosen.length > 0) return chosen;
  const hint = `Its positions are 0 to ${found.length - 1}.`;
  const message = `no host is at that position: ${JSON.stringify(part)}`;
  throw new ProvisionError('inventory-no-host-matches', message, { hint });
}

/** Undefined where no group and no host fits. */
function matchesOf({ hosts, groups }: Inventory, text: string): readonly string[] | undefined {
  const fits = nameMatcher(text);
  // As in Ansible there always is a group `ungrouped`, be it empty, and it is the second one.
  const fitting = [...new Set(['all', 'ungrouped', ...groups.keys()])].filter(fits);
  // The name of a group means the group alone; what may be more than a name means hosts as well.
  const isOpen = fitting.length === 0 || /^~|[.?*[]/.test(text);
  const named = isOpen ? [...hosts.keys()].filter(fits) : [];
  if (fitting.length === 0 && named.length === 0) return undefined;
  return [...fitting.flatMap((name) => groups.get(name)?.hosts ?? []), ...named];
}

function unknown({ hosts, groups }: Inventory, part: string, text: string): ProvisionError {
  const message = `no host or group is named ${JSON.stringify(part)}`;
  return new ProvisionError('inventory-no-host-matches', message, { hint: hint() });

  function hint(): string {
    if (part.startsWith('@')) return 'A file of patterns is read for --limit alone.';
    if (part === '') return 'Write a name right after `&` or `!`.';
    const positions = positionsHint(text);
    if (positions !== undefined) return positions;
    if (/[^:]:[^:]/.test(text)) return 'Separate names with commas alone, or with colons alone.';
    if (['localhost', '127.0.0.1', '::1'].includes(text)) {
      return `This machine is worked on where the inventory names it: \`${text}: { ansible_connection: local }\`.`;
    }
    return suggest(text, [...groups.keys(), ...hosts.keys()]);
  }
}

/** The lines of a file, which are parts as they stand there. */
function linesOf(file: string): readonly string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  } catch (cause) {
    throw new ProvisionError('file-unreadable', `the file of --limit cannot be read: ${whyUnreadable(cause)}`, {
      location: file,
      cause,
    });
  }
}
