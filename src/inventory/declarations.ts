import { ProvisionError } from '../errors.ts';
import type { DeclaredGroup } from './groups.ts';
import { originOf, rememberPlace, shareOrigins } from './origins.ts';
import { badName } from './sources/host-names.ts';
import type { Vars } from './types.ts';

/** A host as the sources declare it. */
export interface DeclaredHost {
  readonly name: string;
  /** Where it has its variables; else where it is first named. */
  location: string;
  /** The source that names it first, as an absolute path; undefined for a list of names. */
  readonly source: string | undefined;
  /** Its own variables, a later one over an earlier one. */
  readonly vars: Vars[];
  /** The groups that name it. */
  readonly groups: Set<string>;
}

/** What all sources of an inventory declare, in their order. */
export interface Declarations {
  readonly groups: ReadonlyMap<string, DeclaredGroup>;
  readonly hosts: ReadonlyMap<string, DeclaredHost>;
}

/** Takes what a source declares: each kind of source has its reader, and all of them end here. */
export interface Declarer {
  /** What follows is from that source: its absolute path, undefined for a list of names. */
  from(source: string | undefined): void;
  /** Whether a host of that name was declared, be it by an earlier source. */
  hasHost(name: string): boolean;
  /**
   * A group that has variables, or that was named as a child: it is declared where `isDeclared` is set as well.
   * @throws ProvisionError `inventory-structure`
   */
  group(name: string, location: string): DeclaredGroup;
  /** @throws ProvisionError `inventory-structure` for `all` */
  addChild(parent: DeclaredGroup, child: string, location: string): DeclaredGroup;
  /** Later ones count. @throws ProvisionError `inventory-structure` for a priority that is no number */
  setVars(group: DeclaredGroup, vars: Vars): void;
  addHost(group: DeclaredGroup, name: string, host: HostDeclaration): void;
}

export interface HostDeclaration {
  readonly location: string;
  /** Of the name: `web1:2222`. */
  readonly port?: number | undefined;
  readonly vars: Vars;
}

export const GROUP_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;
export const VARIABLE_NAME = /^[A-Za-z_]\w*$/;
const PRIORITY = 'ansible_group_priority';

/** Collects declarations; `finish` is called when all sources are read. */
export function createDeclarer(): Declarer & { finish(): Declarations } {
  const groups = new Map<string, DeclaredGroup>();
  const hosts = new Map<string, DeclaredHost>();
  let source: string | undefined;

  function group(name: string, location: string): DeclaredGroup {
    const known = groups.get(name);
    if (known !== undefined) {
      // `all` is there from the start, before anything is read.
      if (known.location === '') known.location = location;
      return known;
    }
    if (!GROUP_NAME.test(name)) throw badName('group', name).at({ location });
    const made = emptyGroup(name, location);
    groups.set(name, made);
    return made;
  }

  function addChild(parent: DeclaredGroup, child: string, location: string): DeclaredGroup {
    if (child === 'all') {
      const hint = 'Remove it: it holds every group.';
      throw new ProvisionError('inventory-structure', '`all` cannot be a child', { location, hint });
    }
    parent.children.add(child);
    return group(child, location);
  }

  function setVars(to: DeclaredGroup, vars: Vars): void {
    if (!Object.hasOwn(vars, PRIORITY)) return void to.vars.push(vars);
    to.priority = priorityOf(vars);
    const { [PRIORITY]: _, ...others } = vars;
    to.vars.push(shareOrigins(others, vars));
  }

  function addHost(to: DeclaredGroup, name: string, { location, port, vars }: HostDeclaration): void {
    const known = hosts.get(name);
    const host = known ?? { name, location, source, vars: [], groups: new Set<string>() };
    hosts.set(name, host);
    host.groups.add(to.name);
    to.hosts.add(name);
    // As in Ansible: the port counts where the host is named first, and less than its variables.
    if (port !== undefined && known === undefined) host.vars.push(portOf(port, location));
    if (Object.keys(vars).length === 0) return;
    if (host.vars.length === 0) host.location = location;
    host.vars.push(vars);
  }

  function finish(): Declarations {
    addUngrouped(groups, hosts);
    return { groups, hosts };
  }

  groups.set('all', { ...emptyGroup('all', ''), isDeclared: true });
  return {
    hasHost: (name) => hosts.has(name),
    group,
    addChild,
    setVars,
    addHost,
    finish,
    from(path) {
      source = path;
    },
  };
}

/**
 * @param vars variables as people write them
 * @throws ProvisionError `inventory-structure` for a name that no variable can have
 */
export function checkVariables(vars: Vars): void {
  for (const name of Object.keys(vars)) {
    if (VARIABLE_NAME.test(name) && name !== '__proto__') continue;
    throw new ProvisionError('inventory-structure', `${JSON.stringify(name)} cannot be the name of a variable`, {
      location: originOf(vars, name),
      hint: 'Use letters, digits and _, and start with a letter.',
    });
  }
}

/** Hosts that only `all` names are also in `ungrouped`, those of another group are not. */
function addUngrouped(groups: Map<string, DeclaredGroup>, hosts: ReadonlyMap<string, DeclaredHost>): void {
  for (const host of hosts.values()) {
    const isGrouped = [...host.groups].some((name) => name !== 'all' && name !== 'ungrouped');
    if (isGrouped) {
      if (host.groups.delete('ungrouped')) groups.get('ungrouped')?.hosts.delete(host.name);
      continue;
    }
    const group = groups.get('ungrouped') ?? emptyGroup('ungrouped', host.location);
    groups.set('ungrouped', group);
    group.hosts.add(host.name);
    host.groups.add('ungrouped');
  }
  const ungrouped = groups.get('ungrouped');
  if (ungrouped === undefined) return;
  ungrouped.isDeclared = true;
  // Written by `ansible-inventory --list`, be there hosts in it or not.
  const isNothing = ungrouped.hosts.size === 0 && ungrouped.children.size === 0 && ungrouped.vars.every(isEmpty);
  if (!isNothing) return;
  groups.delete('ungrouped');
  for (const group of groups.values()) group.children.delete('ungrouped');
}

function portOf(port: number, location: string): Vars {
  const vars = { ansible_port: port };
  rememberPlace(vars, location);
  return vars;
}

function isEmpty(vars: Vars): boolean {
  return Object.keys(vars).length === 0;
}

function emptyGroup(name: string, location: string): DeclaredGroup {
  return { name, location, vars: [], hosts: new Set(), children: new Set(), priority: 1, isDeclared: false };
}

function priorityOf(vars: Vars): number {
  const value = vars[PRIORITY];
  const priority = typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof priority === 'number' && Number.isInteger(priority)) return priority;
  throw new ProvisionError('inventory-structure', `${PRIORITY} must be a whole number`, {
    location: originOf(vars, PRIORITY),
    hint: 'Of groups at the same depth the one with the higher number counts; without it the number is 1.',
  });
}
