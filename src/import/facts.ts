/** Ansible's facts and magic variables, as far as a role is told the same. */
import { type Code, quote } from './code/code.ts';
import { TEXT } from './code/shapes.ts';
import { NotTranslated } from './not-translated.ts';

/** What stands for them in a role, by their names without `ansible_`. */
const FACTS: Readonly<Record<string, string>> = {
  distribution_release: 'facts.codename',
  distribution_version: 'facts.osVersion',
  distribution_major_version: "facts.osVersion.replace(/\\..*/, '')",
  lsb_codename: 'facts.codename',
  architecture: 'facts.machine',
  machine: 'facts.machine',
  pkg_mgr: 'facts.packageManager',
  service_mgr: 'facts.init',
};

/** Ansible writes the names of distributions with a capital letter. */
const NAMED: Readonly<Record<string, string>> = {
  distribution: 'facts.os.replace(/^./, (letter) => letter.toUpperCase())',
  os_family: "['debian', 'ubuntu'].includes(facts.os) ? 'Debian' : facts.os",
};

/** The ID of os-release(5) of distributions, by what Ansible calls them or their family. */
const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  Debian: 'debian',
  Ubuntu: 'ubuntu',
  Alpine: 'alpine',
  Fedora: 'fedora',
};
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  Debian: ['debian', 'ubuntu'],
  RedHat: ['rhel', 'centos', 'fedora', 'rocky', 'almalinux'],
  Alpine: ['alpine'],
};

const HINTS: Readonly<Record<string, string>> = {
  hostvars: 'A role is told of other hosts by `peers`: see docs/resources.md.',
  groups: 'A role is told of other hosts by `peers`: see docs/resources.md.',
  group_names: 'Set a variable for the group in the inventory, and let the role read it.',
};

/**
 * What stands for the fact or magic variable of that name; undefined where it is none, but a variable.
 * @throws NotTranslated where a role is not told of it
 */
export function factNamed(name: string, use: (part: 'facts' | 'host') => void): Code | undefined {
  if (name === 'inventory_hostname') {
    use('host');
    return { code: 'host', shape: TEXT, isAtom: true };
  }
  if (name === 'ansible_managed')
    return { code: quote('Ansible managed'), shape: TEXT, isAtom: true, literal: 'Ansible managed' };
  if (Object.hasOwn(HINTS, name)) throw new NotTranslated(`it reads ${name}`, HINTS[name]);
  const [, fact = ''] = /^ansible_(\w+)$/.exec(name) ?? [];
  if (fact === '') return undefined;
  use('facts');
  if (Object.hasOwn(FACTS, fact)) return { code: FACTS[fact] ?? '', shape: TEXT, isAtom: true };
  if (Object.hasOwn(NAMED, fact)) {
    return { code: NAMED[fact] ?? '', shape: TEXT, equals: fact === 'distribution' ? isDistribution : isFamily };
  }
  throw new NotTranslated(
    `it reads the fact ${name}, which roles are not told`,
    'Set a variable for it in the inventory, and let the role read that.',
  );
}

function isDistribution(name: string): string | undefined {
  const id = DISTRIBUTIONS[name];
  return id === undefined ? undefined : `facts.os === ${quote(id)}`;
}

function isFamily(name: string): string | undefined {
  const ids = FAMILIES[name];
  return ids === undefined ? undefined : `[${ids.map(quote).join(', ')}].includes(facts.os)`;
}
