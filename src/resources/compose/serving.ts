/** Whether replicas serve, and what they are asked: as the release that they came up with, or as the service is by now. */

import type { Change } from '../contract.ts';
import { describeAnswer, isHealthy, wantedAnswer } from '../http-check.ts';
import { askedAs, type ComposeService } from './desired.ts';
import type { Replica, Verdict } from './state.ts';

/** Whether it runs, and answers as it should where that can be asked: in a place that nobody knows it cannot. */
export function isServing(service: ComposeService, replica: Replica): boolean {
  const { name, container, answer } = replica;
  const { health, slots } = service;
  if (container?.status !== 'running' || container.health === 'unhealthy') return false;
  if (health === undefined || !slots.some((slot) => slot.name === name)) return true;
  return isHealthy(health, answer) || isHealthyByItself(replica);
}

/** Whether it answers what it was asked when it came up: an earlier version may know no other question. */
function isHealthyByItself({ own }: Replica): boolean {
  if (own === undefined) return false;
  const { checks, answer } = own;
  return checks.health === undefined || isHealthy(checks.health, answer);
}

/** Whether it serves, but would not by the health check of the service: load balancers, where there are any, ask all replicas alike. */
export function isLeftBehind(service: ComposeService, replica: Replica): boolean {
  const { health, balanced } = service;
  return balanced && health !== undefined && isServing(service, replica) && !isHealthy(health, replica.answer);
}

/** What is in the way of a health check that serving replicas do not know. */
export function leftBehind({ health }: ComposeService, { name, answer }: Replica): Change {
  return {
    action: 'conflict',
    what: `${name} does not answer ${health?.path} with ${health && wantedAnswer(health)}, as load balancers would ask it from now on`,
    from: describeAnswer(answer),
    hint: 'First bring out a version that answers both the old health check and the new one. Then change `health`.',
  };
}

/** How it is asked to get ready to be stopped: as it was when it came up. */
export function drainOf(service: ComposeService, { own }: Replica): ComposeService['drain'] {
  return own === undefined ? service.drain : askedAs(service, own.checks).drain;
}

/** What the rolling redeploy cannot avoid: where two cannot run side by side, no other of this host answers meanwhile. */
export function outages({ slots, replicas }: ComposeService, verdicts: readonly Verdict[]): readonly Change[] {
  if (slots.length > replicas) return [];
  const names = verdicts.flatMap(({ replica, action, change }) =>
    action === 'replace' && change?.rollout ? [replica.name] : [],
  );
  return names.map((name) => ({
    action: 'run',
    what: `${name} stops before the new one starts`,
    to: 'no visitor gets an answer meanwhile, unless from another host; without `publish` both would run side by side',
    rollout: true,
  }));
}
