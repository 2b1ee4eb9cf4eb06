/** What is seen of a compose service: its replicas, and what differs of each. Pure. */

import type { Change } from '../contract.ts';
import { describeAnswer, type HttpAnswer, isHealthy, wantedAnswer } from '../http-check.ts';
import { type Container, describeContainer, serviceLabel } from './container.ts';
import { type Checks, type ComposeService, placeOf, type Slot } from './desired.ts';
import { otherMeans, outdated } from './difference.ts';
import { isLeftBehind, isServing, leftBehind } from './serving.ts';

/** One container of a service, or the place of one that is missing. */
export interface Replica {
  /** The compose service: `app-1`. */
  readonly name: string;
  readonly container: Container | undefined;
  /** Its fragment of the compose file, as it stands on the host; undefined where there is none. */
  readonly fragment: string | undefined;
  /** The container that was made last. */
  readonly made: Made | undefined;
  /** Digest of the fragment that the release has which is held after a rollback. */
  readonly heldDigest: string | undefined;
  /** What it answers to the health check; undefined where there was no answer or nothing to ask. */
  readonly answer: HttpAnswer | undefined;
  /** What was written down for it when it was made; undefined where nothing was. */
  readonly own?: { readonly checks: Checks; readonly answer: HttpAnswer | undefined } | undefined;
}

export interface Made {
  readonly id: string;
  /** Of the fragment that it was made from. */
  readonly digest: string;
  /** What compose made of that. */
  readonly config?: string;
}

export interface ActualService {
  /** Those that exist, or should: all that have a fragment, and all containers in the places of replicas. */
  readonly replicas: readonly Replica[];
  /** The id that the name of the image stands for now; undefined where there is no such image. */
  readonly imageId: string | undefined;
  /** The id of the image that we built or pulled under that name; undefined where we did not, or somebody pulled it again. */
  readonly recordedId?: string | undefined;
  /** Whether a release of its project has run: what is to be replaced since then may have visitors. */
  readonly isReleased: boolean;
  /** Whether a redeploy or a rollback of its project was broken off, or is under way. */
  readonly isUnfinished?: boolean;
  /** After a rollback: so many replicas, of the release that was brought back, and its places that the inventory has not. */
  readonly held: { readonly replicas: number; readonly places?: readonly Slot[] } | undefined;
}

/** What is to be done about one replica. */
export interface Verdict {
  readonly replica: Replica;
  /** Undefined for a replica beyond those that are wanted, in a place that the inventory no longer has. */
  readonly slot: Slot | undefined;
  /**
   * `replace`: only another container can mend it; `revive`: this one is made to run; `wait`: it is still starting;
   * `remove`: it is one too many.
   */
  readonly action: 'none' | 'replace' | 'revive' | 'wait' | 'remove';
  readonly change?: Change | undefined;
}

/** How many replicas there shall be. */
export function wantedReplicas({ replicas }: ComposeService, { held }: ActualService): number {
  return held?.replicas ?? replicas;
}

/** All places that its replicas may have. */
function slotsOf({ slots }: ComposeService, { held }: ActualService): readonly Slot[] {
  return [...slots, ...(held?.places ?? [])];
}

/** The places where no replica is, for as many as are missing. */
export function missingSlots(desired: ComposeService, actual: ActualService): readonly Slot[] {
  const taken = new Set(actual.replicas.map(({ name }) => name));
  const count = Math.max(0, wantedReplicas(desired, actual) - actual.replicas.length);
  return slotsOf(desired, actual)
    .filter(({ name }) => !taken.has(name))
    .slice(0, count);
}

/** One verdict for each replica that is there, in order. */
export function judge(desired: ComposeService, actual: ActualService): readonly Verdict[] {
  const surplus = new Set(surplusOf(desired, actual));
  return actual.replicas.map((replica): Verdict => {
    const slot = slotsOf(desired, actual).find(({ name }) => name === replica.name);
    if (surplus.has(replica)) return remove(desired, replica, slot, actual);
    if (slot !== undefined) return judgeReplica(desired, slot, replica, actual);
    return actual.held ? { replica, slot, action: 'none' } : remove(desired, replica, slot, actual);
  });
}

/** Whether it runs another definition or image than it should. */
export function isOutdated(desired: ComposeService, replica: Replica, actual: ActualService): boolean {
  return outdated(desired, replica, actual) !== undefined;
}

/** Whether the container is the one that was made last, or one that `docker compose up` has made anew from the same definition. */
export function isOurs({ container, made }: Replica): boolean {
  if (container === undefined || made === undefined) return false;
  return made.id === container.id || (Boolean(made.config) && made.config === container.configHash);
}

/** Whether its start failed when it was made: only then it is written down which container it is. */
function isUnstarted({ project }: ComposeService, replica: Replica): boolean {
  const { name, container, fragment } = replica;
  const isMade = fragment !== undefined && container?.service === serviceLabel(project, name);
  return isMade && container.status === 'created' && !isOurs(replica);
}

/** Those too many: first what does not serve, then what is outdated, then from the last place on. */
function surplusOf(desired: ComposeService, actual: ActualService): readonly Replica[] {
  const count = actual.replicas.length - wantedReplicas(desired, actual);
  if (count <= 0) return [];
  const rank = (replica: Replica) =>
    (isServing(desired, replica) ? 0 : 4) +
    (isOutdated(desired, replica, actual) ? 2 : 0) +
    (slotsOf(desired, actual).some(({ name }) => name === replica.name) ? 0 : 8);
  return actual.replicas
    .toReversed()
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, count);
}

