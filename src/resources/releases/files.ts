/** A release as files on the host: written whole, made the current one, forgotten. */

import { isKnown, reveal, Secret, type Text } from '../../shell/secret.ts';
import { input, joinScripts, type Script, sh } from '../../shell/sh.ts';
import { digestOf, releaseFolder, STATE_FOLDER } from '../compose/files.ts';
import { CONTEXT_LABEL } from '../docker/build-context.ts';
import { IMAGE_RECORDS } from '../docker/image-record.ts';
import type { Release, ReleaseRecord } from './release.ts';
import type { SourceVersion } from './source-version.ts';

/** So many releases stay, the current one included. */
export const RELEASES_KEPT = 5;

/** The digest of all definitions; undefined while a secret in them is not known. */
export function contentDigest({ services }: Release): string | undefined {
  const content = Secret.join(...definitionsOf(services).map(([, definition]) => definition));
  return isKnown(content) ? digestOf(reveal(content)) : undefined;
}

export interface ReleaseMeta extends SourceVersion {
  readonly number: number;
  readonly by: string;
  /** The redeploy that brings it, if it is one. */
  readonly deploy?: string;
}

/**
 * Writes a release down, whole or not at all, and lets the host keep its images. In the project's folder.
 */
export function writeRelease(release: Release, { number, by, version, commit, deploy }: ReleaseMeta): Script {
  const { project, services } = release;
  const folder = releaseFolder(String(number));
  // What is not whole must not look like a release.
  const unfinished = releaseFolder('new');
  const at = new Date().toISOString();
  const record: ReleaseRecord = { number, version, commit, by, at, digest: contentDigest(release) ?? '', deploy };
  const definitions = definitionsOf(services).map(
    ([name, definition]) => sh`cat <${input(definition)} >${`${name}.yml`}`,
  );
  const images = Object.entries(services).map(([service, { image }]) => {
    const kept = `provision/${project}-${service}:${number}`;
    return sh`keep_image ${service} ${image} ${kept}`;
  });
  const replicas = Object.entries(services).map(([service, { replicas }]) => `${service} ${replicas}\n`);
  const marks = Object.values(services).flatMap(({ migration }) => (migration === undefined ? [] : [`${migration}\n`]));
  const checks = Object.entries(services).map(([service, { checks }]) => `${service} ${JSON.stringify(checks)}\n`);
  const ports = Object.values(services).flatMap(({ slots }) =>
    slots.flatMap(({ name, port }) => (port === undefined ? [] : [`${name} ${port}\n`])),
  );
  return sh`
    keep_image() {
      id=$(docker image inspect --format '{{.Id}}' "$2") && docker tag "$id" "$3" && printf '%s %s %s %s\n' "$1" "$2" "$id" "$3"
    }
    (
      umask 077
      mkdir -p ${`${STATE_FOLDER}/releases`} && rm -rf ${unfinished} && mkdir ${unfinished} && cd ${unfinished} || exit
      ${joinScripts([sh`:`, ...definitions], ' && ')} || exit
      cat <${input(replicas.join(''))} >replicas && cat <${input(ports.join(''))} >ports || exit
      cat <${input(marks.join(''))} >marks || exit
      cat <${input(checks.join(''))} >checks && cat <${input(`${JSON.stringify(record)}\n`)} >release.json || exit
      { ${joinScripts([sh`:`, ...images], ' && ')}; } >images || exit
    ) || exit
    echo ${number} >${`${STATE_FOLDER}/releases/last`} && rm -rf ${folder} && sync && mv -T ${unfinished} ${folder} || exit
  `;
}

/**
 * The shell function `forget`, for the folder of the releases: removes one, and its images where no other has them. With
 * `forget_image`: removes an image, should no release and no container have it.
 */
