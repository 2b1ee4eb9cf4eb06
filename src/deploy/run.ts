/** A redeploy from login to summary: the hosts that take part, locked, looked at, and let go again. */
import { evaluateBalancer } from '../engine/evaluate.ts';
import type { HostSummary } from '../engine/events.ts';
import { type HostRunOptions, surveyHost } from '../engine/host-run.ts';
import { refuseConflicts } from '../engine/plan.ts';
import { EXIT, ProvisionError } from '../errors.ts';
import { release as releaseKind } from '../resources/releases/release.ts';
import { asProvisionError } from '../shell/redact.ts';
import { type DeployHost, findingsOf, steadyConnection } from './deploy-host.ts';
import { type DeployTasks, type LeftOut, type Participant, participantsOf } from './participants.ts';
import type { DeployRequest, Outcome, Project } from './project.ts';
import { deployProject } from './redeploy.ts';
import { newSteps, type Steps } from './steps.ts';

export interface DeployOptions extends Omit<HostRunOptions, 'mode'>, Pick<DeployRequest, 'action' | 'to' | 'version'> {}

export interface DeployResult {
  readonly summaries: readonly HostSummary[];
  readonly outcomes: readonly Outcome[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Redeploys all projects of these hosts, one after another. All hosts that take part are reached and locked before anything
 * moves. Never throws for what happens on hosts: it is in the summaries.
 */
export async function deployHosts(tasks: DeployTasks, options: DeployOptions): Promise<DeployResult> {
  const { emit, facts, action } = options;
  const started = performance.now();
  const { hosts: prepared, leftOut } = await participantsOf(tasks, facts);
  if (leftOut.length > 0 && prepared.length === 0) return { summaries: [], outcomes: [], leftOut };
  if (prepared.length === 0) {
    throw new ProvisionError('usage', 'no selected host has a stack or a load balancer', {
      hint: 'A redeploy needs the role stack, as a rule with haproxy before it.',
    });
  }
  const names = prepared.map(({ task }) => task.name);
  emit({ type: 'run-started', mode: action === 'rollback' ? 'rollback' : 'redeploy', hosts: names });
  const { hosts, failures, interrupted } = await reachAll(prepared, options);
  const outcomes: Outcome[] = [];
  const steps = newSteps({
    role: 'redeploy',
    emit,
    stop: options.stop,
    abort: options.abort,
  });
  let failure = interrupted;
  try {
    if (failures.size === 0 && interrupted === undefined) {
      let begunMs = started;
      for (const project of projectsOf(hosts)) {
        outcomes.push(await deployProject(project, { ...options, begunMs, steps, context: options }));
        begunMs = performance.now();
      }
    }
  } catch (cause) {
    failure = asProvisionError(options.abort.aborted && !isInterrupt(cause) ? brokenOff(cause) : cause);
  }
  const summaries = names.map((name) => {
    const host = hosts.find((one) => one.name === name);
    const error = failures.get(name) ?? (failure && isAbout(failure, name, names) ? failure : undefined);
    return summarise(name, host, steps, { error, failed: failure ?? failures.size > 0, outcomes, started });
  });
  for (const host of hosts) await host.connection.close();
  for (const summary of summaries) emit({ type: 'host-finished', host: summary.host, summary });
  emit({ type: 'run-finished', summaries, durationMs: performance.now() - started });
  return { summaries, outcomes, leftOut };
}

async function reachAll(prepared: readonly Participant[], options: DeployOptions) {
  const failures = new Map<string, ProvisionError>();
  let interrupted: ProvisionError | undefined;
  const reached = await Promise.all(
    prepared.map((host) =>
      reach(host, options).catch((cause: unknown) => {
        const error = asProvisionError(cause, host.task.name);
        if (isInterrupt(error)) interrupted = error;
        else
          failures.set(host.task.name, error.exitCode === EXIT.unreachable ? error.advising(waysWithout(host)) : error);
        return undefined;
      }),
    ),
  );
  return { hosts: reached.filter((host) => host !== undefined), failures, interrupted };
}

/** Nothing moves where one is missing: visitors would meet what it holds back, or has forgotten. */
function waysWithout({ task: { name }, servers }: Participant): string {
  const way =
    servers === undefined
      ? `For the others alone, add --limit 'all:!${name}'.`
      : 'A load balancer takes part whatever --limit says; where it is gone for good, take it out of the inventory.';
  return `No replica was touched. ${way}`;
}

/** Logs in, takes the lock, and looks at everything: secrets that the host keeps are known then. */
async function reach(prepared: Participant, options: DeployOptions): Promise<DeployHost> {
  const { emit, holder, stop } = options;
  const { task, isChosen } = prepared;
  const { name: host, address } = task;
  emit({ type: 'host-connecting', host, address });
  const dialled = performance.now();
  const connection = await steadyConnection(() => task.connect(), {
    lock: holder,
    stop,
    onLost: ({ message }) => emit({ type: 'host-connecting', host, address, lost: message }),
    onBack: (durationMs) => emit({ type: 'host-connected', host, durationMs }),
  });
  options.abort.addEventListener('abort', () => void connection.close(), { once: true });
  emit({ type: 'host-connected', host, durationMs: performance.now() - dialled });
  try {
    const asked = performance.now();
    const { seen } = await surveyHost(prepared, connection, { ...options, mode: 'apply' });
    // Of a load balancer for others only its sockets are used.
    if (isChosen) refuseConflicts(seen.findings);
    emit({ type: 'host-ready', host, durationMs: performance.now() - asked });
    const balancer = evaluateBalancer(task, seen.facts);
    return { name: host, connection, survey: seen, balancer, isChosen };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The stacks of these hosts by name, each with the load balancers that send it requests. */
function projectsOf(hosts: readonly DeployHost[]): readonly Project[] {
  const chosen = hosts.filter(({ isChosen }) => isChosen);
  const found = chosen.flatMap((host) =>
    findingsOf(host, releaseKind).map(({ resource, actual }) => ({ host, release: resource.desired, actual })),
  );
  return [...Map.groupBy(found, ({ release }) => release.project)].map(([name, places]) => ({
    name,
    places,
    balancers: hosts.filter(({ balancer }) => balancer?.servers.some(({ stack }) => stack === name)),
    allBalancers: hosts.filter(({ balancer }) => balancer !== undefined),
  }));
}

interface Ending {
  readonly error: ProvisionError | undefined;
  readonly failed: ProvisionError | boolean;
  readonly outcomes: readonly Outcome[];
  readonly started: number;
}

function summarise(
  name: string,
  host: DeployHost | undefined,
  steps: Steps,
  { error, failed, outcomes, started }: Ending,
): HostSummary {
  const taken = host === undefined ? 0 : steps.taken(host);
  const interrupted = isInterrupt(failed);
  // A step that failed has changed nothing that can be counted on; an interrupt comes between two.
  const changed = taken - (error && host && !interrupted ? Math.min(1, taken) : 0);
  const status = (): HostSummary['status'] => {
    if (error) return error.exitCode === EXIT.unreachable ? 'unreachable' : 'failed';
    if (failed) return changed > 0 ? 'changed' : 'ok';
    return outcomes.some((outcome) => outcome.changed && outcome.hosts.includes(name)) || changed > 0
      ? 'changed'
      : 'ok';
  };
  return {
    host: name,
    status: interrupted ? 'interrupted' : status(),
    ok: 0,
    changed,
    unknown: 0,
    // One that was reached and then refused, as for its lock, has failed; one that was not reached has not.
    failed: error && (host || error.exitCode !== EXIT.unreachable) && !interrupted ? 1 : 0,
    skipped: 0,
    exchanges: host?.connection.exchanges ?? 0,
    durationMs: performance.now() - started,
    error,
  };
}

function isInterrupt(cause: unknown): boolean {
  return cause instanceof ProvisionError && cause.code === 'interrupted';
}

function brokenOff(cause: unknown): ProvisionError {
  return new ProvisionError('interrupted', 'broken off in the middle of a step', {
    cause,
    hint: 'Run it again to go on. `provision releases` tells what it came from: `provision rollback --to NUMBER` goes back there.',
  });
}

/** A failure that names no host is everybody's: the first one tells it. */
function isAbout({ host }: ProvisionError, name: string, names: readonly string[]): boolean {
  return host === name || (host === undefined && names[0] === name);
}
