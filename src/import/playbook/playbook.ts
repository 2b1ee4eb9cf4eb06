/** Reads playbooks and role folders: plays with their tasks, handlers and variables, includes and roles in their places. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ProvisionError } from '../../errors.ts';
import { hasJinja } from '../jinja/jinja.ts';
import { createDeclared, fixed } from './declared-variables.ts';
import { OF_FAMILY, ofDebian } from './include-vars.ts';
import { inheritedLines } from './inherited.ts';
import { keywordsOfAll, keywordsOfBlock, leftOut, nearer, unknownOfPlay, withDefaults } from './keywords.ts';
import type { Play, Task, Told } from './play.ts';
import { type Parts, partFiles, partsOf } from './role-folder.ts';
import { addHandlers, givenBy, marked, NO_VARIABLES, ofRescue, roleFolder, type Setting, taskFile } from './setting.ts';
import { createTakenRoles } from './taken-roles.ts';
import { isKeyword, moduleName, readArguments } from './task-keys.ts';
import { readInventoryVariables } from './variable-files.ts';
import { entriesOf, isRecord, placeOf, readYaml, sourceOf } from './yaml-source.ts';

/** Includes within includes, at most: one that includes itself would never end. */
const MAX_DEPTH = 20;

/** @param path of a playbook, or of the folder of a role @throws ProvisionError `playbook-invalid`, `file-unreadable` */
export function readPlays(path: string): readonly Play[] {
  if (!existsSync(path)) {
    throw new ProvisionError('file-unreadable', `there is no ${path}`, {
      hint: 'Give a playbook, or the folder of a role.',
    });
  }
  const isFolder = statSync(path).isDirectory();
  return createReader(isFolder ? path : dirname(path)).read(path, isFolder);
}

