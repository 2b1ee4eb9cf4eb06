/**
 * What a package manager must tell and do. A further one is a file beside this with these four functions, and a line in
 * `registry.ts`. All of it is pure: scripts, and what they printed.
 */
import type { Script } from '../../shell/sh.ts';

export interface PackageManager {
  /** What a name must look like to be one package, and no option or pattern. */
  readonly packageName: RegExp;
  /** Looks at all these packages with one process; read-only, and quiet where the manager is missing. */
  probe(wanted: { readonly names: readonly string[]; readonly newest: readonly string[] }): Script;
  /** What it printed, by name. A name that is missing is not installed. */
  parse(output: string, names: readonly string[]): ReadonlyMap<string, InstalledPackage>;
  /** Installs packages, or upgrades them; whatever it takes besides, such as fresh package lists, is part of it. */
  install(names: readonly string[], options: { readonly recommends: boolean }): Script;
  /** Removes packages and leaves their configuration. */
  remove(names: readonly string[]): Script;
}

export interface InstalledPackage {
  readonly version: string;
  /** The newest version that the host knows of; undefined unless the probe was asked for it. */
  readonly newest?: string | undefined;
  /** The package that stands in for it, where the name is a virtual one. */
  readonly providedBy?: string | undefined;
}
