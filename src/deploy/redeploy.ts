/**
 * Brings out a release over all hosts of a project, or goes back to an earlier one.
 *
 * Everything that may fail without touching a visitor comes first: images on every host, the migration once, the release
 * written down. Then the journal, and replica after replica (rolling.ts). What fails on the way is taken back in the same way.
 */
import { auditScript } from '../engine/audit.ts';
import type { Finding } from '../engine/plan.ts';
import { type ApplyContext, settle } from '../engine/settle.ts';
import { ProvisionError } from '../errors.ts';
import { imageArgument } from '../resources/compose-container.ts';
import type { ComposeService } from '../resources/compose-desired.ts';
import { composeService } from '../resources/compose-service.ts';
import { checkResult } from '../resources/compose-start.ts';
import { dockerImage } from '../resources/docker-image.ts';
import { pullImage } from '../resources/docker-pull.ts';
import { type ActualReleases, contentDigest, type Journal } from '../resources/release.ts';
import { sourceVersion } from '../resources/source-version.ts';
import { sh } from '../shell/sh.ts';
import { type Server, setState } from './balancer.ts';
import { type DeployHost, findingsOf } from './deploy-host.ts';
import { sendImage } from './image-transfer.ts';
import {
  finish,
  giveUp,
  hasOtherConfig,
  keepConfig,
  keepRelease,
  type Place,
  readRelease,
  restoreConfig,
  writeJournal,
} from './releases.ts';
import { isOpen, roll, type Site } from './rolling.ts';
import type { Steps } from './steps.ts';

/** A project on all of its hosts, and the load balancers in front of it. */
export interface Project {
  readonly name: string;
  readonly places: readonly (Place & { readonly actual: ActualReleases })[];
  readonly balancers: readonly DeployHost[];
}

export interface DeployRequest {
  /** `apply`: what an apply has left to be done under traffic. */
  readonly action: 'apply' | 'redeploy' | 'rollback';
  /** The release to go back to; undefined: the one before the current one. */
  readonly to?: number | undefined;
  /** What people call the new release, instead of what its source says. */
  readonly version?: string | undefined;
  /** Who is at work: `alice@laptop`. */
  readonly by: string;
  readonly steps: Steps;
  readonly context: Pick<ApplyContext, 'emit' | 'stop' | 'abort'>;
}

/** How it went. */
export interface Outcome {
  readonly project: string;
  readonly hosts: readonly string[];
  readonly action: Journal['action'];
  readonly from: number | undefined;
  readonly to: number;
  readonly version: string;
  readonly commit: string;
  /** Whether anything was changed. */
  readonly changed: boolean;
}

/**
 * @throws ProvisionError whatever ended it: with what runs now as its hint. `release-not-found` where there is nothing to go to
 */
export async function deployProject(project: Project, request: DeployRequest): Promise<Outcome> {
  const { action, steps, by } = request;
  const from = commonRelease(project);
  if (action === 'redeploy') await bringImages(project, request);
  const images = await Promise.all(project.places.map(imageIds));
  const { number, isNew, kind } = chooseRelease(project, from, images, request);
  const [first] = project.places as [Project['places'][number]];
  const source = await sourceVersion(first.release.sources);
  const version = request.version ?? source.version;
  if (isNew) {
    if (action === 'redeploy') await migrate(project, from, images, request);
    for (const place of project.places) {
      await steps.run(place.host, `release ${number}: write down`, () =>
        keepRelease(place, { number, by, ...source, version }),
      );
    }
  }
  const journal: Journal = { action: kind, from, to: number, by, at: new Date().toISOString() };
  const wanted = await sitesOf(project, number);
  const known = first.actual.releases.find((one) => one.number === number) ?? { version, commit: source.commit };
  const outcome: Outcome = {
    project: project.name,
    hosts: project.places.map(({ host }) => host.name),
    action: kind,
    from,
    to: number,
    version: known.version,
    commit: known.commit,
    changed: true,
  };
  const isUnderWay = project.places.some(({ actual }) => actual.journal);
  if (number === from && !isUnderWay && !(await isOpen(wanted))) {
    // What is held after a rollback is held no more, where it is what the inventory describes.
    if (kind === 'redeploy') for (const place of project.places) if (place.actual.held) await finish(place, journal);
    return { ...outcome, changed: false };
  }
  const started = performance.now();
  const audit = (outcome: 'ok' | 'failed' | 'interrupted', host: DeployHost) =>
    host.connection.run(
      auditScript({
        by,
        what: `${kind} ${project.name}`,
        detail: `release ${from} -> ${number}`,
        outcome,
        durationMs: performance.now() - started,
      }),
    );
  for (const place of project.places) await writeJournal(place, journal);
  try {
    await resume(project, wanted, number, steps);
    for (const balancer of project.balancers) await keepConfig(balancer, project.name, from);
    const isShrinking = kind === 'rollback' && replicasOf(wanted) < wantedReplicas(project);
    if (kind === 'rollback' && !isShrinking) await restoreConfigs(project, number, steps);
    await rollAll(wanted, steps);
    if (isShrinking) await restoreConfigs(project, number, steps);
    for (const place of project.places) {
      await steps.run(place.host, `release ${number}: make it the current one`, () =>
        finish(place, journal, number === from ? place.actual.held : undefined),
      );
      await audit('ok', place.host);
    }
    for (const balancer of project.balancers) await keepConfig(balancer, project.name, number);
    return outcome;
  } catch (cause) {
    const error = cause instanceof ProvisionError ? cause : undefined;
    if (error === undefined || error.code === 'interrupted' || request.context.abort.aborted) {
      for (const { host } of project.places) await audit('interrupted', host).catch(() => undefined);
      throw cause;
    }
    throw await goBack(project, journal, error, steps, audit);
  }
}

