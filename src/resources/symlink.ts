import * as z from 'zod';
import { eachLine } from '../shell/each-line.ts';
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

  // One process reads all links, a line for each. What a link points to may hold newlines, busybox takes one link at a time, and one
  // may have gone meanwhile: where there are not as many lines as links, each is read by itself, and its lines stand after blanks.
  // No link points to nothing: where nothing was read, the script fails.
  probe: (all) => sh`
    newline=${'\n'}
    unread=
    set --
    for path in ${all.map(({ path }) => path)}; do
      if [ -L "$path" ]; then set -- "$@" "$path"
      elif [ -d "$path" ]; then printf 'directory %s\n' "$path"
      elif [ -e "$path" ]; then printf 'file %s\n' "$path"
      fi
    done
    if [ $# -gt 0 ]; then
      count=0
      ${eachLine(sh`readlink -- "$@" 2>/dev/null`, sh`count=$((count + 1))`)}
      if [ $count = $# ]; then
        printf 'links %s\n' $#
        printf '%s\n' "$@" "$lines"
      else
        for path; do
          printf 'link %s\n' "$path"
          rest=$(readlink -- "$path"; echo .)
          rest=\${rest%.}
          [ "$rest" ] || ! [ -L "$path" ] || unread=yes
          while [ "$rest" ]; do
            printf ' %s\n' "\${rest%%"$newline"*}"
            rest=\${rest#*"$newline"}
          done
        done
      fi
    fi
    [ -z "$unread" ]
  `,
  probeIsQuick: true,

  parse(output, all) {
    const found = new Map<string, ActualSymlink>();
    const lines = output.split('\n');
    for (let i = 0; i < lines.length; i += 1) {
      const [, what = '', rest = ''] = /^(directory|file|link|links) (.*)$/.exec(lines[i] ?? '') ?? [];
      if (what === 'directory' || what === 'file') found.set(rest, { type: what, target: '' });
      if (what === 'link') {
        const target: string[] = [];
        while (lines[i + 1]?.startsWith(' ')) target.push((lines[++i] ?? '').slice(1));
        found.set(rest, { type: 'symlink', target: target.join('\n') });
      }
      if (what === 'links') {
        const [paths, targets] = [lines.slice(i + 1), lines.slice(i + 1 + Number(rest))];
        for (const [k, path] of paths.slice(0, Number(rest)).entries()) {
          found.set(path, { type: 'symlink', target: targets[k] ?? '' });
        }
        break;
      }
    }
    return all.map(({ path }) => found.get(path) ?? NOTHING);
  },

  appliesTogether: true,

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
