import { hostname, userInfo } from 'node:os';
import * as z from 'zod';
import { isKnown, reveal, Secret, type Text } from '../shell/secret.ts';
import { input, joinScripts, raw, type Script, sh } from '../shell/sh.ts';
import { releaseFolder, STATE_FOLDER } from './compose-files.ts';
import { checkResult } from './compose-start.ts';
import { digestOf } from './compose-state.ts';
import { type Change, defineResource } from './contract.ts';
import { absolutePath, secretText, simpleName } from './fields.ts';
import { imageReference } from './image-name.ts';
import { type SourceVersion, sourceVersion } from './source-version.ts';

const schema = z.strictObject({
  project: simpleName(),
  /** The folder of the compose file. */
  directory: absolutePath(),
  /** What it consists of: each service with its image, its replicas, and what each of its slots runs. */
  services: z.record(
    simpleName(),
    z.strictObject({
      image: imageReference(),
      replicas: z.int().min(1),
      slots: z.array(z.object({ name: simpleName(), port: z.int().optional(), definition: secretText() })),
    }),
  ),
  /** The folders of this machine that its images are built from: their version is the release's. */
  sources: z.array(absolutePath()).default([]),
});

export type ReleaseInput = z.input<typeof schema>;
export type Release = z.output<typeof schema>;

/** What is written down of a release: `release.json`. */
export const ReleaseRecord = z.object({
  number: z.int().positive(),
  version: z.string(),
  commit: z.string(),
  by: z.string(),
  /** When it was brought out: RFC 3339. */
  at: z.string(),
  /** Of all its definitions. */
  digest: z.string(),
});
export type ReleaseRecord = z.output<typeof ReleaseRecord>;

/** What a redeploy or a rollback writes down before its first move, and removes at its end. */
export const Journal = z.object({
  action: z.enum(['redeploy', 'rollback']),
  /** Numbers of releases; `from` is the one to go back to. */
  from: z.int(),
  to: z.int(),
  by: z.string(),
  at: z.string(),
});
export type Journal = z.output<typeof Journal>;

export interface ActualReleases {
  /** By number, the newest last. */
  readonly releases: readonly ReleaseRecord[];
  /** Number of the one that runs. */
  readonly current: number | undefined;
  /** The highest number that was ever given: one that failed is gone, but its number is not given again. */
  readonly last?: number;
  /** By number: the id of each service's image. */
  readonly images: ReadonlyMap<number, ReadonlyMap<string, string>>;
  /** Who went back to the current one, where somebody did: it stays until the next redeploy. */
  readonly held: { readonly by: string; readonly at: string } | undefined;
  readonly journal: Journal | undefined;
}

/** So many releases stay, the current one included. */
export const RELEASES_KEPT = 5;

/**
 * The releases of a project: what its services run, kept on the host with all that is needed to go back to it. The first
 * one is written when the services have started; those after it are brought out by a rolling redeploy.
 */
export const release = defineResource<ReleaseInput, Release, ActualReleases>({
  kind: 'release',
  schema,
  name: ({ project }) => project,

  probe: (all) => sh`
    for directory in ${all.map(({ directory }) => directory)}; do
      (
        printf 'directory %s\n' "$directory"
        cd "$directory/${raw(STATE_FOLDER)}" 2>/dev/null || exit 0
        for record in releases/[0-9]*/release.json held.json deploy.json; do
          [ -r "$record" ] && read -r line <"$record" && printf '%s %s\n' "\${record##*/}" "$line"
        done
        grep -H '' releases/[0-9]*/images 2>/dev/null
        [ -r releases/last ] && read -r last <releases/last && printf 'last %s\n' "$last"
        [ -d releases/current ] && cd -P releases/current && printf 'current %s\n' "\${PWD##*/}"
      )
    done
    :
  `,

  parse(output, all) {
    const parts = new Map(output.split(/^directory /m).map((part) => [part.slice(0, part.indexOf('\n')), part]));
    return all.map(({ directory }) => readReleases(parts.get(directory) ?? ''));
  },

  diff(desired, actual): Change[] {
    const { current, held, journal, releases } = actual;
    if (journal) {
      const { action, by, at, to } = journal;
      const from = `a ${action} to release ${to} by ${by} at ${at} was not finished`;
      return [{ action: 'update', what: action, from, to: 'finished', rollout: true }];
    }
    const next = nextNumber(actual);
    if (current === undefined) return [{ action: 'create', what: '', to: `release ${next}` }];
    const running = releases.find(({ number }) => number === current);
    if (held || running?.digest === contentDigest(desired)) return [];
    return [{ action: 'update', what: 'release', from: String(current), to: String(next), rollout: true }];
  },

  async perform(desired, _changes, actual, target) {
    const number = nextNumber(actual);
    const script = sh`
      cd ${desired.directory} || exit
      ${writeRelease(desired, { number, by: personHere(), ...(await sourceVersion(desired.sources)) })}
      ${makeCurrent(String(number))}
    `;
    checkResult(await target.run(script), 'the release could not be written down');
  },
});

