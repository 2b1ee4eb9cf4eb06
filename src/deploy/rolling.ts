/**
 * The rolling redeploy of one service, over one host or many.
 *
 * It has no plan that a crash could lose: it looks at what runs, takes the next step towards the release that is wanted, and
 * looks again. A service that answers requests has one place more than replicas, so:
 *
 *   1. while a replica of the wanted release is missing and a place is free: start one there, and let the load balancers send
 *      it requests once it is healthy by our check and by theirs;
 *   2. otherwise, while there is a replica of another release: take one out. The load balancers send it no more requests, the
 *      application is asked to get ready and says when it is, what is in flight ends; then it is stopped, and its place is free.
 *
 * So as many replicas as wanted answer at every moment, also of a service that has one alone. New ones are watched from the
 * moment they are healthy: one that dies ends the redeploy, and older ones are still there. Going back is the same with the
 * release of before as the wanted one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisionError } from '../errors.ts';
import { describeContainer } from '../resources/compose-container.ts';
import { type ComposeService, replicaUrl, type Slot } from '../resources/compose-desired.ts';
import { composeService } from '../resources/compose-service.ts';
import { removeReplica, startReplica, waitForReplica } from '../resources/compose-start.ts';
import { type ActualService, isOurs, isServing, type Replica } from '../resources/compose-state.ts';
import { lastLogLines } from '../resources/container-logs.ts';
import { isUnknown, type Target } from '../resources/contract.ts';
import { askHttp, describeAnswer, isHealthy, readAnswers, wantedAnswer } from '../resources/http-check.ts';
import { waitFor } from '../resources/wait.ts';
import { lookAtServers, type Server, setState, shutSessions } from './balancer.ts';
import { type DeployHost, targetOf } from './deploy-host.ts';
import type { KeptRelease } from './releases.ts';
import type { Steps } from './steps.ts';

/** A service on one host, and the load balancers in front of it. */
export interface Site {
  readonly host: DeployHost;
  readonly service: ComposeService;
  /** The release that shall run. */
  readonly release: KeptRelease;
  /** What stands for a replica in the load balancers: one server in each; none where it has no port. */
  servers(replica: string): readonly Server[];
}

export interface RollOptions {
  readonly steps: Steps;
  /** On the way back from a failure: what does not get ready to be stopped is stopped all the same, and no interrupt ends it. */
  readonly goingBack?: boolean;
}

/** How often a new container may die and be started again: what it needs runs already. */
const MOST_RESTARTS = 2;
const POLL_MS = 250;

/** New replicas that have become healthy, and when: by host and container. */
type Watched = Map<Site, Map<string, { readonly startedAt: string; readonly healthyAt: number }>>;

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
}

/** Whether a site does not run its release yet, as it should. */
export async function isOpen(sites: readonly Site[]): Promise<boolean> {
  const states = await Promise.all(
    sites.map(async (site) => {
      const { replicas } = await look(site);
      const wanted = site.release.replicas.get(site.service.service) ?? 0;
      return replicas.length === wanted && replicas.every((replica) => isFresh(site, replica));
    }),
  );
  return states.includes(false);
}

/** @returns whether there may be more to do */
async function advanceRolling(site: Site, watched: Watched, options: RollOptions): Promise<boolean> {
  const actual = await look(site);
  const wanted = site.release.replicas.get(site.service.service) ?? 0;
  const fresh = actual.replicas.filter((replica) => isFresh(site, replica));
  const old = actual.replicas.filter((replica) => !isFresh(site, replica));
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
  await takeOut(site, out, watched, options);
  return true;
}

/** A service that nobody sends requests to, or that cannot have two of itself: stopped and started where it is. */
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

/** Starts a replica in a free place, and lets it have requests when everybody finds it healthy. */
async function bringIn(site: Site, slot: Slot, watched: Watched, { steps }: RollOptions): Promise<void> {
  const { host, service, release } = site;
  const servers = site.servers(slot.name);
  await steps.run(host, `${slot.name}: start release ${release.number}`, async (target) => {
    await setState(servers, 'drain');
    await startReplica(service, slot, { release: String(release.number) }, target);
  });
  await steps.run(host, `${slot.name}: become healthy`, async (target) => {
    try {
      await waitForReplica(service, slot, target, { mostRestarts: MOST_RESTARTS });
    } catch (error) {
      await checkWatched(watched);
      throw error;
    }
  });
  await steps.run(host, `${slot.name}: take requests`, async (target) => {
    await waitForBalancers(site, slot.name, target);
    await setState(servers, 'ready');
  });
  const container = (await look(site)).replicas.find(({ name }) => name === slot.name)?.container;
  if (container) watched.get(site)?.set(slot.name, { startedAt: container.startedAt, healthyAt: performance.now() });
}

