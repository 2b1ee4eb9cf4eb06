/** New replicas are watched from the moment they are healthy: one that dies ends the redeploy. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisionError } from '../errors.ts';
import { describeContainer, replicaContainer } from '../resources/compose/container.ts';
import { replicaUrl } from '../resources/compose/desired.ts';
import { isServing } from '../resources/compose/serving.ts';
import type { Replica } from '../resources/compose/state.ts';
import { lastLogLines } from '../resources/docker/container-logs.ts';
import { describeAnswer } from '../resources/http-check.ts';
import { drain } from './balancer.ts';
import { targetOf } from './deploy-host.ts';
import { seconds } from './handover.ts';
import { blameRestart } from './restarted.ts';
import { look, placesOf, type Site } from './sites.ts';
import type { RollOptions, Steps } from './steps.ts';

/** New replicas that have become healthy, and when: by host and container. */
export type Watched = Map<Site, WatchedSite>;

type WatchedSite = Map<string, WatchedReplica>;

interface WatchedReplica {
  readonly startedAt: string;
  readonly healthyAt: number;
  readonly startOfHost: string | undefined;
  /** Whether it has its restart policy. */
  readonly isLasting?: boolean;
}

/** How often a watched replica is asked before it counts as dead, and how long between. */
const ATTEMPTS = 4;
const ATTEMPT_DELAY_MS = 500;

/** Watches a replica that is healthy now. @param startedAt of its container, as Docker tells it */
export function watch(site: Site, name: string, startedAt: string, watched: Watched): void {
  const { startOfHost } = site.host.connection;
  watched.get(site)?.set(name, { startedAt, healthyAt: performance.now(), startOfHost });
}

/** Those that have been healthy for long enough, and have no restart policy yet. */
export function provenOf(site: Site, watched: Watched): readonly string[] {
  const since = performance.now() - site.service.limits.steadyMs;
  return [...(watched.get(site) ?? [])].flatMap(([name, { healthyAt, isLasting = false }]) =>
    !isLasting && healthyAt <= since ? [name] : [],
  );
}

/** Writes down that they have their restart policy. */
export function markLasting(site: Site, names: readonly string[], watched: Watched): void {
  const own = watched.get(site);
  for (const name of names) {
    const replica = own?.get(name);
    if (replica) own?.set(name, { ...replica, isLasting: true });
  }
}

/** Without this one, one at least must serve that is known to be steady: an older one, or one that has been healthy for a while. */
export async function waitUntilProven(
  site: Site,
  name: string,
  watched: Watched,
  { steps, goingBack }: RollOptions,
): Promise<void> {
  const own = watched.get(site);
  const others = (await look(site)).replicas.filter(
    (replica) => replica.name !== name && isServing(site.service, replica),
  );
  if (goingBack || others.some((other) => !own?.has(other.name))) return;
  const healthyAt = (other: Replica) => own?.get(other.name)?.healthyAt ?? performance.now();
  const [oldest] = others.toSorted((a, b) => healthyAt(a) - healthyAt(b));
  if (oldest !== undefined) await watchUntilSteady(site, oldest.name, healthyAt(oldest), watched, steps);
}

/** All that are watched on a site have been healthy for long enough. */
export async function waitUntilAllProven(site: Site, watched: Watched, steps: Steps): Promise<void> {
  const all = [...(watched.get(site) ?? [])].toSorted(([, a], [, b]) => b.healthyAt - a.healthyAt);
  const [latest] = all;
  if (latest) await watchUntilSteady(site, latest[0], latest[1].healthyAt, watched, steps);
}

async function watchUntilSteady(site: Site, name: string, healthyAt: number, watched: Watched, steps: Steps) {
  const { steadyMs } = site.service.limits;
  const leftMs = () => healthyAt + steadyMs - performance.now();
  if (leftMs() <= 0) return;
  // It shows only now that there is something to wait for.
  steps.expectOneMore(site.host);
  await steps.run(site.host, `${name}: stay healthy for ${seconds(steadyMs)}`, async (target) => {
    for (let left = leftMs(); left > 0; left = leftMs()) {
      target.progress(`watching it, ${seconds(left)} to go`);
      await sleep(Math.min(1000, left));
      await checkWatched(watched);
    }
  });
}

