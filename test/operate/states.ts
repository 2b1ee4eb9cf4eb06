/** States of hosts for tests, all well but for what is said. */

import { ASSUMED_FACTS } from '../../src/engine/facts.ts';
import type { HostState, ServiceState } from '../../src/operate/host-status.ts';
import type { HostStatus } from '../../src/operate/status.ts';

export const NOW = new Date('2026-11-21T08:00:00Z');

export const APP: ServiceState = {
  project: 'shop',
  service: 'app',
  image: 'shop/app:1',
  wanted: 2,
  serving: 2,
  replicas: ['app-1', 'app-2'].map((name) => ({ name, state: 'healthy', isServing: true, balancers: [] })),
};

export function stateOf(but: Partial<HostState> = {}): HostState {
  return {
    facts: ASSUMED_FACTS,
    system: {
      system: 'Debian GNU/Linux 13 (trixie)',
      clockS: NOW.getTime() / 1000,
      uptimeS: 12 * 86_400,
      memory: { totalKiB: 1000, availableKiB: 750 },
      disks: [
        { path: '/', sizeKiB: 100, freeKiB: 59, usedPercent: 41 },
        { path: '/var', sizeKiB: 100, freeKiB: 80, usedPercent: 20 },
      ],
      lock: undefined,
    },
    services: [APP],
    releases: [],
    certificates: [],
    balancer: undefined,
    drift: { changed: 0, rollouts: 0, unknown: 0, handlers: 0 },
    failures: [],
    ...but,
  };
}

export function statusOf(host: string, but: Partial<HostStatus> = {}): HostStatus {
  return {
    host,
    address: `root@${host}:22`,
    status: 'ok',
    problems: [],
    state: stateOf(),
    error: undefined,
    durationMs: 100,
    ...but,
  };
}
