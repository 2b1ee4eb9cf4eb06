/** Writes a whole file, so that at any moment either the old content or the new one is there, and never an invalid one. */
import type { Text } from '../shell/secret.ts';
import { input, joinScripts, quote, raw, type Script, sh } from '../shell/sh.ts';
import { changePermissions, type Permissions, PINNED, setPermissions, splitPath } from './file-metadata.ts';

export interface FileWrite extends Permissions {
  readonly path: string;
  readonly content: Text | Uint8Array;
  /** A command that accepts or refuses the new file: the argument `%s` stands for its temporary name. */
  readonly validate?: readonly string[] | undefined;
  /** Keep the file itself and change its content: for hard links and mount points, which a rename would part or cannot. */
  readonly inPlace?: boolean;
  /** Where the old content is kept, for root alone; its folder is made where it is missing. */
  readonly backup?: string | undefined;
}

/** Folders that people write to and that a host may lack, and the packages that bring them. */
const BROUGHT_BY: ReadonlyMap<string, string> = new Map([
  ['/etc/cron.d', 'cron'],
  ['/etc/docker', 'docker.io'],
  ['/etc/haproxy', 'haproxy'],
  ['/etc/logrotate.d', 'logrotate'],
  ['/etc/sudoers.d', 'sudo'],
]);

/**
 * The script that writes the file. It ends the shell with its exit status where something fails, and then leaves nothing behind.
 *
 * The file is prepared in the run's private folder and copied with its owner and mode, which cp(1) sets through the open
 * file: in a folder that belongs to someone else, no name exists that they could swap for a link before root has let go of it.
 */
export function writeFile(write: FileWrite): Script {
  const { path } = write;
  const { folder, name } = splitPath(path);
  return sh`
    [ -d ${folder} ] || { printf '%s\n' ${missing(folder)} >&2; exit 1; }
    staged=$RUN/staged
    trap 'rm -f "$staged" "\${temp-}"' EXIT
    trap 'exit 1' HUP INT TERM
    cat <${input(write.content)} >"$staged" || exit
    ${changePermissions(raw('"$staged"'), write)} || exit
    ${keepAttributes(path, write.mode)}
    temp=$(mktemp -u ${`${folder === '/' ? '' : folder}/.${name}.XXXXXX`}) || exit
    cp -p \${selinux+--preserve=context} "$staged" "$temp" && { sync "$temp" 2>/dev/null || sync; } || exit
    ${validation(path, write.validate)}
    ${write.backup === undefined ? sh`:` : keepOld(path, write.backup)}
    ${write.inPlace ? overwrite(write) : sh`mv -T "$temp" ${path} || exit`}
  `;
}

/** Beside the backup stands which run has made it. */
function keepOld(path: string, backup: string): Script {
  const { folder } = splitPath(backup);
  return sh`
    if [ -f ${path} ]; then
      (umask 077 && mkdir -p ${folder} && cat <${path} >${`${backup}.new`} && echo "$PROVISION_HOLDER" >${`${backup}.by`} && mv -T ${`${backup}.new`} ${backup}) || exit
    fi
  `;
}

/** What to say of a folder that is not there: which package brings it, where that is known. */
function missing(folder: string): string {
  const brought = BROUGHT_BY.get(folder);
  const way = brought ? `the package ${brought} brings it` : 'a resource before this one must make it';
  return `the folder ${folder} does not exist: ${way}`;
}

/** An access list and a security context survive the change of the content. */
function keepAttributes(path: string, mode: string): Script {
  return sh`
    if [ -f ${path} ] && [ ! -L ${path} ]; then
      if command -v setfacl >/dev/null; then
        getfacl -pc ${path} 2>/dev/null | setfacl --set-file=- "$staged" 2>/dev/null
        chmod ${mode} "$staged" || exit
      fi
      if [ -d /sys/fs/selinux ] && chcon --reference=${path} "$staged" 2>/dev/null; then selinux=; fi
    fi
  `;
}

function validation(path: string, command: readonly string[] | undefined): Script {
  if (command === undefined) return sh`:`;
  const words = joinScripts(command.map(insertName), ' ');
  return sh`
    if ! said=$(${words} 2>&1); then
      printf '%s\n' "$said" ${`reason: ${path} was not changed: its new content was refused by ${command[0] ?? ''}`} >&2
      exit 1
    fi
  `;
}

/** One word of the command, with the temporary file's name in place of `%s`. */
function insertName(word: string): Script {
  return raw(
    word
      .split('%s')
      .map((part) => (part === '' ? '' : quote(part)))
      .join('"$temp"') || "''",
  );
}

/** The permissions first: the old ones may let someone read who must not read the new content. */
function overwrite(write: FileWrite): Script {
  return sh`
    ${setPermissions(write.path, write)}
    cat <"$temp" >${PINNED} || exit
  `;
}