const FORGET = sh`
  forget_image() {
    cat [0-9]*/images 2>/dev/null | grep -qF " $1 " && return
    docker image rm "$1" >/dev/null 2>&1 && rm -f ${IMAGE_RECORDS}/"$1"
  }
  forget() {
    [ -d "$1" ] || return 0
    rm -rf forgotten && mv "$1" forgotten || return
    [ -r forgotten/images ] && while read -r _ image _ tag; do
      forget_image "$image"
      docker image rm "$tag" >/dev/null 2>&1
    done <forgotten/images
    rm -rf forgotten
  }
`;

/** Forgets a release that is not to be had any more, if it is there. In the project's folder. */
export function forgetRelease(number: number): Script {
  return sh`
    ${FORGET}
    (cd ${`${STATE_FOLDER}/releases`} && forget ${number}) || exit
  `;
}

/**
 * The shell function `remember`, for the folder of the releases: writes down in `ran` that a release runs. Each stands there after
 * the one that it replaced. Going back to a release strikes out what came after it: that is none to go back to from there.
 */
const REMEMBER = sh`
  remember() {
    if ! [ -f ran ] && [ -d current ]; then
      last=$(readlink current)
      for old in $(ls -d [0-9]* | grep -x '[0-9]*' | sort -n); do [ "$old" -gt "$last" ] || echo "$old"; done >ran
    fi
    if grep -qx "$1" ran 2>/dev/null; then sed "/^$1\$/q" ran; else cat ran 2>/dev/null; echo "$1"; fi | tail -n 50 >ran.new
    mv ran.new ran
  }
`;

/**
 * Forgets that migrations ran of which no release knows, in the folder of the releases. One that is younger than the oldest of
 * them may be for a release that is still to come, and one that an older version wrote tells of none.
 */
const FORGET_MIGRATIONS = sh`
  forget_migrations() {
    oldest=$(numbers | head -n 1)
    for one in $(numbers); do [ -f "$one/marks" ] || return 0; done
    for mark in ../migrated-*; do
      [ -f "$mark" ] && [ "$mark" -ot "$oldest/release.json" ] && ! cat [0-9]*/marks | grep -qxF "\${mark#../}" && rm -f "$mark"
    done
    :
  }
`;

/**
 * Makes a release the current one, and forgets those beyond what is kept, and images that no release has. In the project's
 * folder. What ran last is kept first, then what is newest.
 */
export function makeCurrent(number: string): Script {
  return sh`
    ${FORGET}
    ${REMEMBER}
    ${FORGET_MIGRATIONS}
    (
      cd ${`${STATE_FOLDER}/releases`} && remember ${number} && ln -sfn ${number} current.new && mv -T current.new current || exit
      numbers() { ls -d [0-9]* | grep -x '[0-9]*' | sort -n; }
      there=$(numbers | tr '\n' ' ')
      kept=" $(
        { numbers; cat ran; } | sed '1!G;h;$!d' | awk -v there=" $there" '!seen[$1]++ && index(there, " " $1 " ")' |
          head -n ${RELEASES_KEPT} | tr '\n' ' '
      ) "
      for old in [0-9]*; do
        case "$kept" in *" $old "*) continue ;; esac
        [ "$old" = ${number} ] && continue
        forget "$old" || exit
      done
      # Built for a release that never came to be; one that a container has stays.
      cut -d' ' -f2 [0-9]*/images 2>/dev/null | sed 's/:[^:/]*$//' | sort -u | while read -r repository; do
        docker image ls --filter ${`label=${CONTEXT_LABEL}`} --format '{{.Repository}}:{{.Tag}}' "$repository"
      done | while read -r image; do
        forget_image "$image"
      done
      forget_migrations
    )
  `;
}

function definitionsOf(services: Release['services']): [string, Text][] {
  // In the order in which the shell lists the files.
  return Object.values(services)
    .flatMap(({ slots }) => slots.map(({ name, definition }): [string, Text] => [name, definition]))
    .sort(([a], [b]) => (`${a}.yml` < `${b}.yml` ? -1 : 1));
}
