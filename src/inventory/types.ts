/** What an inventory says: groups, hosts, their variables, and where each of them stands in the user's files. */
import type { Keyring } from '../vault/keyring.ts';

/** Variables by name: plain data as YAML has it, references not yet resolved; encrypted values are secrets. */
export type Vars = Readonly<Record<string, unknown>>;

export interface Group {
  readonly name: string;
  /** Where it was first written: `prod.yml:12:3`. */
  readonly location: string;
  /** All its hosts, those of its children included, in the order of the inventory. */
  readonly hosts: readonly string[];
}

export interface Host {
  readonly name: string;
  readonly location: string;
  /** Its groups in the order in which they are merged: `all` first, the most specific last. */
  readonly groups: readonly string[];
  /** The variables that count for it: its own over its groups', a child group's over its parent's. No deep merge. */
  readonly vars: Vars;
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
