import { isDeepStrictEqual } from 'node:util';
import { ProvisionError } from '../../errors.ts';
import { suggest } from '../../schema/nearest.ts';
import { checkVariables, type Declarer } from '../declarations.ts';
import type { DeclaredGroup } from '../groups.ts';
import { originOf, rememberPlace } from '../origins.ts';
import { isMapping, type Vars } from '../types.ts';
import type { Data } from '../yaml/file.ts';
import { expandHostNames } from './host-names.ts';

const GROUP_KEYS = ['hosts', 'vars', 'children'];

/**
 * Reads an inventory in the form that YAML has, and JSON as well: groups, each with `hosts`, `vars` and `children`.
 * @throws ProvisionError `inventory-structure`, `inventory-duplicate-host`
 */
export function readYamlSource({ value, start }: Data, declarer: Declarer): void {
  /** Of hosts that this file names without a range, where it gives them variables. */
  const named = new Map<string, { vars: Vars; location: string }[]>();

  function readGroup(container: Vars, name: string, parent?: DeclaredGroup): void {
    const location = at(container, name);
    const group = parent === undefined ? declarer.group(name, location) : declarer.addChild(parent, name, location);
    const body = mappingAt(container, name, `the group ${name}`, `Write \`${GROUP_KEYS.join('`, `')}\` in it.`);
    if (container[name] !== null) group.isDeclared = true;
    for (const key of Object.keys(body)) if (!GROUP_KEYS.includes(key)) throw unknownKey(group, body, key);

    const vars = mappingAt(body, 'vars', `\`vars\` of ${name}`, 'Write one `name: value` a line.');
    checkVariables(vars);
    declarer.setVars(group, vars);
    const hosts = namesAt(body, 'hosts', `\`hosts\` of ${name}`, 'Write each host with a colon: `web1:`.');
    for (const host of Object.keys(hosts)) readHosts(group, hosts, host);
    const children = namesAt(body, 'children', `\`children\` of ${name}`, 'Write each group with a colon: `web:`.');
    for (const child of Object.keys(children)) readGroup(children, child, group);
  }

  function readHosts(group: DeclaredGroup, container: Vars, written: string): void {
    const location = at(container, written);
    const { names, port } = expandHostNames(written, location);
    const vars = mappingAt(container, written, `the host ${written}`, 'Write one `name: value` a line.');
    checkVariables(vars);
    if (!written.includes('[')) checkTwice(written, vars, location);
    for (const name of names) declarer.addHost(group, name, { location, port, vars });
  }

  /** Two values for one variable of one host are a mistake here: only the order of the groups would tell which counts. */
  function checkTwice(host: string, vars: Vars, location: string): void {
    const before = named.get(host) ?? [];
    for (const other of before) {
      const isTwice = (name: string) =>
        Object.hasOwn(other.vars, name) && !isDeepStrictEqual(other.vars[name], vars[name]);
      if (Object.keys(vars).some(isTwice)) throw duplicateHost(host, other.location, location);
    }
    if (Object.keys(vars).length > 0) named.set(host, [...before, { vars, location }]);
  }

  const top = value ?? {};
  if (!isMapping(top)) throw structure('an inventory is a mapping of groups', start, 'Start it with `all:`.');
  if (typeof top.plugin === 'string') throw plugin(top);
  declarer.group('all', start);
  for (const name of Object.keys(top)) readGroup(top, name);
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

/** The same for names without anything else: a single one may stand alone, `hosts: web1`. */
function namesAt(container: Vars, key: string, what: string, hint: string): Vars {
  const value = container[key];
  if (typeof value !== 'string') return mappingAt(container, key, what, hint);
  const names = { [value]: null };
  rememberPlace(names, at(container, key));
  return names;
}

function unknownKey(group: DeclaredGroup, body: Vars, key: string): ProvisionError {
  const hint = `${suggest(key, GROUP_KEYS)} A variable of the group stands under \`vars\`, a group in it under \`children\`.`;
  return structure(`the group ${group.name} has an unknown key ${JSON.stringify(key)}`, at(body, key), hint);
}

function duplicateHost(host: string, first: string, location: string): ProvisionError {
  return new ProvisionError('inventory-duplicate-host', `the host ${host} is defined twice`, {
    location,
    hint: `It has variables at ${first} already. Keep them in one place; elsewhere write \`${host}:\` alone.`,
  });
}

/** The configuration of one of Ansible's inventory plugins, which are programs in Python. */
function plugin(top: Vars): ProvisionError {
  return structure(
    `this is the configuration of Ansible's inventory plugin ${top.plugin}`,
    at(top, 'plugin'),
    PLUGIN_HINT,
  );
}

const PLUGIN_HINT =
  'Let `ansible-inventory -i FILE --list --export` write what it finds to a .json file, and give that.';

function structure(message: string, location: string | undefined, hint: string): ProvisionError {
  return new ProvisionError('inventory-structure', message, { location, hint });
}

function at(container: Vars, key: string): string {
  return originOf(container, key) ?? '';
}
