/** What is not well with a host, in words. Pure. */
import type { HostState, ServiceState } from './host-status.ts';

export interface Problem {
  readonly about: 'failure' | 'service' | 'balancer' | 'certificate' | 'disk' | 'memory' | 'redeploy' | 'drift';
  /** One line for people. */
  readonly text: string;
}

/** From here on a disk is called full, percent. */
const DISK_FULL_PERCENT = 90;
/** Less memory than this is called little, percent. */
const MEMORY_LEFT_PERCENT = 5;
/** A certificate that ends sooner is told: self-signed ones are renewed by then. */
const CERTIFICATE_DAYS = 14;
const DAY_MS = 86_400_000;

/** The gravest first. */
export function problemsOf(state: HostState, now: Date): readonly Problem[] {
  return [
    ...state.failures.map(
      ({ message, task }): Problem => ({ about: 'failure', text: task ? `${task}: ${message}` : message }),
    ),
    ...state.services.flatMap(serviceProblems),
    ...balancerProblems(state),
    ...certificateProblems(state, now),
    ...diskProblems(state),
    ...redeployProblems(state),
    ...driftProblems(state),
  ];
}

/** Whole days until that time; negative when it is past. */
export function daysUntil(end: string, now: Date): number {
  return Math.floor((Date.parse(end) - now.getTime()) / DAY_MS);
}

/** How many resources differ, over all ways to differ. */
export function driftCount({ drift }: Pick<HostState, 'drift'>): number {
  return drift.changed + drift.rollouts + drift.unknown;
}

function serviceProblems({ project, service, wanted, serving, replicas }: ServiceState): Problem[] {
  const name = `${project}/${service}`;
  if (wanted === undefined) return [{ about: 'service', text: `${name}: Docker does not tell how it is` }];
  const bad = replicas.filter((replica) => !replica.isServing).map(({ name, state }) => `${name} ${state}`);
  const text = `${name}: ${serving} of ${wanted} ${wanted === 1 ? 'replica serves' : 'replicas serve'}`;
  const unserved = replicas
    .filter((replica) => replica.isServing)
    .flatMap(({ name, balancers }) => balancers.filter(({ isUp }) => !isUp).map((one) => ({ name, ...one })))
    .map(({ name: replica, host, state }): Problem => {
      return { about: 'balancer', text: `${name}: haproxy on ${host} sends ${replica} no requests: ${state}` };
    });
  const isShort = serving < wanted || bad.length > 0;
  return [...(isShort ? [{ about: 'service' as const, text: [text, ...bad].join('; ') }] : []), ...unserved];
}

/** Servers that are no replicas: those are told with their service. */
function balancerProblems({ balancer }: HostState): Problem[] {
  if (balancer === undefined) return [];
  if (!balancer.isRunning) return [{ about: 'balancer', text: 'haproxy does not answer on its socket' }];
  return balancer.servers
    .filter(({ replica, isUp }) => replica === undefined && !isUp)
    .map(({ backend, server, state }) => ({ about: 'balancer', text: `haproxy: ${backend}/${server} is ${state}` }));
}

function certificateProblems({ certificates }: HostState, now: Date): Problem[] {
  return certificates.flatMap(({ path, names, end }): Problem[] => {
    // One that is not there yet is drift.
    if (end === undefined) return [];
    const days = daysUntil(end, now);
    if (days >= CERTIFICATE_DAYS) return [];
    const when = days < 0 ? `has ended on ${end.slice(0, 10)}` : `ends in ${days} ${days === 1 ? 'day' : 'days'}`;
    return [{ about: 'certificate', text: `the certificate for ${names.join(', ') || path} ${when}` }];
  });
}

function diskProblems({ system: { disks, memory } }: HostState): Problem[] {
  const little = memory && memory.availableKiB < (memory.totalKiB * MEMORY_LEFT_PERCENT) / 100;
  return [
    ...disks
      .filter(({ usedPercent }) => usedPercent >= DISK_FULL_PERCENT)
      .map(({ path, usedPercent }): Problem => ({ about: 'disk', text: `${path} is ${usedPercent}% full` })),
    ...(little
      ? [{ about: 'memory' as const, text: `only ${Math.round(memory.availableKiB / 1024)} MiB of memory are left` }]
      : []),
  ];
}

/** One that is under way holds the lock; without it, it was broken off. */
function redeployProblems({ releases, system }: HostState): Problem[] {
  return releases.flatMap(({ project, unfinished }): Problem[] => {
    if (unfinished === undefined || system.lock !== undefined) return [];
    const { action, to, by, at } = unfinished;
    const when = at.slice(0, 16).replace('T', ' ');
    return [
      { about: 'redeploy', text: `${project}: the ${action} to release ${to} by ${by} at ${when} was not finished` },
    ];
  });
}

function driftProblems(state: HostState): Problem[] {
  const { changed, rollouts, unknown, handlers } = state.drift;
  const count = driftCount(state);
  const parts = [
    ...(changed > 0 && changed < count ? [`${changed} to change`] : []),
    ...(rollouts > 0 ? [`${rollouts} to redeploy`] : []),
    ...(unknown > 0 ? [`${unknown} known after apply`] : []),
  ];
  const differ = `${count} ${count === 1 ? 'resource differs' : 'resources differ'}`;
  return [
    ...(count > 0
      ? [`${differ} from the inventory: see provision plan${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`]
      : []),
    ...(handlers > 0
      ? [`${handlers} ${handlers === 1 ? 'handler was' : 'handlers were'} left undone by an earlier run`]
      : []),
  ].map((text) => ({ about: 'drift', text }));
}
