/** What a replica is waited for when it takes requests, and when it gives them up. */
import { ProvisionError } from '../errors.ts';
import { type Container, INSPECT_FORMAT, readInspected, replicaContainer } from '../resources/compose/container.ts';
import { drainOf } from '../resources/compose/serving.ts';
import type { Replica } from '../resources/compose/state.ts';
import type { Change, Target } from '../resources/contract.ts';
import {
  askHttp,
  describeAnswer,
  isHealthy,
  readAnswers,
  type WantedAnswer,
  wantedAnswer,
} from '../resources/http-check.ts';
import { waitFor } from '../resources/wait.ts';
import { joinScripts, sh } from '../shell/sh.ts';
import { lookAndDrain, lookAtServers, type Server, type ServerState, shutSessions } from './balancer.ts';
import type { Site } from './sites.ts';

const POLL_MS = 250;
/** Each poll of a handshake asks for a second by itself. */
const HANDSHAKE_POLL_MS = 50;
/** How often all else is looked at that a handshake does not ask. */
const LOOK_MS = 1000;
const MISSING_PLACE_HINT = 'Let `provision apply` bring the configuration of haproxy up to date first.';

/** Whom else to keep an eye on during a handshake. */
export interface Companions {
  /** Where those on the same host can be asked along with it; undefined where one cannot: `lookCloser` then is called once a second. */
  readonly urls: readonly string[] | undefined;
  /** What a good answer is. */
  readonly wanted: WantedAnswer | undefined;
  /** Called where an answer is not as it should be. @returns whether the replica itself still runs: one that ended needs no more time */
  lookCloser(): Promise<boolean>;
}

/**
 * Calls the application at the replica's own port: its state may live in one process, and no balancer lets this pass. Meanwhile
 * it is kept out of the balance. One that was started again since it was called has lost what it prepared, and has had no request
 * since then: nobody waits for it, as it may never get ready.
 * @returns what had to be done for that
 * @throws ProvisionError `handshake-failed`, whatever `lookCloser` throws
 */
export async function shakeHands(
  site: Site,
  replica: Replica,
  target: Target,
  { urls, wanted, lookCloser }: Companions,
): Promise<readonly Change[]> {
  const { name, container } = replica;
  const drain = drainOf(site.service, replica);
  const [place] = container?.publishedAt ?? [];
  if (drain === undefined || place === undefined) return [];
  const [prepare, ready] = [drain.prepare, drain.path].map((path) => `http://${place}${path}`) as [string, string];
  const own = replicaContainer(site.service.project, name);
  const inspect = sh`docker inspect --format ${INSPECT_FORMAT} ${own} 2>&1`;
  const { stdout } = await target.run(joinScripts([inspect, askHttp([prepare])]));
  const before = readContainer(stdout, own);
  const [prepared] = readAnswers(stdout, 1);
  if (prepared === undefined || prepared.status >= 400) {
    throw new ProvisionError('handshake-failed', `${name} cannot be asked to get ready: ${describeAnswer(prepared)}`, {
      hint: `${prepare} should answer with a status below 400: see \`drain\` of the service.`,
    });
  }
  const guard = guardDrain(site.servers(name));
  let lastLookMs = performance.now();
  const { done, state } = await waitFor(
    `${drain.path} of ${name}`,
    target,
    async () => {
      const asked = [ready, ...(urls ?? [])];
      const { stdout } = await target.run(askHttp(asked, drain.status));
      const [answer, ...others] = readAnswers(stdout, asked.length);
      const isDue = performance.now() - lastLookMs >= LOOK_MS;
      if (isDue) {
        await guard.look();
        lastLookMs = performance.now();
      }
      const isOdd = answer === undefined || others.some((other) => wanted && !isHealthy(wanted, other));
      if ((isOdd || (isDue && urls === undefined)) && !(await lookCloser())) return { done: true, state: 'has ended' };
      const found = { done: isHealthy(drain, answer), state: describeAnswer(answer) };
      if (found.done || !isDue) return found;
      const now = readContainer((await target.run(inspect)).stdout, own);
      return hasLost(before, now) ? { done: true, state: 'was started again' } : found;
    },
    { limitMs: drain.timeoutMs, intervalMs: HANDSHAKE_POLL_MS },
  );
  if (done) return guard.changes();
  throw new ProvisionError(
    'handshake-failed',
    `${name} did not get ready to be stopped within ${seconds(drain.timeoutMs)}: ${state}`,
    {
      hint: `${ready} should answer ${wantedAnswer(drain)}. If it only needs longer, raise \`drain.timeout\` of the service.`,
    },
  );
}

