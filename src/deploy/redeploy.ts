/**
 * Brings out a release over all hosts of a project, or goes back to an earlier one.
 *
 * Everything that may fail without touching a visitor comes first: images on every host, and the migration, once. Then the
 * journal, the release, and replica after replica (rolling.ts). What fails on the way is taken back in the same way (going-back.ts).
 */
import { randomUUID } from 'node:crypto';
import { ProvisionError } from '../errors.ts';
import type { Journal } from '../resources/releases/release.ts';
import { sourceVersion } from '../resources/releases/source-version.ts';
import { imageVersion } from '../resources/releases/version.ts';
import { auditor, auditUntouched } from './auditing.ts';
import { letIn } from './balancer.ts';
import { drainedElsewhere } from './drained-elsewhere.ts';
import { goBack, rollAll, rollBack, rollWithConfig } from './going-back.ts';
import { findGone, leftRunning, takeAway } from './gone.ts';
import { requirePlaces } from './handover.ts';
import { bringHeldConfigs, hasStaleConfig, heldBack } from './held-config.ts';
import { beginningAnew, brokenOffBefore, crossOut, endIfStopped, stoppedBefore } from './interruption.ts';
import { highestGiven, noteNumber } from './numbers.ts';
import { bringImages, imageIds, migrate } from './preparation.ts';
import { chooseRelease, commonRelease, type DeployRequest, type Outcome, type Project } from './project.ts';
import { finish, hasOtherConfig, holdConfig, keepConfig, keepRelease, startOf, writeJournal } from './releases.ts';
import { isOpen, type Site, serversOf, sitesOf } from './sites.ts';
import { stepsOfSites } from './step-count.ts';
import type { Steps } from './steps.ts';

/**
 * @throws ProvisionError whatever ended it, with what runs now as its hint; `release-not-found` where there is nothing to go to
 */
export async function deployProject(project: Project, request: DeployRequest): Promise<Outcome> {
  const { action, steps, by } = request;
  const { places, balancers } = project;
  const from = commonRelease(project);
  const { number, isNew, kind, passedOver } = await prepare(project, from, request);
  const journal: Journal = { action: kind, from, to: number, by, at: new Date().toISOString() };
  const meta = await describeRelease(project, number, request);
  const outcome: Outcome = {
    project: project.name,
    hosts: places.map(({ host }) => host.name),
    action: kind,
    from,
    to: number,
    fromByHost: Object.fromEntries(places.map((place) => [place.host.name, startOf(place, from)])),
    unfinishedByHost: Object.fromEntries(
      places.flatMap(({ host, actual: { journal } }) => (journal ? [[host.name, journal.to]] : [])),
    ),
    passedOver,
    ...meta,
    changed: true,
    // An apply has brought it, a rollback brings that of then, and a redeploy the one that is held.
    staleConfigs:
      action === 'redeploy'
        ? balancers.filter((one) => hasStaleConfig(one) && !heldBack(project).includes(one)).map(({ name }) => name)
        : [],
    drainedElsewhere: [],
  };
  const settled = !isNew && number === from ? await whatIsLeft(project, number, request) : undefined;
  if (settled) {
    // Where it is what the inventory describes, nobody need hold it any more.
    if (kind === 'redeploy') {
      for (const place of places) if (place.actual.held) await finish(place, journal);
      for (const balancer of balancers) await holdConfig(balancer, project.name, undefined);
    }
    return { ...outcome, ...settled, drainedElsewhere: await drainedElsewhere(project, action), changed: false };
  }
  const audit = auditor(journal, project, request.begunMs);
  const taken = () =>
    [...places.map(({ host }) => host), ...balancers].reduce((sum, host) => sum + steps.taken(host), 0);
  // The step after so many moves something.
  let still = Number.POSITIVE_INFINITY;
  try {
    endIfStopped(project, steps);
    for (const place of places) await writeJournal(place, { ...journal, from: startOf(place, from) });
    const deploy = randomUUID();
    for (const place of isNew ? places : []) {
      endIfStopped(project, steps);
      await steps.run(place.host, `release ${number}: write down`, () =>
        keepRelease(place, { number, by, deploy, ...meta }),
      );
    }
    const sites = await sitesOf(project, () => number);
    const ahead = await stepsOfSites(sites);
    // The last one makes the release the current one.
    for (const { host, actual } of places) steps.expect(host, (ahead.get(host) ?? 0) + (actual.journal ? 2 : 1));
    endIfStopped(project, steps);
    await resume(project, sites, number, steps);
    still = taken();
    const resumed = places.some(({ actual }) => actual.journal);
    if (kind === 'rollback') await rollBack(project, sites, steps, resumed);
    else if (heldBack(project).length > 0) {
      await rollWithConfig(sites, () => bringHeldConfigs(project, steps), steps, resumed);
    } else await rollAll(sites, steps, { resumed });
    const gone = await findGone(project, number);
    const left = await leftRunning(gone);
    if (left === undefined) await takeAway(gone, steps);
    for (const balancer of balancers)
      await holdConfig(balancer, project.name, kind === 'rollback' ? number : undefined);
    for (const place of places) {
      await steps.run(place.host, `release ${number}: make it the current one`, () =>
        finish(place, journal, number === from ? place.actual.held : undefined),
      );
    }
    for (const balancer of balancers) await keepConfig(balancer, project.name, number);
    await audit('ok');
    return { ...outcome, leftRunning: left, drainedElsewhere: await drainedElsewhere(project, action) };
  } catch (cause) {
    const error = cause instanceof ProvisionError ? cause : undefined;
    if (error?.code === 'interrupted' && taken() <= still && !request.context.abort.aborted) {
      await crossOut(project, journal, isNew);
      await auditUntouched(project, from, request)('interrupted');
      throw stoppedBefore(project);
    }
    if (error === undefined || error.code === 'interrupted' || request.context.abort.aborted) {
      await audit('interrupted');
      throw cause;
    }
    throw await goBack(project, journal, error, steps, audit);
  }
}