/**
 * Whether it is for a rolling redeploy to replace. One look tells not enough of a replica of ours that runs: it may have
 * failed to answer just now, and still have visitors. Before the first release has come up only one that serves can have any.
 */
function needsRollout(desired: ComposeService, replica: Replica, { isReleased }: ActualService): boolean {
  const mayServe = isReleased && isOurs(replica) && replica.container?.status === 'running';
  return desired.rolling && (mayServe || isServing(desired, replica));
}

function remove(desired: ComposeService, replica: Replica, slot: Slot | undefined, actual: ActualService): Verdict {
  const rollout = needsRollout(desired, replica, actual);
  const change = { action: 'delete', what: replica.name, ...(rollout && { rollout }) } as const;
  return { replica, slot, action: 'remove', change };
}

function judgeReplica(desired: ComposeService, slot: Slot, replica: Replica, actual: ActualService): Verdict {
  const { name, container } = replica;
  const update = (what: string, from: string, to: string): Change => ({
    action: 'update',
    what: `${name} ${what}`,
    from,
    to,
  });
  const run = (from: string, to: string): Change => ({ action: 'run', what: name, from, to });
  if (container === undefined) return { replica, slot, action: 'replace', change: run('no container', 'running') };
  const rollout = needsRollout(desired, replica, actual) ? { rollout: true } : {};
  if (isUnstarted(desired, replica)) {
    return { replica, slot, action: 'replace', change: run('a container that could not be started', 'running') };
  }
  if (!isOurs(replica) || replica.fragment === undefined) {
    const { from, to } = otherMeans(desired, replica, actual);
    const change = update('container', from, to);
    return { replica, slot, action: 'replace', change: { ...change, ...rollout } };
  }
  const moved = movedPlace(desired, slot, container);
  if (moved !== undefined) return { replica, slot, action: 'none', change: moved };
  if (desired.rolling && actual.held === undefined && isLeftBehind(desired, replica)) {
    return { replica, slot, action: 'none', change: leftBehind(desired, replica) };
  }
  const old = outdated(desired, replica, actual);
  if (old !== undefined) {
    return { replica, slot, action: 'replace', change: { ...old, what: `${name} ${old.what}`, ...rollout } };
  }
  const network = `${desired.project}_default`;
  const aliases = container.networks[network];
  if (aliases === undefined) {
    const change = update('network', Object.keys(container.networks).join(', ') || 'none', network);
    return { replica, slot, action: 'replace', change };
  }
  // Compose calls each by the name of its service; whoever attaches it anew by hand does not.
  if (!aliases.includes(name)) {
    const change = update(`name in ${network}`, aliases.join(', ') || 'none', name);
    return { replica, slot, action: 'replace', change };
  }
  if (container.restartPolicy !== desired.restart) {
    return {
      replica,
      slot,
      action: 'revive',
      change: update('restart policy', container.restartPolicy, desired.restart),
    };
  }
  if (!actual.held && hasOtherLimit(desired, container)) {
    const change = update('memory limit', megabytes(container.memoryBytes), megabytes(desired.memoryBytes));
    // Docker changes a limit, but takes none away.
    if (desired.memoryBytes > 0) return { replica, slot, action: 'revive', change };
    return { replica, slot, action: 'replace', change: { ...change, ...rollout } };
  }
  // No definition of ours has one.
  if (container.cpus > 0) {
    const change = update('CPU limit', String(container.cpus), 'none');
    return { replica, slot, action: 'replace', change: { ...change, ...rollout } };
  }
  if (container.status !== 'running')
    return { replica, slot, action: 'revive', change: run(describeContainer(container), 'running') };
  if (container.health !== undefined && container.health !== 'healthy') {
    const waits = container.health === 'starting';
    return { replica, slot, action: 'revive', change: { ...run(container.health, 'healthy'), waits } };
  }
  const { health } = desired;
  // Nobody is asked in a place of which the inventory has no port.
  const isAsked = health !== undefined && slot.port !== undefined;
  if (!isAsked || isHealthy(health, replica.answer)) return { replica, slot, action: 'none' };
  return {
    replica,
    slot,
    action: 'wait',
    change: { ...run(describeAnswer(replica.answer), wantedAnswer(health)), waits: true },
  };
}

/** Whether somebody has changed it by hand. Where it has no limit at all, the kernel may know none. */
export function hasOtherLimit({ memoryBytes: wanted }: ComposeService, { memoryBytes }: Container): boolean {
  return memoryBytes !== wanted && memoryBytes > 0;
}

function megabytes(bytes: number): string {
  return bytes === 0 ? 'none' : `${Number((bytes / 1024 ** 2).toFixed(1))} MiB`;
}

/** The load balancers send requests to a place: while a replica answers elsewhere, they would find nobody there. */
function movedPlace(desired: ComposeService, slot: Slot, { status, publishedAt }: Container): Change | undefined {
  const place = placeOf(desired, slot);
  const [from] = publishedAt;
  if (!desired.rolling || place === undefined || from === undefined) return undefined;
  if (status !== 'running' || publishedAt.includes(place)) return undefined;
  return {
    action: 'conflict',
    what: `${slot.name} answers at ${from}, and would move to ${place}: no request would reach it until it has`,
    hint: `Leave it where it is: see \`host_port\` and \`listen\`. Where an outage is all right, stop it first: docker stop ${slot.container}.`,
  };
}
