/**
 * The compose file of a project. It is put together on the host from one fragment for each container, so that it says at
 * every moment, also in the middle of a rolling redeploy, what runs: `docker compose up -d` by hand changes nothing.
 *
 * In the folder of the compose file: `.provision/services/app-1.yml`, the fragments, each a whole compose file with one
 * service; `.provision/made/app-1`, the id of the container that was made last, the digest of the fragment it was made
 * from, what compose made of that, and what it is asked; `.provision/volumes.yml`, what volumes there are.
 */
import { createHash } from 'node:crypto';
import type { Text } from '../../shell/secret.ts';
import { input, type Script, sh } from '../../shell/sh.ts';
import type { Checks } from './desired.ts';

/** Where what was made is written down, below the project's folder. */
export const STATE_FOLDER = '.provision';

/** Where a container's fragment comes from: given, or one that a release on the host has kept. */
export type FragmentSource = { readonly definition: Text } | { readonly release: string };

/**
 * The shell function `compose`: the plugin of Docker, or the program that came before it (Debian 12). The plugin is called
 * by itself, from where Docker looks for it: through `docker` it takes twice as long to start.
 */
export const COMPOSE: Script = sh`
  # A file with one service alone, as for a migration, is no reason to call the others orphans.
  export COMPOSE_IGNORE_ORPHANS=true
  compose() {
    for folder in "\${DOCKER_CONFIG:-$HOME/.docker}" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
      plugin=$folder/cli-plugins/docker-compose
      if [ -x "$plugin" ]; then
        "$plugin" "$@"
        return
      fi
    done
    if command -v docker-compose >/dev/null; then docker-compose "$@"; else docker compose "$@"; fi
  }
`;

/** The shell functions `assembled`, which prints the compose file, and `assemble`, which writes it. In the project's folder. */
export const ASSEMBLE: Script = sh`
  assembled() {
    printf '# Written by provision, which undoes what is changed here by hand.\n'
    set -- ${STATE_FOLDER}/services/*.yml
    if [ -e "$1" ]; then printf 'services:\n'; tail -q -n +2 "$@"; else printf 'services: {}\n'; fi
    cat ${STATE_FOLDER}/volumes.yml 2>/dev/null || :
  }
  assemble() {
    (umask 077; assembled >${STATE_FOLDER}/compose.new) && sync ${STATE_FOLDER}/compose.new &&
      mv ${STATE_FOLDER}/compose.new compose.yml
  }
`;

/** Writes the fragment of a container, and the compose file with it. In the project's folder, after `ASSEMBLE`. */
export function writeFragment(name: string, source: FragmentSource): Script {
  const temporary = `${STATE_FOLDER}/fragment.new`;
  const content =
    'definition' in source ? input(source.definition) : sh`${`${releaseFolder(source.release)}/${name}.yml`}`;
  return sh`
    mkdir -p -m 0700 ${STATE_FOLDER}/services ${STATE_FOLDER}/made || exit
    (umask 077; cat <${content} >${temporary}) && mv ${temporary} ${fragmentPath(name)} && assemble || exit
  `;
}

/** Forgets containers that are gone. In the project's folder, after `ASSEMBLE`. */
export function removeFragments(names: readonly string[]): Script {
  return sh`rm -f ${names.flatMap((name) => [fragmentPath(name), madePath(name)])} && assemble`;
}

/**
 * Writes down which container was made from the fragment, and what it is asked: the path of its health check on a line of its
 * own, for the shell. In the project's folder.
 */
export function recordMade(name: string, container: string, checks: Checks): Script {
  const temporary = `${STATE_FOLDER}/made.new`;
  return sh`
    format='{{.Id}} {{index .Config.Labels "com.docker.compose.config-hash"}}'
    made=$(docker inspect --format "$format" ${container}) && sum=$(sha256sum <${fragmentPath(name)}) || exit
    printf '%s %s %s\n%s\n%s\n' "\${made%% *}" "\${sum%% *}" "\${made#* }" ${checks.health?.path ?? ''} \
      ${JSON.stringify(checks)} >${temporary} && mv ${temporary} ${madePath(name)}
  `;
}

/** Where a release is kept, below the project's folder. */
export function releaseFolder(release: string): string {
  return `${STATE_FOLDER}/releases/${release}`;
}

function fragmentPath(name: string): string {
  return `${STATE_FOLDER}/services/${name}.yml`;
}

export function madePath(name: string): string {
  return `${STATE_FOLDER}/made/${name}`;
}

/** Tells a definition, or a list of them, from another one. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
