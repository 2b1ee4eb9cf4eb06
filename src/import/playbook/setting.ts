/** What tasks take over from the file, block, role or play that they stand in. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Variable } from '../variable.ts';
import { type Inherited, inheritedLines } from './inherited.ts';
import type { Task } from './play.ts';
import { isRoleFolder } from './role-folder.ts';

/** What the tasks of one file have in common. */
export interface Setting extends Inherited {
  readonly roleVars: Readonly<Record<string, Variable>>;
  readonly folder: string;
  readonly folders: readonly string[];
  /** Within `include_role` or `import_role`. */
  readonly isIncluded?: boolean;
}

export const NO_VARIABLES = { vars: {}, given: {}, roleVars: {} } as const;

/** What an entry of `roles` may hold besides what it gives to the role. */
const OF_ENTRIES =
  /^(any_errors_fatal|become\w*|check_mode|collections|connection|debugger|delegate_\w+|diff|environment|ignore_\w+|module_defaults|name|no_log|port|remote_user|role|run_once|tags|throttle|timeout|vars|when)$/;

/** What an entry of `roles` gives to its role: what is no keyword. */
export function givenBy(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !OF_ENTRIES.test(key)));
}

/** The folder of a role, beside the playbook or another role. */
export function roleFolder(name: string, { folder, folders }: Setting): string | undefined {
  return [folder, ...folders]
    .flatMap((start) => ['roles', '.', '..', '../../..'].map((place) => join(start, place, name)))
    .find(isRoleFolder);
}

/** A file of tasks that is included. */
export function taskFile(file: string, { folder, folders }: Setting): string | undefined {
  return [folder, ...folders.map((start) => join(start, 'tasks')), ...folders]
    .map((start) => join(start, file))
    .find((candidate) => existsSync(candidate));
}

/** A task that does not come over, and why. */
export function marked(
  name: string,
  place: string,
  source: string,
  setting: Setting,
  why: string,
  hint?: string,
): Task {
  const { folders, conditions, vars, given, roleVars, keywords } = setting;
  return {
    name,
    module: '',
    args: {},
    keywords,
    conditions,
    vars,
    given,
    roleVars,
    place,
    source,
    inherited: inheritedLines(setting),
    folders,
    problem: { place, why, hint },
  };
}

/** What is done where another task fails: never by a run. */
export function ofRescue(task: Task): Task {
  const why = 'it is done where another task fails (rescue)';
  return { ...task, problem: { place: task.place, why, hint: 'A run ends at what fails: mend it by hand.' } };
}

/** A role that is taken twice has its handlers once, unless it is given something else. */
export function addHandlers(found: readonly Task[], all: Task[]): void {
  const textOf = ({ place, given }: Task) => `${place} ${JSON.stringify(given)}`;
  const known = new Set(all.map(textOf));
  all.push(...found.filter((handler) => !known.has(textOf(handler))));
}
