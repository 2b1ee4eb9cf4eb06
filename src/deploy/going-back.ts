/** The way back to an earlier release: because somebody wants it, or because a new one failed. */
import { ProvisionError } from '../errors.ts';
import type { ComposeService } from '../resources/compose/desired.ts';
import { isLeftBehind, isServing } from '../resources/compose/serving.ts';
import type { Replica } from '../resources/compose/state.ts';
import type { Journal } from '../resources/releases/release.ts';
import type { Audit } from './auditing.ts';
import type { DeployHost } from './deploy-host.ts';
import { GOES_ON } from './interruption.ts';
import type { Project } from './project.ts';
import { giveUp, hasOtherConfig, type KeptRelease, restoreConfig, startOf } from './releases.ts';
import { blameRestart, blameShutdown } from './restarted.ts';
import { interrupted, roll } from './rolling.ts';
import { look, type Site, sitesOf } from './sites.ts';
import { stepsOfSites } from './step-count.ts';
import type { RollOptions, Steps } from './steps.ts';

/** To the release of these sites, and the configuration of then. */
export async function rollBack(
  project: Project,
  sites: readonly Site[],
  steps: Steps,
  resumed: boolean,
): Promise<void> {
  const number = sites[0]?.release.number ?? 0;
  const bringConfigs = async () => {
    const changed = await withOtherConfig(project, number);
    for (const balancer of changed) steps.expectOneMore(balancer);
    await restoreConfigs(changed, project.name, number, steps);
  };
  await rollWithConfig(sites, bringConfigs, steps, resumed);
}

/**
 * To the release of these sites, with another configuration of the load balancers: that visitors are always sent where somebody
 * answers, services that the release has and that do not run come first, then the configuration, then the rest. Where the release
 * has fewer replicas of a service, or has not the places of some, or asks for a health that those of now do not know, the present
 * configuration is needed until its replicas run. What the release does not have goes last.
 */
export async function rollWithConfig(
  sites: readonly Site[],
  bringConfigs: () => Promise<void>,
  steps: Steps,
  resumed: boolean,
): Promise<void> {
  const [kept, gone] = partition(sites, hasService);
  const seen = await Promise.all(kept.map(async (site) => ({ site, replicas: (await look(site)).replicas })));
  const isConfigLast = seen.some(({ site, replicas }) => needsPresentConfig(site, replicas));
  // The load balancers do not know them yet.
  const missing = seen
    .filter(({ replicas }) => replicas.length === 0)
    .map(({ site }) => ({ ...site, servers: () => [] }));
  await rollAll(missing, steps, { resumed });
  const [first] = sites;
  if (first && steps.stop.aborted) throw interrupted(first);
  if (!isConfigLast) await bringConfigs();
  await rollAll(kept, steps, { resumed });
  if (isConfigLast) await bringConfigs();
  await rollAll(gone, steps, { resumed });
}

/** Load balancers with the configuration of the release would pass over some that serve now, or send them nothing. */
function needsPresentConfig({ release, service }: Site, replicas: readonly Replica[]): boolean {
  if (replicasIn(release, service) < service.replicas) return true;
  return replicas.some(
    (one) => isLeftBehind(service, one) || (isServing(service, one) && !release.digests.has(one.name)),
  );
}

function replicasIn({ replicas }: KeptRelease, { service }: ComposeService): number {
  return replicas.get(service) ?? 0;
}