/** Takes back what was done, and says so in the error. */
async function goBack(
  project: Project,
  journal: Journal,
  error: ProvisionError,
  steps: Steps,
  audit: (outcome: 'failed', host: DeployHost) => Promise<unknown>,
): Promise<ProvisionError> {
  const { from = journal.to, action } = journal;
  const { host, task, detail, cause } = error;
  // What it says of the container on the host is of no use when that is gone.
  const hint = error.code === 'not-healthy' ? 'Mend the new version, and redeploy again.' : error.hint;
  const told = (message: string, way: string) =>
    new ProvisionError(error.code, `${error.message}; ${message}`, {
      host,
      task,
      detail,
      cause,
      hint: [hint, way].filter(Boolean).join(' '),
    });
  try {
    await rollAll(await sitesOf(project, from), steps, { goingBack: true });
    for (const place of project.places) {
      await giveUp(place, journal);
      await audit('failed', place.host);
    }
    return told(`release ${from} runs again on all replicas`, '');
  } catch (second) {
    const why = second instanceof Error ? second.message : String(second);
    return told(
      `going back to release ${from} failed as well: ${why}`,
      `Run \`provision ${action}\` again to go on, or \`provision rollback --to ${from}\` to go back.`,
    );
  }
}

async function rollAll(sites: readonly Site[], steps: Steps, options: { goingBack?: boolean } = {}): Promise<void> {
  // In the order of the inventory, which is that of their dependencies.
  for (const [, own] of Map.groupBy(sites, ({ service }) => service.service)) await roll(own, { steps, ...options });
}

/** After one that was broken off: says so, and leaves no replica drained, whoever drained it. */
async function resume({ places }: Project, sites: readonly Site[], to: number, steps: Steps): Promise<void> {
  for (const { host, actual } of places) {
    const { journal } = actual;
    if (journal === undefined) continue;
    await steps.run(host, `unfinished ${journal.action} to release ${journal.to}`, async () => {
      const own = sites.filter((site) => site.host === host);
      await setState(
        own.flatMap((site) => site.service.slots.flatMap(({ name }) => site.servers(name))),
        'ready',
      );
      const way = to === journal.to ? 'going on' : to === journal.from ? 'going back' : `going on to release ${to}`;
      return { action: 'run', what: `begun by ${journal.by} at ${journal.at}`, to: way };
    });
  }
}

/** The release that all hosts run, or ran before what was not finished. @throws ProvisionError `release-not-found` */
function commonRelease({ name, places }: Project): number {
  const currents = places.map(({ actual }) => actual.journal?.from ?? actual.current);
  const bare = places.find((_, i) => currents[i] === undefined);
  if (bare) {
    throw new ProvisionError('release-not-found', `${name} has no release on ${bare.host.name} yet`, {
      host: bare.host.name,
      hint: 'Bring it up first: provision apply --inventory FILE.',
    });
  }
  return Math.max(...currents.map((current) => current ?? 0));
}