/** They count up, whatever became of those before. */
function nextNumber({ releases, last = 0 }: ActualReleases): number {
  return Math.max(last, ...releases.map(({ number }) => number)) + 1;
}

/** Who is at work: `alice@laptop`. */
export function personHere(): string {
  return `${userInfo().username}@${hostname()}`;
}

function readReleases(output: string): ActualReleases {
  const records = [...output.matchAll(/^(release|held|deploy)\.json (\{.*\})$/gm)].map(([, file, json = '']) => ({
    file,
    value: JSON.parse(json) as unknown,
  }));
  const one = (file: string) => records.find((record) => record.file === file)?.value;
  const current = /^current (\d+)$/m.exec(output)?.[1];
  const images = new Map<number, Map<string, string>>();
  for (const [, number, service = '', id = ''] of output.matchAll(/^releases\/(\d+)\/images:(\S+) \S+ (\S+) \S+$/gm)) {
    images.set(Number(number), (images.get(Number(number)) ?? new Map()).set(service, id));
  }
  return {
    releases: records
      .flatMap(({ file, value }) => (file === 'release' ? [ReleaseRecord.parse(value)] : []))
      .sort((a, b) => a.number - b.number),
    current: current === undefined ? undefined : Number(current),
    last: Number(/^last (\d+)$/m.exec(output)?.[1] ?? 0),
    images,
    held: one('held') as ActualReleases['held'],
    journal: Journal.optional().parse(one('deploy')),
  };
}

/** The digest of all definitions; undefined while a secret in them is not known. */
export function contentDigest({ services }: Release): string | undefined {
  const content = Secret.join(...definitionsOf(services).map(([, definition]) => definition));
  return isKnown(content) ? digestOf(reveal(content)) : undefined;
}

export interface ReleaseMeta extends SourceVersion {
  readonly number: number;
  readonly by: string;
}

/**
 * Writes a release down, whole or not at all, and lets the host keep its images. In the project's folder.
 */
export function writeRelease(release: Release, { number, by, version, commit }: ReleaseMeta): Script {
  const { project, services } = release;
  const folder = releaseFolder(String(number));
  // What is not whole must not look like a release.
  const unfinished = releaseFolder('new');
  const at = new Date().toISOString();
  const record: ReleaseRecord = { number, version, commit, by, at, digest: contentDigest(release) ?? '' };
  const definitions = definitionsOf(services).map(
    ([name, definition]) => sh`cat <${input(definition)} >${`${name}.yml`}`,
  );
  const images = Object.entries(services).map(([service, { image }]) => {
    const kept = `provision/${project}-${service}:${number}`;
    return sh`keep_image ${service} ${image} ${kept}`;
  });
  const replicas = Object.entries(services).map(([service, { replicas }]) => `${service} ${replicas}\n`);
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
      cat <${input(replicas.join(''))} >replicas && cat <${input(ports.join(''))} >ports && cat <${input(`${JSON.stringify(record)}\n`)} >release.json || exit
      { ${joinScripts([sh`:`, ...images], ' && ')}; } >images || exit
    ) || exit
    echo ${number} >${`${STATE_FOLDER}/releases/last`} && rm -rf ${folder} && sync && mv -T ${unfinished} ${folder} || exit
  `;
}

/** The shell function `forget`, for the folder of the releases: removes one, and its images where no other has them. */
const FORGET = sh`
  forget() {
    [ -d "$1" ] || return 0
    rm -rf forgotten && mv "$1" forgotten || return
    [ -r forgotten/images ] && while read -r _ image _ tag; do
      cat [0-9]*/images 2>/dev/null | grep -qF " $image " || docker image rm "$image" >/dev/null 2>&1
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

/** Makes a release the current one, and forgets what is older than those that are kept. In the project's folder. */
export function makeCurrent(number: string): Script {
  return sh`
    ${FORGET}
    (
      cd ${`${STATE_FOLDER}/releases`} && ln -sfn ${number} current.new && mv -T current.new current || exit
      kept=" $(ls -d [0-9]* | grep -x '[0-9]*' | sort -n | tail -n ${RELEASES_KEPT} | tr '\n' ' ') "
      for old in [0-9]*; do
        case "$kept" in *" $old "*) continue ;; esac
        [ "$old" = ${number} ] && continue
        forget "$old" || exit
      done
      :
    )
  `;
}

function definitionsOf(services: Release['services']): [string, Text][] {
  // In the order in which the shell lists the files.
  return Object.values(services)
    .flatMap(({ slots }) => slots.map(({ name, definition }): [string, Text] => [name, definition]))
    .sort(([a], [b]) => (`${a}.yml` < `${b}.yml` ? -1 : 1));
}
