/** What there is to test: roles, and the inventories beside them that say with which variables and to what end. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ProvisionError } from '../errors.ts';
import { ownRoleNames, roleFile, roleNames } from '../inventory/roles/files.ts';
import { suggest } from '../schema/nearest.ts';

export interface Scenario {
  /** `motd`, or `motd.upgrade` for a further one. */
  readonly name: string;
  /** The role that it is about. */
  readonly role: string;
  /** Path of its inventory; undefined: the role with its defaults. */
  readonly file: string | undefined;
  /** Path of the folder that holds `roles/`: what paths in the scenario are relative to. */
  readonly dir: string;
}

const ROLES = 'roles';
const SCENARIO_FILE = /^(?:(?<name>.+)\.)?test\.ya?ml$/;

/**
 * The scenarios that these words name, each once: roles, scenarios, their files, or folders of them. No word: all in `roles/`.
 * @param cwd absolute path of the folder that words are relative to
 * @throws ProvisionError `usage` where a word names none
 */
export function findScenarios(words: readonly string[], cwd: string): readonly Scenario[] {
  const found = words.length === 0 ? inFolder(cwd, cwd) : words.flatMap((word) => named(word, cwd));
  return [...new Map(found.map((scenario) => [`${scenario.dir} ${scenario.name}`, scenario])).values()];
}

function named(word: string, cwd: string): readonly Scenario[] {
  const here = scenariosOf(join(cwd, ROLES));
  const isMeant = ({ name, role }: Scenario) => word === name || word === role;
  if (here.some(isMeant)) return here.filter(isMeant);
  const path = resolve(cwd, word);
  if (existsSync(path)) return statSync(path).isDirectory() ? inFolder(path, cwd) : ofFile(path, word);
  // What comes with provision can be tested as well, with its defaults.
  if (/^[\w-]+$/.test(word) && roleFile(word, join(cwd, ROLES))) {
    return [{ name: word, role: word, file: undefined, dir: cwd }];
  }
  const names = new Set([...here.map(({ name }) => name), ...roleNames(join(cwd, ROLES))]);
  throw new ProvisionError('usage', `there is no role, file or folder ${JSON.stringify(word)}`, {
    hint: `${suggest(word, names)} Roles are looked for in ${join(cwd, ROLES)}.`,
  });
}

/** A folder with `roles/` in it, such a folder itself, or the one of a role. */
function inFolder(folder: string, cwd: string): readonly Scenario[] {
  const parent = dirname(folder);
  const isRole = basename(parent) === ROLES && basename(folder) !== ROLES;
  const roles = basename(folder) === ROLES ? folder : isRole ? parent : join(folder, ROLES);
  const all = scenariosOf(roles);
  const found = isRole ? all.filter(({ role }) => role === basename(folder)) : all;
  if (found.length > 0) return found;
  throw new ProvisionError('usage', `there is no role to test in ${isRole ? folder : roles}`, {
    hint:
      folder === cwd
        ? 'Call it in the folder that holds roles/, or name a role, a file or a folder.'
        : 'A role of your own is the file NAME.ts in a folder called roles.',
  });
}

/** A scenario, or all of a role. */
function ofFile(path: string, word: string): readonly Scenario[] {
  const folder = dirname(path);
  const roles = basename(folder) === ROLES ? folder : dirname(folder);
  const all = scenariosOf(roles);
  const found = all.filter(({ file, role }) => file === path || roleFile(role, roles) === path);
  if (basename(roles) === ROLES && found.length > 0) return found;
  throw new ProvisionError('usage', `${word} is neither a role nor a scenario`, {
    hint: 'A role is the file roles/NAME.ts, a scenario of it roles/NAME.test.yml.',
  });
}

/** All in a folder of roles, sorted by name. A role without a scenario is one by itself. */
function scenariosOf(roles: string): readonly Scenario[] {
  if (!existsSync(roles)) return [];
  const dir = dirname(roles);
  const files = readdirSync(roles, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? scenarioFiles(join(roles, entry.name)).map(({ file, name }) => ({ file, name: scenarioName(entry.name, name) }))
      : scenarioFile(roles, entry.name),
  );
  const scenarios = files.flatMap(({ file, name }): Scenario[] =>
    name === undefined ? [] : [{ name, role: name.split('.')[0] ?? name, file, dir }],
  );
  const alone = ownRoleNames(roles)
    .filter((role) => !scenarios.some((scenario) => scenario.role === role))
    .map((role): Scenario => ({ name: role, role, file: undefined, dir }));
  return [...scenarios, ...alone].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface ScenarioFile {
  readonly file: string;
  /** Undefined for a file that is called `test.yml`. */
  readonly name: string | undefined;
}

function scenarioFiles(folder: string): readonly ScenarioFile[] {
  return readdirSync(folder).flatMap((entry) => scenarioFile(folder, entry));
}

function scenarioFile(folder: string, entry: string): readonly ScenarioFile[] {
  const match = SCENARIO_FILE.exec(entry);
  return match === null ? [] : [{ file: join(folder, entry), name: match.groups?.name }];
}

function scenarioName(role: string, name: string | undefined): string {
  return name === undefined ? role : `${role}.${name}`;
}
