import { type Script, sh } from './sh.ts';

/**
 * A loop over the lines that a command prints, without the empty ones: each in `$line`. To be used instead of `while read` for
 * what may be long, because `read` asks the kernel for each byte. The exit status of the command is in `$ended`.
 *
 * @example eachLine(sh`cut -d: -f1 /etc/passwd`, sh`printf 'user %s\n' "$line"`)
 */
export function eachLine(command: Script, commands: Script): Script {
  return sh`
    lines=$(
    ${command}
    )
    ended=$?
    set -f
    IFS=${'\n'}
    for line in $lines; do
    set +f
    unset IFS
    ${commands}
    done
    set +f
    unset IFS
  `;
}