/** Undefined where Docker tells nothing of it. */
function readContainer(output: string, name: string): Container | undefined {
  const found = readInspected(output, [name])?.get(name);
  return found && 'startedAt' in found ? found : undefined;
}

/** Whether it is another process than before, or none: what it held in memory is gone. */
function hasLost(before: Container | undefined, now: Container | undefined): boolean {
  if (before === undefined || now === undefined) return false;
  return now.status !== 'running' || now.startedAt !== before.startedAt;
}

/**
 * Looks before anything is done whether the load balancers know all places of the services.
 * @throws ProvisionError `balancer-failed` where one runs without them
 */
export async function requirePlaces(servers: readonly Server[]): Promise<void> {
  const unknown = (await lookAtServers(servers)).filter(({ state }) => state === 'unknown');
  const [first] = unknown;
  if (first === undefined) return;
  const { balancer } = first.server;
  const names = unknown.filter(({ server }) => server.balancer === balancer).map(({ server }) => server.server);
  throw new ProvisionError('balancer-failed', `haproxy runs without ${names.join(', ')}: nothing was touched`, {
    host: balancer.name,
    hint: MISSING_PLACE_HINT,
  });
}

export async function waitForBalancers(site: Site, name: string, target: Target): Promise<void> {
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
      ? MISSING_PLACE_HINT
      : 'Their health check must succeed as ours did: see `health` of the service, and the network between the hosts.',
  });
}

/**
 * Waits until nothing is in flight, and cuts off at the limit what still is.
 * @returns what had to be done besides waiting
 */
export async function waitForRequests(
  site: Site,
  servers: readonly Server[],
  target: Target,
): Promise<readonly Change[]> {
  const { inFlightMs } = site.service.limits;
  const guard = guardDrain(servers);
  let left = 0;
  const { done } = await waitFor(
    'requests in flight to end',
    target,
    async () => {
      const states = await guard.look();
      left = states.reduce((sum, { inFlight }) => sum + inFlight, 0);
      const again = namesOf(states.filter(({ isInBalance }) => isInBalance));
      if (again !== '') return { done: false, state: `drained again on ${again}` };
      return { done: left === 0, state: `${left} left` };
    },
    { limitMs: inFlightMs, intervalMs: POLL_MS },
  );
  if (done || left === 0) return guard.changes();
  await shutSessions(servers);
  const to = `${left} ${left === 1 ? 'connection' : 'connections'} that ${left === 1 ? 'was' : 'were'} still open after ${seconds(inFlightMs)}`;
  return [...guard.changes(), { action: 'delete', what: 'closed', to }];
}

/** Sees to it that drained servers stay drained, whoever reloads haproxy meanwhile. */
function guardDrain(servers: readonly Server[]) {
  const forgetful = new Set<string>();
  return {
    async look(): Promise<readonly ServerState[]> {
      const states = await lookAndDrain(servers);
      for (const { server, isInBalance } of states) if (isInBalance) forgetful.add(server.balancer.name);
      return states;
    },
    /** What is to be told of it. */
    changes: (): readonly Change[] =>
      forgetful.size === 0
        ? []
        : [
            {
              action: 'run',
              what: 'drained again',
              to: `haproxy on ${[...forgetful].join(', ')} had forgotten it: it was reloaded or restarted`,
            },
          ],
  };
}

function namesOf(states: readonly ServerState[]): string {
  return [...new Set(states.map(({ server }) => server.balancer.name))].join(', ');
}

/** For people: `8 s`, `1.5 s`. */
export function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 100) / 10} s`;
}
