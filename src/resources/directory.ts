import * as z from 'zod';
import { type Metadata, parseMetadata } from '../shell/path-metadata.ts';
import { type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { absolutePath, fileMode, owner } from './fields.ts';
import { describePermissions, describeType, permissionChanges, setPermissions, splitPath } from './file-metadata.ts';

const schema = z.strictObject({
  path: absolutePath(),
  owner: owner().default('root'),
  group: owner().default('root'),
  mode: fileMode().default('0755'),
  /** `absent` removes the folder only when it is empty. */
  state: z.enum(['present', 'absent']).default('present'),
});

export type DirectoryInput = z.input<typeof schema>;
type Directory = z.output<typeof schema>;

interface ActualDirectory {
  /** Undefined where there is nothing of that path. */
  readonly metadata: Metadata | undefined;
}

/**
 * A folder with its owner and mode; what is in it is not touched. Missing folders above it are made too, as root's with 0755.
 *
 * @example directory({ path: '/srv/app', owner: 'app', group: 'app', mode: '0750' })
 */
export const directory = defineResource<DirectoryInput, Directory, ActualDirectory>({
  kind: 'directory',
  schema,
  name: ({ path }) => path,

  probe: () => sh``,
  metadataOf: (all) => all.map(({ path }) => path),
  probeIsQuick: true,

  parse(output, all) {
    const metadata = parseMetadata(output);
    return all.map(({ path }) => ({ metadata: metadata.get(path) }));
  },

  appliesTogether: true,

  diff(desired, { metadata }): Change[] {
    if (metadata === undefined) {
      return desired.state === 'absent' ? [] : [{ action: 'create', what: '', to: describePermissions(desired) }];
    }
    if (metadata.type !== 'directory') return [inTheWay(metadata)];
    return desired.state === 'absent' ? [{ action: 'delete', what: '' }] : permissionChanges(desired, metadata);
  },

  apply(desired, [change]): Script {
    const { path } = desired;
    if (change?.action === 'delete') return sh`rmdir ${path}`;
    const permissions = setPermissions(path, desired);
    if (change?.action !== 'create') return permissions;
    return sh`
      mkdir -p ${splitPath(path).folder} && mkdir -m 0700 ${path} || exit
      ${permissions}
    `;
  },

  // Of all bits the one that keeps nobody from logging in: sshd looks at who else may write to a home.
  disturb({ path, mode, state }) {
    const otherMode = (Number.parseInt(mode, 8) ^ 0o001).toString(8).padStart(4, '0');
    return state === 'absent' ? undefined : sh`chmod ${otherMode} ${path}`;
  },
});

function inTheWay({ type }: Metadata): Change {
  const hint =
    type === 'symlink'
      ? 'Name the folder that it points to, or remove the link.'
      : 'Move it away, or choose another path.';
  return { action: 'conflict', what: 'in the way', from: describeType(type), to: 'a folder', hint };
}
