import * as z from 'zod';
import { type LockHolder, lockProbe, readLock } from '../../shell/lock-probe.ts';
import { raw, sh } from '../../shell/sh.ts';
import { Checks } from '../compose/desired.ts';
import { STATE_FOLDER } from '../compose/files.ts';
import { checkResult } from '../compose/start.ts';
import { defineResource } from '../contract.ts';
import { imageReference } from '../docker/image-name.ts';
import { absolutePath, secretText, simpleName } from '../fields.ts';
import { personHere } from '../person.ts';
import { nextNumber, releaseChanges, sharedReleaseChanges } from './changes.ts';
import { contentDigest, makeCurrent, writeRelease } from './files.ts';
import { sourceVersion } from './source-version.ts';
import { imageVersion, type ReleaseImage } from './version.ts';

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
      /** The file of the state folder in which its migration has left that it ran: it stays as long as the release. */
      migration: simpleName().optional(),
      /** What its replicas are asked. */
      checks: Checks.default({}),
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
  /** The redeploy that brought it, the same on all of its hosts; the first one of a host has none. */
  deploy: z.string().optional(),
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
  /** What ran before the current one, and that one itself: each after the one that it replaced. */
  readonly ran: readonly number[];
  /** By number: the id of each service's image, and its name. */
  readonly images: ReadonlyMap<number, ReadonlyMap<string, string>>;
  readonly references: ReadonlyMap<number, ReadonlyMap<string, string>>;
  /** Who went back to the current one, where somebody did: it stays until the next redeploy. */
  readonly held: { readonly by: string; readonly at: string } | undefined;
  readonly journal: Journal | undefined;
  /** Who else works on the host just now, where there is a journal: what it tells of is under way then. */
  readonly running?: LockHolder | undefined;
}

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
        [ -r releases/ran ] && while read -r number; do printf 'ran %s\n' "$number"; done <releases/ran
        [ ! -e deploy.json ] || { ${lockProbe()}
        }
        [ -d releases/current ] && cd -P releases/current && printf 'current %s\n' "\${PWD##*/}"
      )
    done
    :
  `,

  parse(output, all) {
    const parts = new Map(output.split(/^directory /m).map((part) => [part.slice(0, part.indexOf('\n')), part]));
    return all.map((desired) => withVersions(readReleases(parts.get(desired.directory) ?? ''), desired));
  },

  diff: (desired, actual) => releaseChanges({ desired, actual }),
  diffShared: sharedReleaseChanges,

  remark(desired, { current, held, journal, releases }) {
    const running = releases.find(({ number }) => number === current);
    // What was not finished goes on, to whatever release that is.
    if (held === undefined || journal !== undefined || running?.digest === contentDigest(desired)) return undefined;
    return (
      `release ${current} is held: ${held.by} went back to it at ${held.at}; what the inventory says of its services, ` +
      'replicas included, waits for `provision redeploy`'
    );
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

function readReleases(output: string): ActualReleases {
  const records = [...output.matchAll(/^(release|held|deploy)\.json (\{.*\})$/gm)].map(([, file, json = '']) => ({
    file,
    value: JSON.parse(json) as unknown,
  }));
  const one = (file: string) => records.find((record) => record.file === file)?.value;
  const current = /^current (\d+)$/m.exec(output)?.[1];
  const running = readLock(output);
  const kept = [...output.matchAll(/^releases\/(\d+)\/images:(\S+) (\S+) (\S+) \S+$/gm)];
  const byNumber = Map.groupBy(kept, ([, number]) => Number(number));
  const numbered = (value: (line: readonly string[]) => string) =>
    new Map([...byNumber].map(([number, all]) => [number, new Map(all.map((line) => [line[2] ?? '', value(line)]))]));
  return {
    releases: records
      .flatMap(({ file, value }) => (file === 'release' ? [ReleaseRecord.parse(value)] : []))
      .sort((a, b) => a.number - b.number),
    current: current === undefined ? undefined : Number(current),
    last: Number(/^last (\d+)$/m.exec(output)?.[1] ?? 0),
    ran: [...output.matchAll(/^ran (\d+)$/gm)].map(([, number]) => Number(number)),
    references: numbered(([, , , name = '']) => name),
    images: numbered(([, , , , id = '']) => id),
    held: one('held') as ActualReleases['held'],
    journal: Journal.optional().parse(one('deploy')),
    ...(running && { running }),
  };
}

/** A release whose source tells nothing is known by its image. */
function withVersions(actual: ActualReleases, { services }: Release): ActualReleases {
  const releases = actual.releases.map((one) =>
    one.version === '' && one.commit === ''
      ? { ...one, version: imageVersion(releaseImages(actual, one.number), services) }
      : one,
  );
  return { ...actual, releases };
}

/** The images of a release by service. */
export function releaseImages({ references, images }: ActualReleases, number: number): Record<string, ReleaseImage> {
  const named = [...(references.get(number) ?? [])];
  return Object.fromEntries(named.map(([service, name]) => [service, { name, id: images.get(number)?.get(service) }]));
}