/** Takes a replica out of the balance, waits until nobody needs it, and stops it. */
async function takeOut(site: Site, replica: Replica, watched: Watched, options: RollOptions): Promise<void> {
  const { host, service } = site;
  const { steps, goingBack = false } = options;
  const { name } = replica;
  const servers = site.servers(name);
  const serves = isServing(service, replica);
  if (serves) await waitUntilProven(site, name, watched, options);
  await checkWatched(watched, name);
  await steps.run(host, `${name}: drain`, () => setState(servers, 'drain'));
  if (serves && service.drain) {
    await steps.run(host, `${name}: get ready to stop`, async (target) => {
      try {
        await shakeHands(site, name, target, () => checkWatched(watched, name));
      } catch (error) {
        // What is taken out has no traffic any more: it goes on serving where the redeploy ends here.
        await setState(servers, 'ready');
        if (!goingBack || !(error instanceof ProvisionError) || error.code !== 'handshake-failed') throw error;
        await setState(servers, 'drain');
      }
    });
  }
  await steps.run(host, `${name}: end what is in flight`, (target) => waitForRequests(site, servers, target));
  await checkWatched(watched, name).catch(async (error: unknown) => {
    await setState(servers, 'ready');
    throw error;
  });
  await steps.run(host, `${name}: stop`, async (target) => {
    await removeReplica(service, name, target);
    // The next one in this place finds nothing left of it.
    await setState(servers, 'ready');
  });
  watched.get(site)?.delete(name);
}

/** Calls the application at the replica's own port: its state may live in one process, and no balancer lets this pass. */
async function shakeHands(site: Site, name: string, target: Target, watch: () => Promise<void>): Promise<void> {
  const { drain } = site.service;
  const slot = site.service.slots.find((one) => one.name === name);
  const [prepare, ready] = [drain?.prepare, drain?.path].map(
    (path) => path && slot && replicaUrl(site.service, slot, path),
  );
  if (drain === undefined || prepare === undefined || ready === undefined) return;
  const { stdout } = await target.run(askHttp([prepare]));
  const [prepared] = readAnswers(stdout, 1);
  if (prepared === undefined || prepared.status >= 400) {
    throw new ProvisionError('handshake-failed', `${name} cannot be asked to get ready: ${describeAnswer(prepared)}`, {
      hint: `${prepare} should answer with a status below 400: see \`drain\` of the service.`,
    });
  }
  let lastWatchMs = performance.now();
  const { done, state } = await waitFor(
    `${drain.path} of ${name}`,
    target,
    async () => {
      if (performance.now() - lastWatchMs >= 1000) {
        await watch();
        lastWatchMs = performance.now();
      }
      const [answer] = readAnswers((await target.run(askHttp([ready]))).stdout, 1);
      return { done: isHealthy(drain, answer), state: describeAnswer(answer) };
    },
    { limitMs: drain.timeoutMs, intervalMs: POLL_MS },
  );
  if (done) return;
  throw new ProvisionError(
    'handshake-failed',
    `${name} did not get ready to be stopped within ${seconds(drain.timeoutMs)}: ${state}`,
    {
      hint: `${ready} should answer ${wantedAnswer(drain)}. If it only needs longer, raise \`drain.timeout\` of the service.`,
    },
  );
}

async function waitForBalancers(site: Site, name: string, target: Target): Promise<void> {
  const { limits } = site.service;
  const servers = site.servers(name);
  if (servers.length === 0) return;
  const { done, state } = await waitFor(
    `the load balancers to find ${name} healthy`,
    target,
    async () => {
      const states = await lookAtServers(servers);
      const open = states.filter(({ isHealthy, state }) => !isHealthy && state !== 'not running');
      const state = open.map(({ server, state }) => `${server.balancer.name}: ${state}`).join(', ');
      return { done: open.length === 0, state, hopeless: open.some(({ state }) => state === 'unknown') };
    },
    { limitMs: limits.balancerMs, intervalMs: POLL_MS },
  );
  if (done) return;
  throw new ProvisionError('balancer-failed', `the load balancers do not find ${name} healthy: ${state}`, {
    hint: state.includes('unknown')
      ? 'haproxy runs without that server: let `provision apply` bring its configuration up to date first.'
      : 'Their health check must succeed as ours did: see `health` of the service, and the network between the hosts.',
  });
}