/** @param told what is known of the file already */
function createReader(root: string, told: readonly Told[] = []) {
  const notes: Told[] = [...told];
  const omitted: Told[] = [];
  const handlers: Task[] = [];
  const handlersOfIncludes: Task[] = [];
  const taken = createTakenRoles();
  let depth = 0;
  /** The play is for this machine: there `connection: local` says nothing. */
  let isHere = false;

  const shown = (path: string) => relative(root, path);
  const tell = (told: Told) => notes.push(told);
  const { variables, declare, declareFile } = createDeclared(shown, notes);

  function read(path: string, isFolder: boolean): readonly Play[] {
    if (isFolder) return [roleAlone(path)];
    const document = readYaml(path, shown(path), tell);
    const plays = Array.isArray(document) && document.every(isRecord) ? document : [];
    if (
      plays.length === 0 ||
      !plays.every((play) => 'hosts' in play || Object.keys(play).some((key) => /import_playbook$/.test(key)))
    ) {
      throw new ProvisionError('playbook-invalid', 'this is no playbook: a list of plays with `hosts`', {
        location: `${shown(path)}:1:1`,
        hint: 'Give a playbook, or the folder of a role with tasks/main.yml in it.',
      });
    }
    return plays.flatMap((play) => {
      const imported = Object.entries(play).find(([key]) => /import_playbook$/.test(key))?.[1];
      if (imported === undefined) return [createReader(root, notes.splice(0)).play(play, path)];
      return read(join(dirname(path), String(imported)), false);
    });
  }

  function play(entry: Record<string, unknown>, path: string): Play {
    const folder = dirname(path);
    const { hosts, vars, vars_files: files } = entry;
    const setting: Setting = {
      folder,
      folders: [folder],
      conditions: [],
      keywords: keywordsOfAll(entry),
      ...NO_VARIABLES,
    };
    omitted.push(...leftOut(entry), ...unknownOfPlay(entry));
    isHere = ['localhost', '127.0.0.1'].includes(String(hosts));
    if (isHere) note(entry, 'the play is for this machine', 'Name it in the inventory with ansible_connection: local.');
    const sections = ['pre_tasks', 'roles', 'tasks', 'post_tasks'].map((key) =>
      key === 'roles'
        ? entriesOf(entry.roles).flatMap((role) => roleOf(role, withEntry(role, setting)))
        : tasksOf(entry[key], setting),
    );
    readInventoryVariables(folder, shown, variables);
    declare(vars, 'play');
    for (const file of entriesOf(files)) variablesOf(String(file), folder, entry);
    // Ansible runs those of roles first, and those of roles that are included last.
    const ofPlay = tasksOf(entry.handlers, setting);
    return {
      name: String(entry.name ?? hosts ?? ''),
      hosts: hosts === undefined ? undefined : String(hosts),
      tasks: sections.flat(),
      handlers: [...handlers, ...ofPlay, ...handlersOfIncludes],
      variables,
      notes,
      omitted,
    };
  }

  /** A file of `vars_files`. */
  function variablesOf(written: string, folder: string, entry: Record<string, unknown>): void {
    const file = ofDebian(written);
    const place = placeOf(entry, 'vars_files');
    if (file !== written) notes.push({ place, ...OF_FAMILY });
    if (!hasJinja(file)) declareFile(join(folder, file), 'files', entry, 'vars_files');
    else
      omitted.push({
        place,
        why: `vars_files: which file of variables it reads depends on more than the family: ${written}`,
        hint: 'Set them in the inventory.',
      });
  }

  function roleAlone(path: string): Play {
    const setting: Setting = { folder: path, folders: [path], conditions: [], keywords: {}, ...NO_VARIABLES };
    const tasks = roleIn(path, setting);
    const all = [...handlers, ...handlersOfIncludes];
    return { name: '', hosts: undefined, tasks, handlers: all, variables, notes, omitted };
  }

  /** An entry of `roles`: a name, or a mapping with `role` and what it gives. */
  function roleOf(
    entry: unknown,
    setting: Setting,
    key = 'role',
    written = entry,
    file = shown(setting.folder) || 'roles',
  ): readonly Task[] {
    const from = partsOf(entry);
    const name = isRecord(entry) ? String(entry[key] ?? entry.name ?? '') : String(entry);
    const folder = roleFolder(name, setting);
    const condition = isRecord(entry) && 'when' in entry ? entriesOf(entry.when) : [];
    if (isRecord(entry) && key === 'role') omitted.push(...leftOut(entry));
    const keywords = isRecord(entry) ? nearer(setting.keywords, keywordsOfAll(entry)) : setting.keywords;
    const place = isRecord(written) ? placeOf(written) : file;
    const source = isRecord(written) ? sourceOf(written) : `role: ${name}`;
    if (folder === undefined) {
      const hint = 'Install it (ansible-galaxy), and import its folder by itself.';
      return [marked(name, place, source, setting, `the role ${name} is not beside the playbook`, hint)];
    }
    const [missing] = Object.entries(from).filter(([part, file]) => partFiles(folder, part, file).length === 0);
    if (missing !== undefined) {
      const why = hasJinja(missing[1])
        ? `which ${missing[0]} of the role ${name} it takes depends on a variable`
        : `the role ${name} has no ${missing.join('/')}`;
      return [marked(name, place, source, setting, why)];
    }
    const inner = { ...setting, keywords, conditions: [...setting.conditions, ...condition] };
    if (key === 'name') return roleIn(folder, { ...inner, isIncluded: true }, from);
    return taken.isTaken(folder, entry, inner.conditions) ? [] : roleIn(folder, inner, from);
  }

  /** What an entry of `roles` gives: `vars` to the play, and what is no keyword to the role alone. */
  function withEntry(entry: unknown, setting: Setting): Setting {
    if (!isRecord(entry)) return setting;
    const roleVars = declare(entry.vars, 'entry');
    return {
      ...setting,
      roleVars: { ...setting.roleVars, ...roleVars },
      given: { ...setting.given, ...fixed(givenBy(entry), entry) },
    };
  }

  /** @param from which files it takes instead of `main.yml` */
  function roleIn(folder: string, outer: Setting, from: Parts = {}): readonly Task[] {
    const vars = partFiles(folder, 'vars', from.vars).map((file) => declareFile(file, 'role'));
    const roleVars = Object.assign({}, outer.roleVars, ...vars) as Setting['roleVars'];
    const setting: Setting = { ...outer, roleVars, folder: join(folder, 'tasks'), folders: [folder, ...outer.folders] };
    const before = dependenciesOf(folder, { ...setting, folder });
    for (const file of partFiles(folder, 'defaults', from.defaults)) declareFile(file, 'defaults');
    const [tasks] = partFiles(folder, 'tasks', from.tasks);
    const [handlersFile] = partFiles(folder, 'handlers', from.handlers);
    if (handlersFile !== undefined) {
      const found = tasksIn(handlersFile, { ...setting, folder: dirname(handlersFile) });
      addHandlers(found, setting.isIncluded ? handlersOfIncludes : handlers);
    }
    return [...before, ...(tasks === undefined ? [] : tasksIn(tasks, setting))];
  }

  /** What a role depends on is done before it, as if it stood in \`roles\`. */
  function dependenciesOf(folder: string, setting: Setting): readonly Task[] {
    const [meta] = partFiles(folder, 'meta');
    const about = meta === undefined ? undefined : readYaml(meta, shown(meta), tell);
    if (meta === undefined || !isRecord(about)) return [];
    return entriesOf(about.dependencies).flatMap((dependency) => {
      const place = isRecord(dependency) ? placeOf(dependency) : shown(meta);
      const source = isRecord(dependency) ? sourceOf(dependency) : `- ${String(dependency)}`;
      if (depth >= MAX_DEPTH) return [marked('', place, source, setting, 'the role depends on itself')];
      depth += 1;
      try {
        return roleOf(dependency, withEntry(dependency, setting), 'role', dependency, shown(meta));
      } finally {
        depth -= 1;
      }
    });
  }

  function tasksIn(path: string, setting: Setting): readonly Task[] {
    return tasksOf(readYaml(path, shown(path), tell), { ...setting, folder: dirname(path) });
  }

  function tasksOf(list: unknown, setting: Setting): readonly Task[] {
    return entriesOf(list).flatMap((entry) => (isRecord(entry) ? taskOf(entry, setting) : []));
  }

  function taskOf(entry: Record<string, unknown>, setting: Setting): readonly Task[] {
    const conditions = [...setting.conditions, ...('when' in entry ? entriesOf(entry.when) : [])];
    const vars = { ...setting.vars, ...(isRecord(entry.vars) ? entry.vars : {}) };
    const name = String(entry.name ?? '');
    if ('block' in entry) return blockOf(entry, { ...setting, conditions, vars });
    const [key, ...more] = Object.keys(entry).filter((candidate) => !isKeyword(candidate));
    const place = placeOf(entry);
    const source = sourceOf(entry);
    if (key === undefined || more.length > 0 || key === 'local_action') {
      const why = key === undefined ? 'it has no module' : 'it is not clear which module it uses';
      const task = marked(name, place, source, setting, key === 'local_action' ? 'it runs on this machine' : why);
      return [{ ...task, keywords: nearer(setting.keywords, entry) }];
    }
    const module = moduleName(key);
    const written = readArguments(module, entry[key], entry.args);
    if (/^(import|include)_(tasks|role)$/.test(module)) {
      const given = { ...setting.given, ...fixed(entry.vars, entry.vars) };
      // What is imported takes over variables as from a block; what is included is given them.
      const inner = module.startsWith('import') ? { ...setting, vars } : { ...setting, given };
      return included(module, written, { entry, name, place, source }, { ...inner, conditions });
    }
    const { connection, ...others } = nearer(setting.keywords, entry);
    const keywords = isHere && connection === 'local' ? others : { ...others, connection };
    const args = withDefaults(module, written, keywords);
    const { folders, given, roleVars } = setting;
    const inherited = inheritedLines(setting);
    const without = leftOut(entry);
    const own = { name, module, args, keywords, conditions, vars, given, roleVars, place, source };
    return [{ ...own, inherited, folders, without }];
  }

  function blockOf(entry: Record<string, unknown>, setting: Setting): readonly Task[] {
    omitted.push(...leftOut(entry));
    const inner = { ...setting, keywords: nearer(setting.keywords, keywordsOfBlock(entry)) };
    const rescued = tasksOf(entry.rescue, inner).map(ofRescue);
    return [...tasksOf(entry.block, inner), ...rescued, ...tasksOf(entry.always, inner)];
  }

  function included(
    module: string,
    args: Readonly<Record<string, unknown>>,
    { entry, name, place, source }: { entry: Record<string, unknown>; name: string; place: string; source: string },
    outer: Setting,
  ): readonly Task[] {
    // An include keeps its keywords for itself, and hands on what stands in `apply`.
    const applied = isRecord(args.apply) ? args.apply : {};
    const handing = module.startsWith('import') ? entry : applied;
    omitted.push(...leftOut(handing));
    const setting = {
      ...outer,
      keywords: nearer(outer.keywords, keywordsOfBlock(handing)),
      conditions: [...outer.conditions, ...entriesOf(applied.when)],
      vars: { ...outer.vars, ...(isRecord(applied.vars) ? applied.vars : {}) },
    };
    const isLooped = Object.keys(entry).some((key) => key === 'loop' || key.startsWith('with_'));
    if (isLooped)
      return [
        marked(name, place, source, setting, 'it includes tasks in a loop', 'Write a loop around its resources.'),
      ];
    if (depth >= MAX_DEPTH) return [marked(name, place, source, setting, 'it includes itself')];
    depth += 1;
    try {
      if (module.endsWith('role')) return roleOf(args, setting, 'name', entry);
      const file = String(args.file ?? args._raw ?? '');
      const path = taskFile(file, setting);
      const isVariable = 'which file it includes depends on a variable';
      if (hasJinja(file)) return [marked(name, place, source, setting, isVariable, 'Import each file by itself.')];
      if (path === undefined) return [marked(name, place, source, setting, `there is no file ${file}`)];
      return tasksIn(path, setting);
    } finally {
      depth -= 1;
    }
  }

  function note(container: object, why: string, hint: string, key?: string): void {
    notes.push({ place: placeOf(container, key), why, hint });
  }

  return { read, play };
}
