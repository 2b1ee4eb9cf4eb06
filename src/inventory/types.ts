/** What an inventory says: groups, hosts, their variables, and where each of them stands in the user's files. */
import type { Keyring } from '../vault/keyring.ts';

/** Variables by name: plain data as YAML has it, references not yet resolved; encrypted values are secrets. */
export type Vars = Readonly<Record<string, unknown>>;

export interface Group {
  readonly name: string;
  /** Where it was first written: `prod.yml:12:3`. */
  readonly location: string;
  /** All its hosts in Ansible's order: its own, those of its children, those of the children's children. */
  readonly hosts: readonly string[];
  /** The hosts that it names itself. Of `all` none: those that no other group names are in `ungrouped`. */
  readonly ownHosts: readonly string[];
  /** The groups right below it. */
  readonly children: readonly string[];
  /** How far it is from `all` on the longest way. */
  readonly depth: number;
  /** Its `ansible_group_priority`. */
  readonly priority: number;
}

/** Variables as one place sets them. */
export interface Layer {
  /** `extra`: the command line, for all hosts. */
  readonly kind: 'group' | 'host' | 'extra';
  /** Of the group or host; of the option. */
  readonly name: string;
  /** The folder of `group_vars` or `host_vars` whose file it is; undefined where the sources themselves say it. */
  readonly folder?: string | undefined;
  /** Whether it was encrypted as a whole: no text in it is to be shown. */
  readonly isEncrypted?: boolean;
  readonly vars: Vars;
}

export interface Host {
  readonly name: string;
  readonly location: string;
  /** The source that names it first, as an absolute path; undefined for a list of names on the command line. */
  readonly source?: string | undefined;
  /** Its groups in the order in which they are merged: `all` first, the most specific last. */
  readonly groups: readonly string[];
  /**
   * The variables that count for it: its own over its groups', a child group's over its parent's. No deep merge.
   * @throws ProvisionError why a file of them cannot be decrypted
   */
  readonly vars: Vars;
  /** What `vars` is merged from: a later one counts before an earlier one. @throws ProvisionError as `vars` */
  readonly layers: readonly Layer[];
  /** Where the deepest existing part of that path stands, as `prod.yml:12:7`; undefined where no file sets it. */
  origin(path: readonly PropertyKey[]): string | undefined;
}

export interface Inventory {
  /** The sources, as the user named them, with commas between them. */
  readonly path: string;
  /** Absolute path of the folder that relative paths and `roles/` belong to. */
  readonly dir: string;
  readonly groups: ReadonlyMap<string, Group>;
  readonly hosts: ReadonlyMap<string, Host>;
  /**
   * This machine, by one of its names (`localhost`, `127.0.0.1`, `::1`), although no source names it by any of them: it is in no group,
   * and not among `hosts`. Undefined for any other name.
   */
  implicitHost(name: string): Host | undefined;
  /** The environment that `{{ env.NAME }}` and secrets are taken from. */
  readonly env: NodeJS.ProcessEnv;
  /** Opens what is encrypted. */
  readonly keyring: Keyring;
  /** Whether a source was encrypted as a whole: each text and number that may be a secret is one. */
  readonly isEncrypted: boolean;
}

/** Whether it is a mapping of plain data. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Whether it is a mapping or a list of plain data. */
export function isContainer(value: unknown): value is Readonly<Record<string, unknown>> | readonly unknown[] {
  return Array.isArray(value) || isMapping(value);
}
