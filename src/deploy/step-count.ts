/** For the counter of steps: how many a host has before it. What only shows on the way, as a wait for a replica to prove itself, is not known. */
import { drainOf, isServing } from '../resources/compose/serving.ts';
import type { Replica } from '../resources/compose/state.ts';
import type { DeployHost } from './deploy-host.ts';
import { isFresh, look, placesOf, type Site } from './sites.ts';

/** Start, become healthy, take requests. */
const BRING_IN = 3;
/** Of one that runs already. */
const LET_IN = 2;
/** Drain, end what is in flight, stop. */
const TAKE_OUT = 3;

/** By host: the steps that bring these sites to their release, as `roll` takes them. */
export async function stepsOfSites(sites: readonly Site[]): Promise<ReadonlyMap<DeployHost, number>> {
  const counts = new Map<DeployHost, number>();
  await Promise.all(
    sites.map(async (site) => {
      const count = await stepsOf(site);
      counts.set(site.host, (counts.get(site.host) ?? 0) + count);
    }),
  );
  return counts;
}

async function stepsOf(site: Site): Promise<number> {
  const { service, release } = site;
  const { replicas } = await look(site);
  const wanted = release.replicas.get(service.service) ?? 0;
  const fresh = replicas.filter((replica) => isFresh(site, replica));
  if (!service.rolling) {
    const own = placesOf(site).slice(0, wanted);
    const isKept = (one: Replica) => isServing(service, one) && own.some(({ name }) => name === one.name);
    const kept = fresh.filter(isKept).length;
    const extra = replicas.filter(({ name }) => !own.some((place) => place.name === name)).length;
    return own.length - kept + extra;
  }
  const old = replicas.filter((replica) => !fresh.includes(replica));
  const out = [...old, ...fresh.slice(wanted)];
  const asked = out.filter((replica) => isServing(service, replica) && drainOf(service, replica)).length;
  const more = Math.max(0, wanted - fresh.length);
  const places = placesOf(site);
  // What does not serve yet is waited for, and where it does not run it is started.
  const waiting = fresh.filter((one) => !isServing(service, one) && places.some(({ name }) => name === one.name));
  const raised = waiting.reduce((sum, { container }) => sum + (container?.status === 'running' ? LET_IN : BRING_IN), 0);
  // Where no second one can run beside it, the new one stops the old one.
  const replaced = places.length <= wanted ? Math.min(more, old.length) : 0;
  return more * BRING_IN + raised + out.length * TAKE_OUT - replaced + asked;
}
