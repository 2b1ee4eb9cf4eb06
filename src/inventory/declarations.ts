import { isIPv6 } from 'node:net';
import { ProvisionError } from '../errors.ts';
import { suggest } from '../schema/nearest.ts';
import type { DeclaredGroup } from './groups.ts';
import { originOf } from './origins.ts';
import { isMapping, type Vars } from './types.ts';
import type { YamlFile } from './yaml-file.ts';

/** A host as the file declares it. */
export interface DeclaredHost {
  readonly name: string;
  location: string;
  /** Its own variables: it has them in one place at most. */
  vars: Vars;
  /** The groups that name it. */
  readonly groups: Set<string>;
}

export interface Declarations {
  readonly groups: ReadonlyMap<string, DeclaredGroup>;
  readonly hosts: ReadonlyMap<string, DeclaredHost>;
}

const GROUP_KEYS = ['hosts', 'vars', 'children'];
export const GROUP_NAME = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;
export const HOST_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;
export const VARIABLE_NAME = /^[A-Za-z_]\w*$/;

/**
 * Reads the groups and hosts that an inventory declares, in their order.
 * @throws ProvisionError `inventory-structure`, `inventory-duplicate-host`
 */
export function readDeclarations(file: YamlFile): Declarations {
  const groups = new Map<string, DeclaredGroup>();
  const hosts = new Map<string, DeclaredHost>();

  function readGroup(container: Vars, name: string): void {
    const location = at(container, name);
    if (!GROUP_NAME.test(name)) throw badName('group', name, location);
    const body = mappingAt(container, name, `the group ${name}`, `Write \`${GROUP_KEYS.join('`, `')}\` in it.`);
    const group = groups.get(name) ?? emptyGroup(name, location);
    groups.set(name, group);
    if (container[name] !== null) group.isDeclared = true;
    for (const key of Object.keys(body)) if (!GROUP_KEYS.includes(key)) throw unknownKey(group, body, key);

    const vars = mappingAt(body, 'vars', `\`vars\` of ${name}`, 'Write one `name: value` a line.');
    for (const key of Object.keys(vars)) checkVariable(vars, key);
    group.vars.push(vars);
    const named = mappingAt(body, 'hosts', `\`hosts\` of ${name}`, 'Write each host with a colon: `web1:`.');
    for (const host of Object.keys(named)) readHost(group, named, host);
    const children = mappingAt(body, 'children', `\`children\` of ${name}`, 'Write each group with a colon: `web:`.');
    for (const child of Object.keys(children)) {
      if (child === 'all') throw allAsChild(at(children, child));
      group.children.add(child);
      readGroup(children, child);
    }
  }

  function readHost(group: DeclaredGroup, container: Vars, name: string): void {
    const location = at(container, name);
    if (!HOST_NAME.test(name) && !isIPv6(name)) throw badName('host', name, location);
    const vars = mappingAt(container, name, `the host ${name}`, 'Write one `name: value` a line.');
    for (const key of Object.keys(vars)) checkVariable(vars, key);
    group.hosts.add(name);
    const host = hosts.get(name) ?? { name, location, vars: {}, groups: new Set<string>() };
    hosts.set(name, host);
    host.groups.add(group.name);
    if (Object.keys(vars).length === 0) return;
    if (Object.keys(host.vars).length > 0) throw duplicateHost(host, location);
    host.location = location;
    host.vars = vars;
  }

  const top = file.value ?? {};
  if (!isMapping(top)) throw structure('an inventory is a mapping of groups', file.start, 'Start it with `all:`.');
  groups.set('all', { ...emptyGroup('all', file.start), isDeclared: true });
  for (const name of Object.keys(top)) readGroup(top, name);
  addUngrouped(groups, hosts);
  return { groups, hosts };
}

/** Hosts that only `all` names are also in `ungrouped`. */
function addUngrouped(groups: Map<string, DeclaredGroup>, hosts: ReadonlyMap<string, DeclaredHost>): void {
  for (const host of hosts.values()) {
    if (host.groups.size > 1 || !host.groups.has('all')) continue;
    const group = groups.get('ungrouped') ?? emptyGroup('ungrouped', host.location);
    groups.set('ungrouped', group);
    group.isDeclared = true;
    group.hosts.add(host.name);
    host.groups.add('ungrouped');
  }
}

function emptyGroup(name: string, location: string): DeclaredGroup {
  return { name, location, vars: [], hosts: new Set(), children: new Set(), isDeclared: false };
}

/** The mapping under that key; an empty one where nothing is written there. */
function mappingAt(container: Vars, key: string, what: string, hint: string): Vars {
  const value = container[key] ?? {};
  if (isMapping(value)) return value;
  throw structure(
    `${what} must be a mapping, not ${Array.isArray(value) ? 'a list' : 'a single value'}`,
    at(container, key),
    hint,
  );
}

function checkVariable(vars: Vars, name: string): void {
  if (VARIABLE_NAME.test(name)) return;
  const hint = 'Use letters, digits and _, and start with a letter.';
  throw structure(`${JSON.stringify(name)} cannot be the name of a variable`, at(vars, name), hint);
}

function unknownKey(group: DeclaredGroup, body: Vars, key: string): ProvisionError {
  const hint = `${suggest(key, GROUP_KEYS)} A variable of the group stands under \`vars\`, a group in it under \`children\`.`;
  return structure(`the group ${group.name} has an unknown key ${JSON.stringify(key)}`, at(body, key), hint);
}

function badName(what: 'host' | 'group', name: string, location: string): ProvisionError {
  if (name.includes('[')) {
    const hint = `Name each ${what} on a line of its own.`;
    return structure(`ranges in names are not supported: ${name}`, location, hint);
  }
  const hint = 'Use letters, digits, `_`, `-` and `.`, and start with a letter or digit.';
  return structure(`${JSON.stringify(name)} cannot be the name of a ${what}`, location, hint);
}

function allAsChild(location: string): ProvisionError {
  return structure('`all` cannot be a child', location, 'Remove it: it holds every group.');
}

function duplicateHost(host: DeclaredHost, location: string): ProvisionError {
  return new ProvisionError('inventory-duplicate-host', `the host ${host.name} is defined twice`, {
    location,
    hint: `It has variables at ${host.location} already. Keep them in one place; elsewhere write \`${host.name}:\` alone.`,
  });
}

function structure(message: string, location: string | undefined, hint: string): ProvisionError {
  return new ProvisionError('inventory-structure', message, { location, hint });
}

function at(container: Vars, key: string): string {
  return originOf(container, key) ?? '';
}
