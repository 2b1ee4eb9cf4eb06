/** What the variables of a host are merged from, and in which order: the precedence that Ansible documents. */
import { join } from 'node:path';
import type { Keyring } from '../vault/keyring.ts';
import type { Declarations, DeclaredHost } from './declarations.ts';
import { originOfPath, rememberPlace } from './origins.ts';
import type { Seal } from './secrets/vaulted.ts';
import { readVarsFiles, type VarsFile, type VarsFiles } from './sources/vars-files.ts';
import type { Host, Layer, Vars } from './types.ts';

export interface LayerSources {
  /** Of all hosts that may have files of variables. */
  readonly hostNames: readonly string[];
  /** Where `group_vars` and `host_vars` may lie; a later one counts. */
  readonly folders: readonly string[];
  readonly extraVars: readonly string[];
  readonly keyring: Keyring;
  readonly seal: Seal;
}

export interface HostBuilder {
  /** @param groups its groups in the order in which they are merged */
  buildHost(host: DeclaredHost, groups: readonly string[]): Host;
  /** This machine, which no source names. */
  buildImplicit(name: string): Host;
}

/** Layers that are made when they are first asked for: most hosts share those of their groups. */
type Lazy = () => readonly Layer[];

/**
 * Makes hosts with their variables. A later one of these counts: what the sources say of groups, `all` first and the most specific last;
 * `group_vars/all`; `group_vars` of the other groups, folder by folder; what the sources say of the host; `host_vars`; `--extra-vars`.
 * @throws ProvisionError as `readVarsFiles` and `readExtraVars`
 */
export async function createHostBuilder(
  { groups }: Declarations,
  { hostNames, folders, extraVars, keyring, seal }: LayerSources,
): Promise<HostBuilder> {
  const beside: { folder: string; ofGroups: VarsFiles; ofHosts: VarsFiles }[] = [];
  for (const folder of folders) {
    const [groupFolder, hostFolder] = [join(folder, 'group_vars'), join(folder, 'host_vars')];
    beside.push({
      folder,
      ofGroups: await readVarsFiles(groupFolder, groups.keys(), { keyring, seal }),
      ofHosts: await readVarsFiles(hostFolder, hostNames, { keyring, seal }),
    });
  }
  const extra: Layer[] = [];
  for (const given of extraVars) {
    const { readExtraVars } = await import('./extra-vars.ts');
    extra.push({ kind: 'extra', name: '--extra-vars', ...(await readExtraVars(given, { keyring, seal })) });
  }
  const ofGroups = new Map<readonly string[], Lazy>();

  function groupLayers(order: readonly string[]): Lazy {
    const known = ofGroups.get(order);
    if (known !== undefined) return known;
    const made = once(() => {
      const others = order.filter((name) => name !== 'all');
      return [
        ...order.flatMap((name) =>
          (groups.get(name)?.vars ?? []).filter(isFilled).map((vars): Layer => ({ kind: 'group', name, vars })),
        ),
        ...beside.flatMap((dir) => fileLayers('group', 'all', dir.folder, dir.ofGroups.get('all'))),
        ...beside.flatMap((dir) =>
          others.flatMap((name) => fileLayers('group', name, dir.folder, dir.ofGroups.get(name))),
        ),
      ];
    });
    ofGroups.set(order, made);
    return made;
  }

  function build(
    { name, location, source, vars }: Omit<DeclaredHost, 'groups'>,
    order: readonly string[],
    merged: readonly string[],
  ): Host {
    const above = groupLayers(merged);
    const layers = once(() => [
      ...above(),
      ...vars.map((own): Layer => ({ kind: 'host', name, vars: own })),
      ...beside.flatMap((dir) => fileLayers('host', name, dir.folder, dir.ofHosts.get(name))),
      ...extra,
    ]);
    const all = once(() => Object.assign({}, ...layers().map((layer) => layer.vars)) as Vars);
    return {
      name,
      location,
      source,
      groups: order,
      get vars() {
        return all();
      },
      get layers() {
        return layers();
      },
      origin([variable, ...rest]) {
        const layer =
          variable === undefined ? undefined : layers().findLast((one) => Object.hasOwn(one.vars, variable));
        return layer && originOfPath(layer.vars, [variable as PropertyKey, ...rest]);
      },
    };
  }

  return {
    buildHost: (host, order) => build(host, order, order),
    buildImplicit(name) {
      const vars = { ansible_connection: 'local' };
      const location = 'this machine';
      rememberPlace(vars, location);
      return build({ name, location, source: undefined, vars: [vars] }, [], ['all']);
    },
  };
}

function fileLayers(
  kind: 'group' | 'host',
  name: string,
  folder: string,
  files: readonly VarsFile[] = [],
): readonly Layer[] {
  return files
    .map((file) => ({ kind, name, folder, isEncrypted: file.isEncrypted, vars: file.vars() }))
    .filter(({ vars }) => isFilled(vars));
}

function isFilled(vars: Vars): boolean {
  return Object.keys(vars).length > 0;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