/**
 * Looks at all that are watched.
 * @param but one that is being taken out itself
 * @throws ProvisionError `not-healthy` where a new replica has died, or does not answer any more
 */
export async function checkWatched(watched: Watched, but?: { site: Site; name: string }): Promise<void> {
  await Promise.all(
    [...watched.keys()].map((site) => checkSite(site, namesBut(site, watched, but), watched.get(site) ?? new Map())),
  );
}

/** The watched replicas of a site, without the one that is taken out itself. */
function namesBut(site: Site, watched: Watched, but?: { site: Site; name: string }): readonly string[] {
  return [...(watched.get(site)?.keys() ?? [])].filter((name) => site !== but?.site || name !== but.name);
}

/** One exchange for all of a site. One that only does not answer is asked again: a busy host is no dead application. */
async function checkSite(site: Site, names: readonly string[], known: WatchedSite): Promise<void> {
  for (let attempt = 1, open = names; open.length > 0; attempt += 1) {
    const { replicas } = await look(site);
    const found = (name: string) => replicas.find((one) => one.name === name);
    const isUp = (name: string) => {
      const { status, startedAt } = found(name)?.container ?? {};
      return status === 'running' && startedAt === known.get(name)?.startedAt;
    };
    const silent = open.filter((name) => {
      const replica = found(name);
      return replica === undefined || !isUp(name) || !isServing(site.service, replica);
    });
    const dead = silent.find((name) => attempt === ATTEMPTS || !isUp(name));
    if (dead !== undefined) {
      await drain(site.servers(dead));
      throw await died(site, dead, found(dead), known.get(dead));
    }
    open = silent;
    if (open.length > 0) await sleep(ATTEMPT_DELAY_MS);
  }
}

/** Where all that are watched can be asked from the host of one that is taken out; undefined where one of them cannot. */
export function urlsOfWatched(watched: Watched, but: { site: Site; name: string }): readonly string[] | undefined {
  const { service } = but.site;
  const { health } = service;
  const isAlone = [...watched].every(([site, replicas]) => site === but.site || replicas.size === 0);
  if (health === undefined || !isAlone) return undefined;
  const names = namesBut(but.site, watched, but);
  const slots = placesOf(but.site).filter(({ name }) => names.includes(name));
  const urls = slots.map((slot) => replicaUrl(service, slot, health.path)).filter((url) => url !== undefined);
  return urls.length === names.length ? urls : undefined;
}

/** Told where it is that has died, not where it was noticed. */
async function died(site: Site, name: string, replica: Replica | undefined, known: WatchedReplica | undefined) {
  const { host, service } = site;
  const container = replicaContainer(service.project, name);
  const quiet = { emit: () => undefined, abort: new AbortController().signal };
  const after = known ? `, ${seconds(performance.now() - known.healthyAt)} after it was found healthy` : '';
  const error = new ProvisionError('not-healthy', `${name} did not stay healthy: ${stateOf(replica, known)}${after}`, {
    host: host.name,
    task: name,
    detail: await lastLogLines(container, targetOf(host, name, quiet)),
    hint: `The end of its log tells why; \`docker logs ${container}\` on the host shows all of it.`,
  });
  return blameRestart(error, host, known?.startOfHost);
}

function stateOf(replica: Replica | undefined, known: WatchedReplica | undefined): string {
  const { container, answer } = replica ?? {};
  if (container === undefined) return 'gone';
  if (container.status !== 'running') return describeContainer(container);
  if (container.startedAt !== known?.startedAt) return 'it ended, and was started again';
  return answer ? describeAnswer(answer) : describeContainer(container);
}