/** @returns what had to be cut off at the limit, if anything */
async function waitForRequests(site: Site, servers: readonly Server[], target: Target) {
  const { inFlightMs } = site.service.limits;
  const inFlight = async () => (await lookAtServers(servers)).reduce((sum, state) => sum + state.inFlight, 0);
  let left = 0;
  const { done } = await waitFor(
    'requests in flight to end',
    target,
    async () => {
      left = await inFlight();
      return { done: left === 0, state: `${left} left` };
    },
    { limitMs: inFlightMs, intervalMs: POLL_MS },
  );
  if (done) return undefined;
  await shutSessions(servers);
  const to = `${left} ${left === 1 ? 'connection' : 'connections'} that ${left === 1 ? 'was' : 'were'} still open after ${seconds(inFlightMs)}`;
  return { action: 'delete', what: 'closed', to } as const;
}

/** Without this one, one at least must serve that is known to be steady: an older one, or one that has been healthy for a while. */
async function waitUntilProven(
  site: Site,
  name: string,
  watched: Watched,
  { steps, goingBack }: RollOptions,
): Promise<void> {
  const { host, service } = site;
  const { steadyMs } = service.limits;
  const own = watched.get(site);
  const others = (await look(site)).replicas.filter((replica) => replica.name !== name && isServing(service, replica));
  if (goingBack || others.some((other) => !own?.has(other.name))) return;
  const first = Math.min(...others.map((other) => own?.get(other.name)?.healthyAt ?? performance.now()));
  const waitMs = first + steadyMs - performance.now();
  if (waitMs <= 0 || others.length === 0) return;
  await steps.run(host, `${others[0]?.name}: stay healthy for ${seconds(steadyMs)}`, async (target) => {
    for (let left = waitMs; left > 0; left = first + steadyMs - performance.now()) {
      target.progress(`watching it, ${seconds(left)} to go`);
      await sleep(Math.min(1000, left));
      await checkWatched(watched);
    }
  });
}

/** @throws ProvisionError `not-healthy` where a new replica has died, or does not answer any more */
async function checkWatched(watched: Watched, but?: string): Promise<void> {
  await Promise.all(
    [...watched].map(async ([site, replicas]) => {
      if ([...replicas.keys()].every((name) => name === but)) return;
      const { replicas: seen } = await look(site);
      for (const [name, { startedAt }] of replicas) {
        const replica = seen.find((one) => one.name === name);
        if (name === but || (replica && replica.container?.startedAt === startedAt && isServing(site.service, replica)))
          continue;
        await setState(site.servers(name), 'drain');
        throw await died(site, name, replica);
      }
    }),
  );
}

async function died(site: Site, name: string, replica: Replica | undefined): Promise<ProvisionError> {
  const { host, service } = site;
  const container = `${service.project}-${name}`;
  const quiet = { emit: () => undefined, abort: new AbortController().signal };
  const isUp = replica?.container?.status === 'running';
  const state =
    isUp && replica.answer
      ? describeAnswer(replica.answer)
      : replica?.container
        ? describeContainer(replica.container)
        : 'gone';
  return new ProvisionError('not-healthy', `${name} did not stay healthy: ${isUp ? `restarted, ${state}` : state}`, {
    host: host.name,
    detail: await lastLogLines(container, targetOf(host, name, quiet)),
    hint: 'The end of its log tells why.',
  });
}

/** One exchange: what runs in the places of a service. */
async function look({ host, service }: Site): Promise<ActualService> {
  const { stdout, stderr } = await host.connection.run(composeService.probe([service]));
  const [actual] = composeService.parse(stdout, [service]);
  if (actual !== undefined && !isUnknown(actual)) return actual;
  throw new ProvisionError('probe-failed', actual?.unknown ?? 'the look at the containers told nothing', {
    host: host.name,
    detail: stderr.trim(),
  });
}

/** Whether a replica runs what the release has for its place. */
function isFresh({ release, service }: Site, replica: Replica): boolean {
  const { name, container, made } = replica;
  return (
    isOurs(replica) &&
    made?.digest === release.digests.get(name) &&
    container?.imageId === release.images.get(service.service)
  );
}

/** Those that do not serve go first. */
function rank({ service }: Site, replica: Replica): number {
  return isServing(service, replica) ? 1 : 0;
}

function freePlace(site: Site, { replicas }: ActualService): Slot | undefined {
  return placesOf(site).find(({ name }) => !replicas.some((replica) => replica.name === name));
}

/** The places that the release has for the service: what is started there is the file that it keeps. */
function placesOf({ service, release }: Site): readonly Slot[] {
  return service.slots
    .filter(({ name }) => release.digests.has(name))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function interrupted({ host, release }: Site): ProvisionError {
  return new ProvisionError('interrupted', `interrupted on the way to release ${release.number}`, {
    host: host.name,
    hint: 'All replicas are whole. Run it again to go on, or `provision rollback` to go back.',
  });
}

function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 100) / 10} s`;
}