type ImageIds = ReadonlyMap<string, string | undefined>;

function chooseRelease({ places }: Project, from: number, images: readonly ImageIds[], { action, to }: DeployRequest) {
  const newest = Math.max(from, ...places.flatMap(({ actual }) => actual.releases.map(({ number }) => number)));
  const journal = places.find(({ actual }) => actual.journal)?.actual.journal;
  const kept = (number: number) => places.every(({ actual }) => actual.releases.some((one) => one.number === number));
  const isHeld = journal === undefined && places.some(({ actual }) => actual.held);
  // What somebody went back to stays, whatever else an apply finds to replace.
  if (action === 'apply' && isHeld) return { number: from, isNew: false, kind: 'rollback' as const };
  if (action === 'rollback' || (action === 'apply' && journal?.action === 'rollback')) {
    const number =
      to ??
      (journal?.action === 'rollback' && action === 'apply' ? journal.to : undefined) ??
      before(places, from, journal);
    if (number !== undefined && kept(number)) return { number, isNew: false, kind: 'rollback' as const };
    throw new ProvisionError(
      'release-not-found',
      number === undefined ? 'there is no earlier release' : `there is no release ${number}`,
      {
        hint: '`provision releases` lists what there is.',
      },
    );
  }
  const isAsWanted = (number: number) =>
    places.every(({ release, actual }, i) => {
      const one = actual.releases.find((one) => one.number === number);
      const ids = actual.images.get(number) ?? new Map<string, string>();
      return (
        one?.digest === contentDigest(release) && [...ids].every(([service, id]) => images[i]?.get(service) === id)
      );
    });
  const same = [journal?.to, from].find((number) => number !== undefined && isAsWanted(number));
  if (same !== undefined) return { number: same, isNew: false, kind: 'redeploy' as const };
  return { number: newest + 1, isNew: true, kind: 'redeploy' as const };
}

/** The one before; of a redeploy that was not finished the one that it came from. */
function before(places: Project['places'], from: number, journal: Journal | undefined): number | undefined {
  if (journal) return journal.from;
  const numbers = places[0]?.actual.releases.map(({ number }) => number) ?? [];
  return Math.max(...numbers.filter((number) => number < from), 0) || undefined;
}

/** The ids that the names of the services' images stand for on a host. */
async function imageIds({ host, release }: Place): Promise<ImageIds> {
  const services = Object.entries(release.services);
  const { stdout } = await host.connection.run(sh`
    for image in ${services.map(([, { image }]) => imageArgument(image))}; do
      docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || echo none
    done
  `);
  const ids = stdout.trim().split('\n');
  return new Map(services.map(([service], i) => [service, ids[i]]));
}

/** Builds or pulls what is not there: on one host, from which what was built goes to the others. */
async function bringImages({ places }: Project, { steps, context }: DeployRequest): Promise<void> {
  const references = new Set(places.flatMap(({ host }) => servicesOf(host).map(({ image }) => image)));
  for (const reference of references) {
    const found = places.flatMap(({ host }) => {
      const finding = findingsOf(host, dockerImage).find(({ resource }) => resource.desired.reference === reference);
      return finding ? [{ host, finding }] : [];
    });
    const lacking = found.filter(({ finding }) => finding.status !== 'ok');
    const [first] = lacking;
    if (found[0]?.finding.resource.desired.build === undefined) {
      for (const { host, finding } of found) {
        // A name without a digest may stand for another image by now.
        if (finding.status === 'ok' && (reference.includes('@') || !isRolledOut(host, reference))) continue;
        await steps.run(host, `image ${reference}: pull`, (target) => pullImage(reference, target));
      }
      continue;
    }
    if (first === undefined) continue;
    let source = found.find(({ finding }) => finding.status === 'ok')?.host;
    if (source === undefined) {
      const { host, finding } = first;
      await steps.run(host, `image ${reference}: build`, async () => void (await settleOn(host, finding, context)));
      source = host;
    }
    for (const { host } of lacking.filter(({ host }) => host !== source)) {
      const from = source;
      await steps.run(host, `image ${reference}: fetch from ${from.name}`, (target) =>
        sendImage(reference, from, host, target),
      );
    }
  }
}

