/** The variables of what is imported: what is known of one, and what can be asked of all of them. */
import type { Code } from './code/code.ts';
import type { Doc } from './code/layout.ts';

/** A variable as Ansible's files set it. */
export interface Variable {
  readonly value: unknown;
  /** `defaults/main.yml:3`. */
  readonly place: string;
  /** Set by the inventory: its value tells what it is, and is no default. */
  readonly isInventory?: boolean;
  /** What no inventory can change: it is a constant of the role, unless it is secret. */
  readonly isFixed?: boolean;
  /** Makes code of a value with references, where they mean something else than in the whole role. */
  readonly translate?: Translate;
}

export type Translate = (value: unknown) => Code;

/** What a task sees that others do not: these names, and what references to them come to. */
export interface Own {
  readonly names: ReadonlySet<string>;
  readonly translate: Translate;
}

/** A variable that the role reads from the inventory. */
export interface Param {
  readonly name: string;
  readonly schema: Doc;
  readonly isSecret: boolean;
  /** Holds numbers with a point, which are texts here. */
  readonly hasFraction: boolean;
  /** Nothing gives it a value yet. */
  readonly isRequired: boolean;
  readonly place: string | undefined;
}

/** Where variables are read. */
export interface Reads {
  /** Those that are read on all hosts. */
  readonly always: Set<string>;
  /** All of the role was read before. */
  readonly isWhole: boolean;
}

export interface Variables {
  /** @throws NotTranslated where it is a fact that roles are not told */
  lookUp(name: string, mayBeMissing?: boolean, own?: Own): Code;
  /** A variable that some tasks see alone, as a constant where it is fixed. */
  constantFor(name: string, variable: Variable): Code;
  /** The text that it is by default, without reading it. */
  textOf(name: string): string | undefined;
  /** Whether a task has set it. */
  isSet(name: string): boolean;
  /** Whether it is the one that counts in the whole role. */
  isCurrent(name: string, variable: Variable): boolean;
  /** Does what only some hosts do: what is read there alone need not be set for others. */
  onSome<T>(work: () => T): T;
  /** What `set_fact` sets: counts from there on. */
  set(name: string, variable: Variable): void;
  /** What `set_fact` sets where nothing else does. */
  setDefault(name: string, variable: Variable): void;
  /** The params of all variables that were read so far. */
  params(): readonly Param[];
  /** What the context of the role must give: `facts`. */
  readonly uses: ReadonlySet<string>;
  /** Forgets what was read in vain: call what it returns. */
  mark(): () => void;
  /** In the order in which they can be computed. */
  constants(): readonly Constant[];
}

/** A constant of the role. */
export interface Constant {
  readonly name: string;
  /** Its type, where it is more than what its value tells. */
  readonly type?: string;
  readonly code: Doc;
}
