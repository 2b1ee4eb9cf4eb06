import { createHash } from 'node:crypto';
import * as z from 'zod';
import { joinScripts } from '../shell/sh.ts';
import { type Change, defineResource, type Resource } from './contract.ts';
import type { InstalledPackage } from './package-managers/package-manager.ts';
import { packageManager } from './package-managers/registry.ts';

const schema = z
  .strictObject({
    names: z.array(z.string()).min(1),
    /** `latest` compares with the package lists that the host has, and upgrades. */
    state: z.enum(['present', 'absent', 'latest']).default('present'),
    /** Install what the packages recommend as well. */
    recommends: z.boolean().default(false),
    /** As the facts of the host name it. */
    manager: z.string().default('apt'),
    /**
     * Installed by the first call that installs packages on the host, whatever stands between them in the list, but for what tells
     * where packages come from.
     */
    early: z.boolean().default(false),
  })
  .transform(({ names, ...rest }) => ({ ...rest, names: [...new Set(names)].sort() }))
  .superRefine(({ names, manager }, refinement) => {
    const { packageName } = packageManager(manager);
    for (const name of names) {
      if (packageName.test(name)) continue;
      refinement.addIssue({ code: 'custom', path: ['names'], message: `${JSON.stringify(name)} is no package name` });
    }
  });

export type PackagesInput = z.input<typeof schema>;
type Packages = z.output<typeof schema>;

interface ActualPackages {
  /** By name; what is not in it is not installed. */
  readonly installed: ReadonlyMap<string, InstalledPackage>;
  /** What an earlier resource installs or upgrades before it is this one's turn. */
  readonly brought: ReadonlySet<string>;
}

/** Longer lists of names are cut in an id. */
const ID_NAMES = 4;

/**
 * Packages of the host's distribution, installed or removed with one call of its package manager.
 *
 * @example packages({ names: ['curl', 'jq'] })
 * @example packages({ names: ['telnetd'], state: 'absent' })
 */
export const packages = defineResource<PackagesInput, Packages, ActualPackages>({
  kind: 'packages',
  schema,
  name({ names }) {
    if (names.length <= ID_NAMES) return names.join(',');
    const digest = createHash('sha256').update(names.join()).digest('hex').slice(0, 6);
    return `${names.slice(0, ID_NAMES).join(',')}+${names.length - ID_NAMES}-${digest}`;
  },
  timeoutMs: 20 * 60_000,

  probe(all) {
    const byManager = Map.groupBy(all, ({ manager }) => manager);
    const scripts = [...byManager].map(([manager, members]) => {
      const names = unique(members.flatMap(({ names }) => names));
      const newest = unique(members.flatMap(({ names, state }) => (state === 'latest' ? names : [])));
      return packageManager(manager).probe({ names, newest });
    });
    return joinScripts(scripts);
  },
  probeIsQuick: true,

  // In the order in which they are applied. Where an earlier one fails, the run of the host ends before the later one's turn.
  parse(output, all) {
    const bringing = new Map(all.map(({ manager }) => [manager, new Set<string>()]));
    return all.map((wanted) => {
      const { manager, names, state } = wanted;
      const soFar = bringing.get(manager) ?? new Set();
      const installed = packageManager(manager).parse(output, names);
      const actual = { installed, brought: new Set(state === 'absent' ? [] : names.filter((name) => soFar.has(name))) };
      if (state !== 'absent') for (const { what } of differences(wanted, actual)) soFar.add(what);
      return actual;
    });
  },

  diff: differences,

  joins(first, later, between) {
    const isSameCall =
      first.state !== 'absent' &&
      later.state !== 'absent' &&
      first.manager === later.manager &&
      first.recommends === later.recommends;
    return isSameCall && (between.length === 0 || (later.early && !between.some(mayMatter)));
  },

  apply({ state, recommends, manager }, changes) {
    const names = changes.map(({ what }) => what);
    if (state === 'absent') return packageManager(manager).remove(names);
    return packageManager(manager).install(names, { recommends });
  },
});

function differences({ names, state }: Packages, { installed, brought }: ActualPackages): Change[] {
  return names
    .filter((name) => !brought.has(name))
    .flatMap((name): Change[] => {
      const found = installed.get(name);
      if (state === 'absent') {
        const isThere = found !== undefined && found.providedBy === undefined;
        return isThere ? [{ action: 'delete', what: name, from: found.version }] : [];
      }
      if (found === undefined) return [{ action: 'create', what: name }];
      if (state === 'present' || found.newest === undefined || found.newest === found.version) return [];
      return [{ action: 'update', what: name, from: found.version, to: found.newest }];
    });
}

/** Kinds that neither tell where packages come from nor remove any; of other kinds, and of people's own, that is not known. */
const INDIFFERENT: ReadonlySet<string> = new Set([
  'acme-certificate',
  'authorized-keys',
  'certificate',
  'compose-project',
  'compose-service',
  'database-role',
  'docker-image',
  'group',
  'http-check',
  'known-checks',
  'port',
  'release',
  'secret',
  'servers',
  'service',
  'sudoers',
  'sysctl',
  'systemd-unit',
  'user',
]);
const PATHS: ReadonlySet<string> = new Set(['directory', 'file', 'line-in-file']);
const PACKAGE_SOURCES = /^\/(etc\/(apt|dpkg|resolv\.conf|hosts)|usr\/sbin\/policy-rc\.d|var\/lib\/(apt|dpkg))/;

/** Whether what is installed may depend on it. */
function mayMatter({ kind: { kind, metadataOf }, desired }: Resource): boolean {
  if (INDIFFERENT.has(kind)) return false;
  if (kind === packages.kind) return (desired as Packages).state === 'absent';
  const paths = PATHS.has(kind) ? metadataOf?.([desired]) : undefined;
  return paths === undefined || paths.some((path) => PACKAGE_SOURCES.test(path));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
