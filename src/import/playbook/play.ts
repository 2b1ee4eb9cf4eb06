/** What was read of a playbook. */
import type { Variable } from '../variable.ts';

/** A task or handler, its block's conditions and variables with it. */
export interface Task {
  readonly name: string;
  /** Without the collection: `authorized_key`. */
  readonly module: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** What stands beside the module: `notify`, `loop`, `become_user`. */
  readonly keywords: Readonly<Record<string, unknown>>;
  readonly conditions: readonly unknown[];
  readonly vars: Readonly<Record<string, unknown>>;
  /** What its role, or an include, was given: counts before all others. */
  readonly given: Readonly<Record<string, Variable>>;
  /** The variables of its role, which another role may have as well. */
  readonly roleVars: Readonly<Record<string, Variable>>;
  /** `site.yml:41`. */
  readonly place: string;
  /** The task as it is written. */
  readonly source: string;
  /** What it takes over from what it stands in, as lines of YAML. */
  readonly inherited: readonly string[];
  /** Where its files and templates are looked for. */
  readonly folders: readonly string[];
  /** What it says besides that is not done. */
  readonly without?: readonly Told[];
  /** Set where it cannot be a task of ours, whatever its module does. */
  readonly problem?: Told;
}

/** Something that people should know, and where it stands. */
export interface Told {
  readonly place: string;
  readonly why: string;
  readonly hint?: string | undefined;
}

/** A play of a playbook, or a role by itself. */
export interface Play {
  readonly name: string;
  /** Undefined for a role by itself. */
  readonly hosts: string | undefined;
  readonly tasks: readonly Task[];
  readonly handlers: readonly Task[];
  readonly variables: ReadonlyMap<string, Variable>;
  readonly notes: readonly Told[];
  /** What it says, or a role or block in it, that is not done. */
  readonly omitted: readonly Told[];
}