/** Once for each database: on the host whose role has it. With the new image, while all replicas still run the old one. */
async function migrate(
  { places }: Project,
  from: number,
  images: readonly ImageIds[],
  { steps }: DeployRequest,
): Promise<void> {
  for (const [i, { host, actual }] of places.entries()) {
    for (const { service, needs } of servicesOf(host)) {
      for (const finding of host.survey.findings.filter(
        ({ resource }) => needs.includes(resource.id) && resource.kind.kind === 'command',
      )) {
        const { kind, desired } = finding.resource;
        const isSameImage = actual.images.get(from)?.get(service) === images[i]?.get(service);
        if (finding.status === 'ok' && isSameImage) continue;
        await steps.run(host, `${service}: migrate`, async (target) => {
          const script = kind.apply?.(desired, finding.changes, finding.actual);
          if (script)
            checkResult(await target.run(script), `the migration of ${service} failed: nothing else was touched`);
        });
      }
    }
  }
}

async function settleOn({ name, connection }: DeployHost, finding: Finding, context: DeployRequest['context']) {
  const latest = new Map([[finding.resource, finding]]);
  return settle({ ...context, host: name, connection, onSettled: () => undefined }, finding, [], latest);
}

/** Where each service of the project runs, with the release that it shall run there. */
async function sitesOf({ name: project, places, balancers }: Project, number: number): Promise<readonly Site[]> {
  const sites = await Promise.all(
    places.map(async (place) => {
      const kept = await readRelease(place, number);
      const { host } = place;
      const services = servicesOf(host).filter(
        ({ project: own, service }) => own === project && service in place.release.services,
      );
      const lost = [...kept.replicas.keys()].find((name) => !services.some(({ service }) => service === name));
      if (lost !== undefined) {
        throw new ProvisionError(
          'release-not-found',
          `release ${number} has the service ${lost}, and the inventory has not`,
          {
            host: host.name,
            hint: 'Add the service to the inventory again.',
          },
        );
      }
      return services.map(
        (service): Site => ({
          host,
          service: withPlaces(service, kept),
          release: kept,
          servers: (replica) => balancers.flatMap((balancer) => serverOf(balancer, host.name, service, replica)),
        }),
      );
    }),
  );
  return sites.flat();
}

/** The service with the places that the release has, and those that the inventory has besides. */
function withPlaces(
  service: ComposeService,
  { digests, ports }: Awaited<ReturnType<typeof readRelease>>,
): ComposeService {
  const own = new RegExp(`^${service.service}-\\d+$`);
  const places = [...digests.keys()]
    .filter((name) => own.test(name))
    .map((name) => {
      const port = ports.get(name);
      return { name, container: `${service.project}-${name}`, definition: '', ...(port !== undefined && { port }) };
    });
  const others = service.slots.filter(({ name }) => !digests.has(name));
  return { ...service, slots: [...places, ...others] };
}

/** What stands for a replica in a load balancer. One whose place is gone from its configuration may be known to older processes. */
function serverOf(balancer: DeployHost, host: string, { project, service }: ComposeService, replica: string): Server[] {
  const own = new RegExp(`^${service}-\\d+$`);
  const servers = (balancer.balancer?.servers ?? []).filter(
    (server) => server.host === host && server.stack === project && own.test(server.slot),
  );
  const backends = Map.groupBy(servers, ({ backend }) => backend);
  return [...backends].flatMap(([backend, [first]]) =>
    first === undefined
      ? []
      : [{ balancer, backend, server: `${first.server.slice(0, -first.slot.length)}${replica}` }],
  );
}

async function restoreConfigs({ name, balancers }: Project, number: number, steps: Steps): Promise<void> {
  for (const balancer of balancers) {
    if (!(await hasOtherConfig(balancer, name, number))) continue;
    await steps.run(balancer, `haproxy: the configuration of release ${number}`, () =>
      restoreConfig(balancer, name, number),
    );
  }
}

function servicesOf(host: DeployHost): readonly ComposeService[] {
  return findingsOf(host, composeService).map(({ resource }) => resource.desired);
}

function isRolledOut(host: DeployHost, reference: string): boolean {
  return servicesOf(host).some(({ image, rolling }) => image === reference && rolling);
}

function replicasOf(sites: readonly Site[]): number {
  return sites.reduce((sum, { release, service }) => sum + (release.replicas.get(service.service) ?? 0), 0);
}

function wantedReplicas({ places }: Project): number {
  return places.reduce(
    (sum, { release }) => sum + Object.values(release.services).reduce((own, { replicas }) => own + replicas, 0),
    0,
  );
}
