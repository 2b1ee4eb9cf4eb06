/** The releases that a host keeps, and the journal of the redeploy that is under way. */
import { ProvisionError } from '../errors.ts';
import { Checks } from '../resources/compose/desired.ts';
import { releaseFolder, STATE_FOLDER } from '../resources/compose/files.ts';
import { checkResult } from '../resources/compose/start.ts';
import { isEngineDown, NO_ENGINE } from '../resources/docker/engine.ts';
import { IMAGE_RECORDS } from '../resources/docker/image-record.ts';
import { forgetRelease, makeCurrent, type ReleaseMeta, writeRelease } from '../resources/releases/files.ts';
import type { ActualReleases, Journal, Release } from '../resources/releases/release.ts';
import { input, type Script, sh } from '../shell/sh.ts';
import type { DeployHost } from './deploy-host.ts';

/** A release as a host keeps it: what its replicas are known by. */
export interface KeptRelease {
  readonly number: number;
  /** By place of a replica (`app-1`): digest of the definition that it is started from. */
  readonly digests: ReadonlyMap<string, string>;
  /** By place: the port where it answers. */
  readonly ports: ReadonlyMap<string, number>;
  /** By service: the id of its image, and its name. */
  readonly images: ReadonlyMap<string, string>;
  readonly references: ReadonlyMap<string, string>;
  /** By service. */
  readonly replicas: ReadonlyMap<string, number>;
  /** By service: what its replicas are asked. Not there in one that an older version wrote down. */
  readonly checks: ReadonlyMap<string, Checks>;
}

/** A project on one host: its folder, and what its release shall be. */
export interface Place {
  readonly host: DeployHost;
  readonly release: Release;
}

/** With what was found there when the host was looked at. */
export interface ProjectPlace extends Place {
  readonly actual: ActualReleases;
}

/** What a host runs, or ran before what was not finished. A host that came later, or was redeployed alone, has another than the others. */
export function formerRelease({ actual }: ProjectPlace): number | undefined {
  return actual.journal?.from ?? actual.current;
}

/** The same as a number: a host that has no release yet comes from where all of them come from. */
export function startOf(place: ProjectPlace, from: number): number {
  return formerRelease(place) ?? from;
}

/** Where a load balancer keeps the configuration that it had with a release. */
export const CONFIG_FOLDER = '/var/lib/provision/balancer';
/** More than releases are kept: numbers of those that failed lie between. */
const CONFIGS_KEPT = 20;

/** Writes a release down on a host, images included. It is not the current one until `finish`. */
export async function keepRelease({ host, release }: Place, meta: ReleaseMeta): Promise<void> {
  await inFolder(host, release, writeRelease(release, meta), `release ${meta.number} could not be written down`);
}

/**
 * Reads a release, and gives its images their names again, should these have moved on to others.
 * @throws ProvisionError `release-not-found` where the host does not have it, or not its images; `probe-failed` where Docker does not answer
 */
export async function readRelease({ host, release }: Place, number: number): Promise<KeptRelease> {
  const folder = releaseFolder(String(number));
  const { code, stdout, stderr } = await host.connection.run(sh`
    cd ${`${release.directory}/${folder}`} || exit
    sha256sum -- *.yml && sed 's/^/replicas /' replicas && sed 's/^/port /' ports || exit
    [ ! -f checks ] || sed 's/^/checks /' checks
    while read -r service image id kept; do
      [ "$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null)" = "$id" ] || docker tag "$id" "$image" || exit
      docker tag "$id" "$kept" || exit
      [ ! -f ${IMAGE_RECORDS}/"$image" ] || echo "$id" >${IMAGE_RECORDS}/"$image"
      printf 'image %s %s\nreference %s %s\n' "$service" "$id" "$service" "$image"
    done <images
  `);
  if (isEngineDown(stderr)) {
    throw new ProvisionError('probe-failed', NO_ENGINE, {
      host: host.name,
      detail: stderr.trim(),
      hint: 'See `systemctl status docker` on the host, then run again.',
    });
  }
  if (code !== 0) {
    throw new ProvisionError('release-not-found', `release ${number} is not there, or not its images`, {
      host: host.name,
      detail: stderr.trim(),
      hint: 'Take another of `provision releases`. Where images were pruned by hand, `provision redeploy` brings them back.',
    });
  }
  const pairs = (pattern: RegExp) =>
    [...stdout.matchAll(pattern)].map(([, a = '', b = '']): [string, string] => [a, b]);
  const numbers = (pattern: RegExp) => new Map(pairs(pattern).map(([name, value]) => [name, Number(value)]));
  return {
    number,
    digests: new Map(pairs(/^([0-9a-f]{64}) {2}(\S+)\.yml$/gm).map(([digest, name]) => [name, digest])),
    ports: numbers(/^port (\S+) (\d+)$/gm),
    images: new Map(pairs(/^image (\S+) (\S+)$/gm)),
    references: new Map(pairs(/^reference (\S+) (\S+)$/gm)),
    replicas: numbers(/^replicas (\S+) (\d+)$/gm),
    checks: new Map(pairs(/^checks (\S+) (\{.*\})$/gm).map(([name, json]) => [name, Checks.parse(JSON.parse(json))])),
  };
}

