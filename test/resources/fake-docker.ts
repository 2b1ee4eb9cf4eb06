/** A `docker` for scripts: containers are files, compose makes one for each that it is told to start. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalOptions } from './local-target.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Whatever it is asked is added to the file `asked`. Of images it knows the ids that are files of the folder `images`, where a
 * slash in a name is a `+`; a container of the folder `containers` is running, and healthy by its own check.
 */
const DOCKER = `
cd -P "$(dirname "$0")/.." || exit
printf '%s\\n' "$*" >>asked
image() { printf '%s' "$1" | tr / +; }
made() {
  printf '["container","id-%s","shop","%s","sha256:1","unless-stopped","running",0,"t","healthy","hash-%s",{},"shop_default"]\\n' "$1" "\${1#shop-}" "$1"
}
look() {
  for name in "$@"; do
    if [ -e "containers/$name" ]; then made "$name"
    elif [ -e "images/$(image "$name")" ]; then printf '["image","%s"]\\n' "$(cat "images/$(image "$name")")"
    else echo "error: no such object: $name" >&2; missing=1
    fi
  done
  [ -z "$missing" ]
}
case $1 in
  compose)
    [ "$2" = version ] && exit
    for name in "$@"; do :; done
    : >"containers/shop-$name"
    ;;
  inspect)
    format=$3
    shift 3
    case $format in
      .) look "$@" ;;
      '{{.Id}} '*) [ -e "containers/$1" ] && echo "id-$1 hash-$1" ;;
      *) look "$@" ;;
    esac
    ;;
  image)
    case $2 in
      inspect) cat "images/$(image "$5")" ;;
      rm) rm "images/$(image "$3")" ;;
    esac
    ;;
  tag) printf '%s\\n' "$2" >"images/$(image "$3")" ;;
  stop) : ;;
  rm) shift; for name in "$@"; do rm "containers/$name" || exit; done ;;
  ps) for one in containers/*; do [ -e "$one" ] && name=\${one#*/} && printf '"shop" "%s" "%s"\\n' "$name" "\${name#shop-}"; done; : ;;
esac
`;

/** @param folder where it and what it knows are; @returns with what to run scripts, so that it is the first docker they find */
export function fakeDocker(folder: string, { shell = ['sh'], env = {} }: LocalOptions = {}): LocalOptions {
  for (const name of ['bin', 'containers', 'images']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'bin/docker'), `#!/bin/sh\n${DOCKER}`);
  chmodSync(join(folder, 'bin/docker'), 0o755);
  return { shell, env: { ...env, PATH: `${join(folder, 'bin')}:${env.PATH ?? SYSTEM_PATH}` } };
}
