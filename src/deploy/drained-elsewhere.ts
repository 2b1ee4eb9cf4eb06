/**
 * Replicas of hosts that take no part, and that get no requests: a redeploy of these hosts that was broken off has drained them.
 * An apply tells of them by what it finds on the load balancers; a redeploy of other hosts meets the same ones.
 */
import type { BalancedServer } from '../engine/role.ts';
import { lookAtServers, type Server } from './balancer.ts';
import type { DeployRequest, Project } from './project.ts';

export interface DrainedElsewhere {
  readonly host: string;
  /** By which haproxy's commands know it: `app/app2-app-1`. */
  readonly server: string;
  readonly balancer: string;
}

/** Of the stack's servers on other hosts, those that are healthy and drained. */
export async function drainedElsewhere(
  { name, places, balancers }: Project,
  action: DeployRequest['action'],
): Promise<readonly DrainedElsewhere[]> {
  const isElsewhere = ({ stack, host }: BalancedServer) =>
    stack === name && !places.some((place) => place.host.name === host);
  const hosts = new Map<Server, string>();
  for (const balancer of balancers) {
    // The apply itself has told it.
    if (action === 'apply' && balancer.isChosen) continue;
    for (const { backend, server, host } of (balancer.balancer?.servers ?? []).filter(isElsewhere)) {
      hosts.set({ balancer, backend, server }, host);
    }
  }
  // What was brought out runs: that a load balancer does not answer now makes no failure of it.
  const states = await lookAtServers([...hosts.keys()]).catch(() => []);
  return states
    .filter(({ state }) => state.startsWith('DRAIN'))
    .map(({ server }) => ({
      host: hosts.get(server) ?? '',
      server: `${server.backend}/${server.server}`,
      balancer: server.balancer.name,
    }));
}