/** Writes down what is under way, before its first move. */
export async function writeJournal({ host, release }: Place, journal: Journal): Promise<void> {
  await inFolder(host, release, journalScript(journal), 'what is under way could not be written down');
}

function journalScript(journal: Journal): Script {
  return sh`
    cat <${input(`${JSON.stringify(journal)}\n`)} >${`${STATE_FOLDER}/deploy.new`} || exit
    sync ${`${STATE_FOLDER}/deploy.new`} && mv ${`${STATE_FOLDER}/deploy.new`} ${`${STATE_FOLDER}/deploy.json`} || exit
  `;
}

/** Who went back to a release, and when. */
type HeldSince = NonNullable<ActualReleases['held']>;

/** Makes a release the current one: it is there, and nothing is under way any more. */
export async function finish(place: ProjectPlace, journal: Journal, heldSince?: HeldSince): Promise<void> {
  const { host, release, actual } = place;
  const { action, by, at, to } = journal;
  // One that was broken off, and is not wanted any more.
  const abandoned = actual.journal?.action === 'redeploy' && ![to, actual.current].includes(actual.journal.to);
  const held = `${STATE_FOLDER}/held.json`;
  const isHeld = action === 'rollback';
  const hold = `${JSON.stringify(heldSince ?? { by, at })}\n`;
  const script = sh`
    ${abandoned && actual.journal ? forgetRelease(actual.journal.to) : sh`:`}
    ${makeCurrent(String(to))} || exit
    ${isHeld ? sh`cat <${input(hold)} >${`${held}.new`} && mv ${`${held}.new`} ${held}` : sh`rm -f ${held}`} || exit
    sync; rm -f ${`${STATE_FOLDER}/deploy.json`}
  `;
  await inFolder(host, release, script, `release ${to} could not be made the current one`);
}

/** Forgets a release that did not come to run, and that anything is under way but what was so before. */
export async function giveUp({ host, release }: Place, { to, from, action }: Journal, before?: Journal): Promise<void> {
  const isNew = action === 'redeploy' && to !== from;
  const script = sh`
    ${before ? journalScript(before) : sh`:`}
    ${isNew ? forgetRelease(to) : sh`:`}
    ${before ? sh`:` : sh`sync; rm -f ${`${STATE_FOLDER}/deploy.json`}`}
  `;
  await inFolder(host, release, script, 'what was under way could not be crossed out');
}

export interface KeepConfigOptions {
  /** Where this run has changed it already: the one of before is kept. */
  readonly ofBefore?: boolean;
  /** False: where one is kept already, it stays. */
  readonly replace?: boolean;
}