/** Whether its release has the service at all. */
function hasService({ release, service }: Site): boolean {
  return release.replicas.has(service.service);
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): readonly [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** Takes back what was done, and says so in the error. */
export async function goBack(
  project: Project,
  journal: Journal,
  failure: ProvisionError,
  steps: Steps,
  audit: Audit,
): Promise<ProvisionError> {
  const { from, action } = journal;
  const hosts = new Set([...project.places.map((place) => place.host), ...project.balancers]);
  const starts = [...hosts].map((host) => [host, host.connection.startOfHost] as const);
  const error = await blameShutdown(failure, [...hosts]);
  const isLost = error.code === 'connection-lost';
  const told = (message: string, way: string) => {
    // One that goes down may show it only on the way back.
    const blamed = starts.reduce((one, [host, start]) => blameRestart(one, host, start), error);
    const { code, host, task, detail, cause } = blamed;
    const hint = [adviceOf(blamed), way].filter(Boolean).join(' ');
    return new ProvisionError(code, `${blamed.message}; ${message}`, { host, task, detail, cause, hint });
  };
  const former = new Map(project.places.map((place) => [place, startOf(place, from)]));
  const isOne = new Set(former.values()).size === 1;
  const earlier = isOne ? `release ${from}` : 'what ran on each host before';
  // Not all hosts have it where they ran different ones.
  const rollback = isOne ? `rollback --to ${from}` : 'rollback';
  try {
    const sites = await sitesOf(project, (place) => former.get(place) ?? from);
    // Why a host cannot be looked at, the way back itself tells, when it has done what can be done without.
    await expectWayBack(project, sites, from, steps, isLost).catch(() => undefined);
    await takeBack(project, sites, from, steps);
    for (const [place, own] of former) await giveUp(place, { ...journal, from: own });
    await audit('failed');
    return told(`${earlier} runs again on all replicas`, '');
  } catch (second) {
    const why = second instanceof Error ? second.message : String(second);
    const isSame = isLost && second instanceof ProvisionError && second.code === error.code;
    await audit('failed');
    return told(
      isSame ? `so ${earlier} could not be brought back` : `going back to ${earlier} failed as well: ${why}`,
      `Run \`provision ${action}\` again to go on, or \`provision ${rollback}\` to go back.`,
    );
  }
}

/** What to do when all is as before. */
function adviceOf({ code, hint }: ProvisionError): string | undefined {
  if (code === 'connection-lost') return undefined;
  // What it says of the container on the host is of no use when that is gone.
  if (hint?.includes('docker logs')) return 'Mend the new version, and redeploy again.';
  return hint?.replace(GOES_ON, 'redeploy again');
}

/** Service by service, in the order of the inventory, which is that of their dependencies. */
export async function rollAll(
  sites: readonly Site[],
  steps: Steps,
  options: Pick<RollOptions, 'goingBack' | 'resumed'>,
): Promise<void> {
  for (const [, own] of Map.groupBy(sites, ({ service }) => service.service)) await roll(own, { steps, ...options });
}

/** Replica by replica, and then the configuration of then. @param number of the release that it belonged to */
export async function takeBack(project: Project, sites: readonly Site[], number: number, steps: Steps): Promise<void> {
  const [kept, gone] = partition(sites, hasService);
  await rollAll(kept, steps, { goingBack: true });
  await restoreConfigs(await withOtherConfig(project, number), project.name, number, steps);
  await rollAll(gone, steps, { goingBack: true });
}

/** Counts the steps of the way back: what was counted for the way there is of no use any more. With a host that is lost nobody can. */
export async function expectWayBack(
  project: Project,
  sites: readonly Site[],
  number: number,
  steps: Steps,
  isLost = false,
): Promise<void> {
  const hosts = new Set([...sites.map(({ host }) => host), ...project.balancers]);
  for (const host of hosts) steps.expect(host, undefined);
  if (isLost) return;
  const changed = await withOtherConfig(project, number);
  const ahead = await stepsOfSites(sites);
  for (const host of hosts) steps.expect(host, (ahead.get(host) ?? 0) + (changed.includes(host) ? 1 : 0));
}

async function withOtherConfig({ name, balancers }: Project, number: number): Promise<readonly DeployHost[]> {
  const differ = await Promise.all(balancers.map((balancer) => hasOtherConfig(balancer, name, number)));
  return balancers.filter((_, i) => differ[i]);
}

async function restoreConfigs(
  balancers: readonly DeployHost[],
  project: string,
  number: number,
  steps: Steps,
): Promise<void> {
  for (const balancer of balancers) {
    await steps.run(balancer, `haproxy: the configuration of release ${number}`, () =>
      restoreConfig(balancer, project, number),
    );
  }
}
