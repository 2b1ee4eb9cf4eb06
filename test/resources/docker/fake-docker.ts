/** A `docker` for scripts: containers are files, compose makes one for each that it is told to start. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalOptions } from '../local-target.ts';

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
  printf '["container","id-%s","shop","%s","sha256:1","shop/app:1","unless-stopped",0,0,null,"running",0,"t","healthy","hash-%s",{},["shop_default",["%s"]]]\\n' "$1" "\${1#shop-}" "$1" "\${1#shop-}"
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
  stop) for name in "$@"; do :; done; [ -e "containers/$name" ] ;;
  rm) shift; for name in "$@"; do rm "containers/$name" || exit; done ;;
  ps) for one in containers/*; do [ -e "$one" ] && name=\${one#*/} && printf '"shop" "%s" "%s" "False" ""\\n' "$name" "\${name#shop-}"; done; : ;;
esac
`;

/** Makes the container that it is told last. */
const COMPOSE = `
cd -P "$(dirname "$0")/.." || exit
printf 'compose %s\\n' "$*" >>asked
for name in "$@"; do :; done
: >"containers/shop-$name"
`;

/** @param folder where it and what it knows are; @returns with what to run scripts, so that it is the first docker they find */
export function fakeDocker(folder: string, { shell = ['sh'], env = {} }: LocalOptions = {}): LocalOptions {
  for (const name of ['bin', 'cli-plugins', 'containers', 'images']) mkdirSync(join(folder, name));
  const programs = { 'bin/docker': DOCKER, 'cli-plugins/docker-compose': COMPOSE };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}`);
    chmodSync(join(folder, name), 0o755);
  }
  return { shell, env: { ...env, DOCKER_CONFIG: folder, PATH: `${join(folder, 'bin')}:${env.PATH ?? SYSTEM_PATH}` } };
}