/** Keeps the configuration of a load balancer beside the release that it serves. */
export async function keepConfig(
  host: DeployHost,
  project: string,
  number: number,
  { ofBefore = false, replace = true }: KeepConfigOptions = {},
): Promise<void> {
  const { configFile, backupFile = '' } = host.balancer ?? {};
  if (configFile === undefined) return;
  const folder = `${CONFIG_FOLDER}/${project}`;
  const script = sh`
    [ -f ${configFile} ] || exit 0
    ${replace ? sh`:` : sh`[ ! -f ${`${folder}/${number}.cfg`} ] || exit 0`}
    umask 077
    source=${configFile}
    ${ofBefore ? sh`[ -z "$PROVISION_HOLDER" ] || [ "$PROVISION_HOLDER" != "$(cat ${`${backupFile}.by`} 2>/dev/null)" ] || source=${backupFile}` : sh`:`}
    mkdir -p ${folder} && cat <"$source" >${`${folder}/new`} && mv ${`${folder}/new`} ${`${folder}/${number}.cfg`} || exit
    cd ${folder} && ls | grep -x '[0-9]*\.cfg' | sort -n | head -n -${CONFIGS_KEPT} | while read -r old; do rm -f "$old"; done
  `;
  checkResult(await host.connection.run(script), "haproxy's configuration could not be kept");
}

/** Has an apply leave a load balancer's configuration as it is, until the project is redeployed; or no longer. */
export async function holdConfig(host: DeployHost, project: string, release: number | undefined): Promise<void> {
  const { holdFolder, configFile } = host.balancer ?? {};
  if (holdFolder === undefined || configFile === undefined) return;
  const mark = `${holdFolder}/${project}`;
  const [copy, content] = [`${holdFolder}.cfg`, `${holdFolder}.as`];
  const why = `it came back with release ${release} of ${project}; what the inventory says of it waits for \`provision redeploy\`\n`;
  const hold = sh`
    umask 077
    mkdir -p ${holdFolder} || exit
    [ ! -f ${configFile} ] || { cat ${configFile} >${copy} && sum=$(sha256sum <${copy}) && echo "\${sum%% *}" ${copy} >${content}; } || exit
    cat <${input(why)} >${mark}
  `;
  const letGo = sh`
    rm -f ${mark}
    rmdir ${holdFolder} 2>/dev/null && rm -f ${copy} ${content}
    :
  `;
  const script = release === undefined ? letGo : hold;
  checkResult(await host.connection.run(script), "haproxy's configuration could not be held");
}

/** Whether a load balancer has kept another configuration for a release than it has now. */
export async function hasOtherConfig(host: DeployHost, project: string, number: number): Promise<boolean> {
  const { configFile } = host.balancer ?? {};
  if (configFile === undefined) return false;
  const kept = `${CONFIG_FOLDER}/${project}/${number}.cfg`;
  const { code } = await host.connection.run(sh`[ -f ${kept} ] && ! cmp -s ${kept} ${configFile}`);
  return code === 0;
}

/** Brings back the configuration that a load balancer had with a release, byte for byte. @throws ProvisionError `balancer-failed` */
export async function restoreConfig(host: DeployHost, project: string, number: number): Promise<void> {
  const { balancer } = host;
  if (balancer === undefined) return;
  const kept = `${CONFIG_FOLDER}/${project}/${number}.cfg`;
  const { configFile, reload } = balancer;
  const { code, stderr } = await host.connection.run(sh`
    haproxy -c -f ${kept} >&2 || exit
    cp -p ${configFile} ${`${configFile}.before`} && cp -p ${configFile} ${`${configFile}.new`} && cat <${kept} >${`${configFile}.new`} && mv ${`${configFile}.new`} ${configFile} || exit
    (
    ${reload.script}
    ) && rm -f ${`${configFile}.before`} && exit 0
    mv ${`${configFile}.before`} ${configFile}
    exit 1
  `);
  if (code === 0) return;
  throw new ProvisionError(
    'balancer-failed',
    `haproxy does not take the configuration that it had with release ${number}`,
    {
      host: host.name,
      detail: stderr.trim().split('\n').slice(-15).join('\n'),
      hint: 'Its present one goes on. Bring the old routes back through the inventory.',
    },
  );
}

async function inFolder(
  { name, connection }: DeployHost,
  { directory }: Release,
  script: Script,
  failure: string,
): Promise<void> {
  const inside = sh`
    cd ${directory} || exit
    ${script}
  `;
  const result = await connection.run(inside);
  try {
    checkResult(result, failure);
  } catch (error) {
    throw error instanceof ProvisionError ? error.at({ host: name }) : error;
  }
}
