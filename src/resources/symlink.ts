import * as z from 'zod';
import { type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { absolutePath, line } from './fields.ts';
import { splitPath } from './file-metadata.ts';

const schema = z
  .strictObject({
    path: absolutePath(),
    /** What the link points to: absolute, or relative to the link's folder. It need not exist. */
    target: line().min(1).optional(),
    /** A file of that path gives way to the link. A folder never does. */
    replaceFile: z.boolean().default(false),
    state: z.enum(['present', 'absent']).default('present'),
  })
  .refine(({ state, target }) => (state === 'present') === (target !== undefined), {
    path: ['target'],
    error: 'must be given, unless the state is absent',
  });

export type SymlinkInput = z.input<typeof schema>;
type Symlink = z.output<typeof schema>;

interface ActualSymlink {
  readonly type: 'nothing' | 'symlink' | 'directory' | 'file';
  /** Of a symlink; the empty string for all else. */
  readonly target: string;
}

const NOTHING: ActualSymlink = { type: 'nothing', target: '' };

/**
 * A symbolic link, replaced at once: there is no moment without it.
 *
 * @example symlink({ path: '/etc/localtime', target: '/usr/share/zoneinfo/Europe/Prague' })
 */
export const symlink = defineResource<SymlinkInput, Symlink, ActualSymlink>({
  kind: 'symlink',
  schema,
  name: ({ path }) => path,

  // A NUL ends each field: what a link points to may hold every other character. One process reads all links; where that of
  // busybox takes one at a time, or one of them has gone meanwhile, each is read by itself: their targets come last then.
  probe: (all) => sh`
    set --
    for path in ${all.map(({ path }) => path)}; do
      if [ -L "$path" ]; then set -- "$@" "$path"
      elif [ -d "$path" ]; then printf '%s\0directory\0\0' "$path"
      elif [ -e "$path" ]; then printf '%s\0file\0\0' "$path"
      fi
    done
    if [ $# -gt 0 ]; then
      printf '\0links\0%s\0' $#
      printf '%s\0' "$@"
      readlink -z -- "$@" 2>/dev/null || for path; do printf '%s\0' "$(readlink "$path")"; done
    fi
  `,
  probeIsQuick: true,

  parse(output, all) {
    const fields = output.split('\0');
    const found = new Map<string, ActualSymlink>();
    for (let i = 0; i + 2 < fields.length; i += 3) {
      const [path = '', type, target = ''] = fields.slice(i, i + 3);
      if (path === '') {
        const count = Number(target);
        const [paths, targets] = [fields.slice(i + 3, i + 3 + count), fields.slice(-count - 1, -1)];
        for (const [k, link] of paths.entries()) found.set(link, { type: 'symlink', target: targets[k] ?? '' });
        break;
      }
      found.set(path, { type: type as ActualSymlink['type'], target });
    }
    return all.map(({ path }) => found.get(path) ?? NOTHING);
  },

  diff(desired, { type, target }): Change[] {
    if (desired.state === 'absent') {
      if (type === 'nothing') return [];
      return [type === 'symlink' ? { action: 'delete', what: '', from: target } : inTheWay(type)];
    }
    if (type === 'nothing') return [{ action: 'create', what: '', to: desired.target }];
    if (type === 'symlink') {
      return target === desired.target ? [] : [{ action: 'update', what: 'target', from: target, to: desired.target }];
    }
    if (type === 'directory' || !desired.replaceFile) return [inTheWay(type)];
    return [{ action: 'update', what: 'type', from: 'a file', to: `a link to ${desired.target}` }];
  },

  apply({ path, target = '' }, [change]): Script {
    if (change?.action === 'delete') return sh`rm -f ${path}`;
    const { folder, name } = splitPath(path);
    return sh`
      [ -d ${folder} ] || { printf 'the folder %s does not exist\n' ${folder} >&2; exit 1; }
      temp=$(mktemp -u ${`${folder === '/' ? '' : folder}/.${name}.XXXXXX`}) || exit
      ln -s -- ${target} "$temp" || exit
      mv -T "$temp" ${path} || { rm -f "$temp"; exit 1; }
    `;
  },

  disturb: ({ path, state }) => (state === 'absent' ? undefined : sh`rm ${path}`),
});

function inTheWay(type: 'file' | 'directory'): Change {
  const hint =
    type === 'file'
      ? 'Move it away, or set replaceFile, which replaces it by the link.'
      : 'Move it away, or choose another path.';
  return {
    action: 'conflict',
    what: 'in the way',
    from: `a ${type === 'file' ? 'file' : 'folder'}`,
    to: 'a link',
    hint,
  };
}
