/**
 * The rolling redeploy of one service, over one host or many.
 *
 * It has no plan that a crash could lose: it looks at what runs, takes the next step towards the release that is wanted, and
 * looks again. A service that answers requests has one place more than replicas, so:
 *
 *   1. while a replica of the wanted release is missing and a place is free: start one there, and let the load balancers send
 *      it requests once it is healthy by our check and by theirs;
 *   2. otherwise, while there is a replica of another release: take one out. The load balancers send it no more requests, and are
 *      told so again should somebody reload them; the application is asked to get ready and says when it is, what is in flight
 *      ends; then it is stopped, and its place is free.
 *
 * So as many replicas as wanted answer at every moment, also of a service that has one alone. One that cannot have two of itself
 * on a host has no place more: there 2. comes first, and 1. at once in the same place, before another host has its turn.
 *
 * New ones are watched from the moment they are healthy: one that dies ends the redeploy, and older ones are still there. Going
 * back is the same with the release of before as the wanted one.
 */
import { ProvisionError } from '../errors.ts';
import { replicaContainer } from '../resources/compose/container.ts';
import type { Slot } from '../resources/compose/desired.ts';
import { drainOf, isServing } from '../resources/compose/serving.ts';
import { checkResult, removeReplica, startReplica, waitForReplica } from '../resources/compose/start.ts';
import type { Replica } from '../resources/compose/state.ts';
import { sh } from '../shell/sh.ts';
import { drain, giveBack, letIn, putInService } from './balancer.ts';
import { shakeHands, waitForBalancers, waitForRequests } from './handover.ts';
import { freePlace, isFresh, look, placesOf, type Site } from './sites.ts';
import type { RollOptions } from './steps.ts';
import {
  checkWatched,
  markLasting,
  provenOf,
  urlsOfWatched,
  type Watched,
  waitUntilAllProven,
  waitUntilProven,
  watch,
} from './watch.ts';

/** How often a new container may die and be started again: what it needs runs already. */
const MOST_RESTARTS = 2;

/**
 * Brings all sites of a service to their release, replica by replica, one site after another.
 * @throws ProvisionError `not-healthy`, `handshake-failed`, `balancer-failed`, `interrupted`, and what the connection throws
 */
export async function roll(sites: readonly Site[], options: RollOptions): Promise<void> {
  const watched: Watched = new Map(sites.map((site) => [site, new Map()]));
  let open = sites;
  while (open.length > 0) {
    const unfinished: Site[] = [];
    for (const site of open) {
      if (options.steps.stop.aborted && !options.goingBack) throw interrupted(site);
      const advance = site.service.rolling ? advanceRolling : advanceInPlace;
      if (await advance(site, watched, options)) unfinished.push(site);
    }
    open = unfinished;
  }
  await checkWatched(watched);
  for (const [site, replicas] of watched) await setRestart(site, [...replicas.keys()], site.service.restart);
}

/**
 * A new one that dies stays dead: started again it would answer visitors before it is ready, and the load balancers need a
 * moment to see that. One that is gone they pass over at once. Those that have been healthy for long enough are given their
 * restart policy: after a reboot in the middle of it all they are there, also where no older one is any more.
 */
async function keepProven(site: Site, watched: Watched): Promise<void> {
  const names = provenOf(site, watched);
  await setRestart(site, names, site.service.restart);
  markLasting(site, names, watched);
}

async function setRestart({ host, service }: Site, names: readonly string[], policy: string): Promise<void> {
  if (names.length === 0) return;
  const containers = names.map((name) => replicaContainer(service.project, name));
  checkResult(
    await host.connection.run(sh`docker update --restart ${policy} ${containers} >/dev/null`),
    'the restart policy of the new replicas could not be set',
  );
}

/** @returns whether there may be more to do */
async function advanceRolling(site: Site, watched: Watched, options: RollOptions): Promise<boolean> {
  const actual = await look(site);
  const wanted = site.release.replicas.get(site.service.service) ?? 0;
  const fresh = actual.replicas.filter((replica) => isFresh(site, replica));
  const old = actual.replicas.filter((replica) => !isFresh(site, replica));
  for (const replica of fresh.filter(({ name }) => !watched.get(site)?.has(name))) {
    const place = placesOf(site).find(({ name }) => name === replica.name);
    if (place && !isServing(site.service, replica)) {
      await bringIn(site, place, watched, options, replica);
      return true;
    }
    if (options.resumed && replica.container) watch(site, replica.name, replica.container.startedAt, watched);
  }
  const free = freePlace(site, actual);
  if (fresh.length < wanted && free) {
    await bringIn(site, free, watched, options);
    if (actual.replicas.length < wanted) return true;
  }
  const [out] = [
    ...old.toSorted((a, b) => rank(site, a) - rank(site, b)),
    ...fresh.toReversed().slice(0, Math.max(0, fresh.length - wanted)),
  ];
  if (out === undefined) return fresh.length < wanted;
  const places = placesOf(site);
  const place = places.find(({ name }) => name === out.name);
  if (place && fresh.length < wanted && places.length <= wanted)
    await replaceInTurn(site, place, out, watched, options);
  else await takeOut(site, out, watched, options);
  return true;
}

