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

/** Variables as one place sets them: a group in one of its `vars`, or a host. */
export interface Layer {
  readonly kind: 'group' | 'host';
  readonly name: string;
  readonly vars: Vars;
}

export interface Host {
  readonly name: string;
  readonly location: string;
  /** Its groups in the order in which they are merged: `all` first, the most specific last. */
  readonly groups: readonly string[];
  /** The variables that count for it: its own over its groups', a child group's over its parent's. No deep merge. */
  readonly vars: Vars;
  /** What `vars` is merged from: a later one counts before an earlier one. */
  readonly layers: readonly Layer[];
  /** Where the deepest existing part of that path stands, as `prod.yml:12:7`; undefined where no file sets it. */
  origin(path: readonly PropertyKey[]): string | undefined;
}

export interface Inventory {
  /** The file, as the user named it. */
  readonly path: string;
  /** Absolute path of the folder that relative paths and `roles/` belong to. */
  readonly dir: string;
  readonly groups: ReadonlyMap<string, Group>;
  readonly hosts: ReadonlyMap<string, Host>;
  /** The environment that `{{ env.NAME }}` and secrets are taken from. */
  readonly env: NodeJS.ProcessEnv;
  /** Opens what is encrypted. */
  readonly keyring: Keyring;
  /** Whether the whole file was encrypted: each text that may be a secret is one. */
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
