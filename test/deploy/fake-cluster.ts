/** Two hosts with releases and the load balancer before them, for tests of what a redeploy tells and writes down: they have nothing to replace. */
import type { DeployRequest } from '../../src/deploy/project.ts';
import { newSteps } from '../../src/deploy/steps.ts';
import type { Emit } from '../../src/engine/events.ts';

import type { ActualReleases } from '../../src/resources/releases/release.ts';
import { BALANCER, deployHost, type FakeHost } from './deploy-host.ts';

/** The login and the look at the hosts took so long. */
const BEGUN_BEFORE_MS = 45_000;
const BY = { by: 'alice@laptop', at: '2026-11-21T03:12:45.120Z' };

/** A host that keeps these releases, each of another content, and runs the last one. */
function placeOf(name: string, numbers: readonly number[], journal?: ActualReleases['journal']) {
  const actual: ActualReleases = {
    releases: numbers.map((number) => ({ number, version: '', commit: '', ...BY, digest: `content ${number}` })),
    current: numbers.at(-1),
    ran: numbers,
    images: new Map(),
    references: new Map(),
    held: undefined,
    journal,
  };
  const release = { project: 'shop', directory: '/opt/shop', services: {}, sources: [] };
  return { host: deployHost(name), release, actual };
}

/** `app1` was redeployed alone; its load balancer knows of a number that went to a third host. */
export function cluster(app2 = [1, 2], journal?: ActualReleases['journal']) {
  const lb1 = deployHost('lb1', (script) => ({ stdout: script.includes('cat last') ? '7\n' : '' }), BALANCER);
  const places = [placeOf('app1', [1, 2, 3], journal), placeOf('app2', app2)];
  const project = { name: 'shop', places, balancers: [lb1], allBalancers: [lb1] };
  const [app1, second] = places.map(({ host }) => host) as [FakeHost, FakeHost];
  return { lb1, app1, app2: second, project };
}

/**
 * @param interruptAt a step with which the first interrupt comes: `app1 release 8: write down`; `start` is before all of them
 * @param isBrokenOff the second one comes with it
 */
export function request(action: DeployRequest['action'], interruptAt?: string, isBrokenOff = false): DeployRequest {
  const [stop, abort] = [new AbortController(), new AbortController()];
  if (interruptAt === 'start') stop.abort();
  const emit: Emit = (event) => {
    if (event.type !== 'step-started' || `${event.host} ${event.id}` !== interruptAt) return;
    stop.abort();
    if (isBrokenOff) abort.abort();
  };
  const context = { emit, stop: stop.signal, abort: abort.signal };
  const begunMs = performance.now() - BEGUN_BEFORE_MS;
  return { action, by: BY.by, begunMs, steps: newSteps({ role: 'redeploy', ...context }), context };
}

/** All that a host was told. */
export function told({ connection }: FakeHost): string {
  return connection.asked.map(({ script, inputs }) => [script, ...inputs].join('\n')).join('\n');
}
