/** Options of Ansible's modules that have no equivalent: told in the summary and in the file, or a reason not to translate the task. */
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';
import type { ModuleContext } from './module.ts';

/** What it is called, the value that changes nothing (undefined: none), what is not done, and what to do about it. */
export type Option = readonly [name: string, usual: string | boolean | undefined, why: string, hint?: string];

/** The task comes over without what these do. */
export function leaveOut(args: ModuleArguments, context: ModuleContext, options: readonly Option[]): void {
  for (const [name, usual, why, hint] of options) {
    if (args.isUnusual(name, usual)) context.leave(`${name}: ${why}`, hint);
  }
}

/** Without what these do it would be another task. @throws NotTranslated where one is given */
export function refuseOptions(args: ModuleArguments, options: readonly Option[]): void {
  for (const [name, usual, why, hint] of options) {
    if (args.isUnusual(name, usual)) throw new NotTranslated(`${name}: ${why}`, hint);
  }
}

const NO_CONTEXT = 'the context of SELinux is not set';

/** What all modules take that write files. How they are written (`unsafe_writes`) is our own affair. */
export const OF_FILES: readonly Option[] = [
  ['seuser', undefined, NO_CONTEXT],
  ['serole', undefined, NO_CONTEXT],
  ['setype', undefined, NO_CONTEXT],
  ['selevel', undefined, NO_CONTEXT],
];

export const BACKUP: Option = ['backup', false, 'what the file held before is not kept'];
