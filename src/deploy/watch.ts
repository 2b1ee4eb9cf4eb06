/** New replicas are watched from the moment they are healthy: one that dies ends the redeploy. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisionError } from '../errors.ts';
import { describeContainer, replicaContainer } from '../resources/compose-container.ts';
import { isServing, type Replica } from '../resources/compose-state.ts';
import { lastLogLines } from '../resources/container-logs.ts';
import { describeAnswer } from '../resources/http-check.ts';
import { setState } from './balancer.ts';
import { targetOf } from './deploy-host.ts';
import { seconds } from './handover.ts';
import { look, type Site } from './sites.ts';
import type { RollOptions } from './steps.ts';

/** New replicas that have become healthy, and when: by host and container. */
export type Watched = Map<Site, Map<string, { readonly startedAt: string; readonly healthyAt: number }>>;

/** How often a watched replica is asked before it counts as dead, and how long between. */
const ATTEMPTS = 4;
const ATTEMPT_DELAY_MS = 500;

/** Watches a replica that is healthy now. */
export function watch(site: Site, { name, container }: Replica, watched: Watched): void {
  if (container) watched.get(site)?.set(name, { startedAt: container.startedAt, healthyAt: performance.now() });
}

/** Without this one, one at least must serve that is known to be steady: an older one, or one that has been healthy for a while. */
export async function waitUntilProven(
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
  const healthyAt = (other: Replica) => own?.get(other.name)?.healthyAt ?? performance.now();
  const [oldest] = others.toSorted((a, b) => healthyAt(a) - healthyAt(b));
  if (oldest === undefined) return;
  const first = healthyAt(oldest);
  const waitMs = first + steadyMs - performance.now();
  if (waitMs <= 0) return;
  await steps.run(host, `${oldest.name}: stay healthy for ${seconds(steadyMs)}`, async (target) => {
    for (let left = waitMs; left > 0; left = first + steadyMs - performance.now()) {
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
  const names = [...watched].flatMap(([site, replicas]) => [...replicas.keys()].map((name) => ({ site, name })));
  const others = names.filter(({ site, name }) => site !== but?.site || name !== but.name);
  await Promise.all(others.map(({ site, name }) => checkReplica(site, name, watched)));
}

/** One that only does not answer is asked again: a busy host is no dead application. */
async function checkReplica(site: Site, name: string, watched: Watched): Promise<void> {
  let replica: Replica | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    replica = (await look(site)).replicas.find((one) => one.name === name);
    const { status, startedAt } = replica?.container ?? {};
    if (status !== 'running' || startedAt !== watched.get(site)?.get(name)?.startedAt) break;
    if (replica && isServing(site.service, replica)) return;
    await sleep(ATTEMPT_DELAY_MS);
  }
  await setState(site.servers(name), 'drain');
  throw await died(site, name, replica);
}

async function died(site: Site, name: string, replica: Replica | undefined): Promise<ProvisionError> {
  const { host, service } = site;
  const container = replicaContainer(service.project, name);
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