/** All that may fail without touching a visitor. @throws ProvisionError what did, after a line in the log of each host */
async function prepare(project: Project, from: number, request: DeployRequest) {
  const { action, steps } = request;
  try {
    endIfStopped(project, steps);
    if (action === 'redeploy') {
      // Those that are held back get theirs with the release.
      await requirePlaces(serversOf(project).filter(({ balancer }) => !heldBack(project).includes(balancer)));
      await bringImages(project, request);
    }
    const [given, ...images] = await Promise.all([
      highestGiven(project.balancers, project.name),
      ...project.places.map(imageIds),
    ]);
    const chosen = chooseRelease(project, from, { images, given }, request);
    if (chosen.isNew && action === 'redeploy') await migrate(project, from, images, request);
    endIfStopped(project, steps);
    if (chosen.isNew) await noteNumber(project.balancers, project.name, chosen.number);
    else await sitesOf(project, () => chosen.number);
    await keepConfigOf(project, from, chosen.number, request);
    return chosen;
  } catch (cause) {
    const isStopped = cause instanceof ProvisionError && cause.code === 'interrupted';
    const isInterrupted = isStopped || request.context.abort.aborted;
    await auditUntouched(project, from, request)(isInterrupted ? 'interrupted' : 'failed');
    if (isInterrupted && !isStopped) throw brokenOffBefore(project, cause);
    throw cause instanceof ProvisionError ? beginningAnew(cause) : cause;
  }
}

/** Going back brings the configuration that the load balancers had before this run. */
async function keepConfigOf({ name, places, balancers }: Project, from: number, to: number, { action }: DeployRequest) {
  // One that was broken off has kept it, and what somebody went back to keeps the one that came with it.
  const isKept = places.some(({ actual }) => actual.journal ?? actual.held);
  for (const balancer of balancers) {
    await keepConfig(balancer, name, from, { ofBefore: action === 'apply', replace: !isKept && from !== to });
  }
}

/** What a release calls itself: as it was written down, or as its source says now. */
async function describeRelease({ places: [first] }: Project, number: number, { version }: DeployRequest) {
  const known = first?.actual.releases.find((one) => one.number === number);
  if (known) return { version: known.version, commit: known.commit };
  const { services = {}, sources = [] } = first?.release ?? {};
  const source = await sourceVersion(sources);
  if (version !== undefined || source.version !== '' || source.commit !== '') {
    return { ...source, version: version ?? source.version };
  }
  const images = Object.entries(services).map(([name, { image }]) => [name, { name: image }]);
  return { ...source, version: imageVersion(Object.fromEntries(images), services) };
}

/** What of the services that are gone has to stay; undefined where there is anything to do. */
async function whatIsLeft(project: Project, number: number, request: DeployRequest) {
  if (!(await isDone(project, number, request))) return undefined;
  const gone = await findGone(project, number);
  const left = await leftRunning(gone);
  return gone.length === 0 || left ? { leftRunning: left } : undefined;
}

async function isDone(project: Project, number: number, { action }: DeployRequest): Promise<boolean> {
  const { name, places, balancers } = project;
  if (places.some(({ actual }) => actual.journal)) return false;
  if (await isOpen(await sitesOf(project, () => number))) return false;
  if (action !== 'rollback') return action === 'apply' || heldBack(project).length === 0;
  // What somebody goes back to is the configuration as well.
  const differ = await Promise.all(balancers.map((balancer) => hasOtherConfig(balancer, name, number)));
  return !differ.includes(true);
}

/** After one that was broken off: says so, and leaves no replica drained, whoever drained it. */
async function resume({ places }: Project, sites: readonly Site[], to: number, steps: Steps): Promise<void> {
  for (const { host, actual } of places) {
    const { journal } = actual;
    if (journal === undefined) continue;
    await steps.run(host, `unfinished ${journal.action} to release ${journal.to}`, async () => {
      const own = sites.filter((site) => site.host === host);
      await letIn(own.flatMap((site) => site.service.slots.flatMap(({ name }) => site.servers(name))));
      const way = to === journal.to ? 'going on' : to === journal.from ? 'going back' : `going on to release ${to}`;
      return { action: 'run', what: `begun by ${journal.by} at ${journal.at}`, to: way };
    });
  }
}