/** Where no second one can run beside it: others answer meanwhile on other hosts, as far as there are any. */
async function replaceInTurn(
  site: Site,
  place: Slot,
  old: Replica,
  watched: Watched,
  options: RollOptions,
): Promise<void> {
  if (!options.goingBack) for (const other of watched.keys()) await waitUntilAllProven(other, watched, options.steps);
  await letGo(site, old, watched, options);
  await bringIn(site, place, watched, options, old);
}

/** A service that nobody sends requests to: stopped and started where it is. */
async function advanceInPlace(site: Site, _: Watched, { steps }: RollOptions): Promise<boolean> {
  const { service, host, release } = site;
  const actual = await look(site);
  const wanted = placesOf(site).slice(0, release.replicas.get(service.service) ?? 0);
  for (const slot of wanted) {
    const present = actual.replicas.find(({ name }) => name === slot.name);
    if (present && isFresh(site, present) && isServing(service, present)) continue;
    await steps.run(host, `${slot.name}: replace`, async (target) => {
      await startReplica(service, slot, { release: String(release.number) }, target, present);
      await waitForReplica(service, slot, target, { mostRestarts: MOST_RESTARTS });
    });
  }
  for (const { name } of actual.replicas.filter((replica) => !wanted.some(({ name }) => name === replica.name))) {
    await steps.run(host, `${name}: stop`, (target) => removeReplica(service, name, target));
  }
  return false;
}

/** Starts a replica in its place, where it does not run already, and lets it have requests when everybody finds it healthy. */
async function bringIn(
  site: Site,
  slot: Slot,
  watched: Watched,
  { steps }: RollOptions,
  present?: Replica,
): Promise<void> {
  const { host, service, release } = site;
  const servers = site.servers(slot.name);
  await drain(servers);
  const isFound = present?.container?.status === 'running' && isFresh(site, present);
  if (!isFound) {
    await steps.run(host, `${slot.name}: start release ${release.number}`, (target) =>
      startReplica(service, slot, { release: String(release.number) }, target, present),
    );
  }
  let startedAt: string | undefined;
  await steps.run(host, `${slot.name}: become healthy`, async (target) => {
    try {
      startedAt = await waitForReplica(service, slot, target, { mostRestarts: MOST_RESTARTS });
    } catch (error) {
      await checkWatched(watched);
      // What was found running may have been on its way down: stopped by a run that lost its connection.
      const hasEnded = isFound && !(await isRunning(site, slot.name));
      if (!hasEnded) throw error;
    }
  });
  // The next look finds the place as it is now.
  if (startedAt === undefined) return;
  await steps.run(host, `${slot.name}: take requests`, async (target) => {
    // While the load balancers look for themselves.
    await setRestart(site, [slot.name], 'no');
    await waitForBalancers(site, slot.name, target);
    await putInService(servers);
  });
  watch(site, slot.name, startedAt, watched);
}

async function isRunning(site: Site, name: string): Promise<boolean> {
  const replica = (await look(site)).replicas.find((one) => one.name === name);
  return replica?.container?.status === 'running';
}

/** Takes a replica out of the balance, waits until nobody needs it, and stops it. */
async function takeOut(site: Site, replica: Replica, watched: Watched, options: RollOptions): Promise<void> {
  const { name } = replica;
  await letGo(site, replica, watched, options);
  await options.steps.run(site.host, `${name}: stop`, async (target) => {
    await removeReplica(site.service, name, target);
    // The next one in this place finds nothing left of it.
    await giveBack(site.servers(name));
  });
  watched.get(site)?.delete(name);
}

/** Takes a replica out of the balance, and waits until nobody needs it. */
async function letGo(site: Site, replica: Replica, watched: Watched, options: RollOptions): Promise<void> {
  const { host, service } = site;
  const { steps, goingBack = false } = options;
  const { name } = replica;
  const servers = site.servers(name);
  const serves = isServing(service, replica);
  if (serves) await waitUntilProven(site, name, watched, options);
  await keepProven(site, watched);
  await checkWatched(watched, { site, name });
  await steps.run(host, `${name}: drain`, () => drain(servers));
  if (serves && drainOf(service, replica)) {
    await steps.run(host, `${name}: get ready to stop`, async (target) => {
      try {
        return await shakeHands(site, replica, target, {
          urls: urlsOfWatched(watched, { site, name }),
          wanted: service.health,
          async lookCloser() {
            await checkWatched(watched, { site, name });
            return isRunning(site, name);
          },
        });
      } catch (error) {
        // What is taken out has no traffic any more: it goes on serving where the redeploy ends here.
        await letIn(servers);
        if (!goingBack || !(error instanceof ProvisionError) || error.code !== 'handshake-failed') throw error;
        await drain(servers);
      }
    });
  }
  await steps.run(host, `${name}: end what is in flight`, (target) => waitForRequests(site, servers, target));
  await checkWatched(watched, { site, name }).catch(async (error: unknown) => {
    await letIn(servers);
    throw error;
  });
}

/** Those that do not serve go first. */
function rank({ service }: Site, replica: Replica): number {
  return isServing(service, replica) ? 1 : 0;
}

export function interrupted({ host, release }: Site): ProvisionError {
  return new ProvisionError('interrupted', `interrupted on the way to release ${release.number}`, {
    host: host.name,
    hint: 'All replicas are whole. Run it again to go on. `provision releases` tells what it came from: `provision rollback --to NUMBER` goes back there.',
  });
}
