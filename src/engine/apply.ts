/** Applies a plan, in order: role by role, resources first, then the handlers that they made necessary. */
import { ProvisionError } from '../errors.ts';
import type { Change, Resource } from '../resources/contract.ts';
import { redactError } from '../shell/redact.ts';
import type { PlacedResource } from './evaluate.ts';
import { handlersOf } from './handlers.ts';
import { describePlan, type Finding, type Survey } from './plan.ts';
import { type ApplyContext, handle, settle } from './settle.ts';
import { neighboursOf, togetherNow } from './together.ts';

/** How the apply of a host ended, where no connection was lost. */
export interface ApplyResult {
  readonly interrupted: boolean;
  /** How many resources are left to the rolling redeploy. */
  readonly rollouts: number;
  /** The failure that ended it, told with the resource or handler where it happened. */
  readonly error?: ProvisionError | undefined;
}

/** What one step came to. */
interface Outcome {
  readonly status: 'ok' | 'changed';
  readonly changes: readonly Change[];
}

/** One thing to do, and what to call it. */
interface Step {
  readonly role: string;
  readonly id: string;
  readonly afterPeers?: boolean | undefined;
  /** Whether an earlier step has done it already, with its own exchange. */
  isDone(): boolean;
  work(): Promise<Outcome>;
}

/**
 * How often all is applied again where the last look finds that steps have undone what was in order: a restarted engine
 * whose containers are not healthy yet. More often than that, resources work against each other.
 */
const ROUNDS = 3;

/**
 * Carries out the plan of a survey, role by role: the resources in order, then the handlers that they made necessary. The
 * last exchange looks at everything once more.
 * @throws ProvisionError `connection-lost`: the caller dials again, and what is left is found by a new survey
 */
export async function applyPlan(
  context: ApplyContext,
  placed: readonly PlacedResource[],
  seen: Survey,
): Promise<ApplyResult> {
  const { handlers } = describePlan(context.host, placed, seen);
  const open = seen.findings.filter((finding) => !isSettled(finding));
  const total = open.length + handlers.length;
  const latest = new Map<Resource, Finding>(seen.findings.map((finding) => [finding.resource, finding]));
  const due = new Set([...seen.pending].filter((id) => placed.some(({ resource }) => notifies(resource, id))));
  const rollouts = () => [...latest.values()].filter(({ status }) => status === 'rollout').length;
  let count = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const step of stepsOf(context, placed, latest, due, round > 1)) {
      if (context.stop.aborted && !step.isDone()) return { interrupted: true, rollouts: rollouts() };
      const refusal = step.afterPeers ? await comeAfterPeers(context) : undefined;
      if (context.stop.aborted && !step.isDone()) return { interrupted: true, rollouts: rollouts() };
      if (refusal) return { interrupted: false, rollouts: rollouts(), error: refusal.at({ task: step.id }) };
      count += 1;
      const error = await takeStep(context, step, count, Math.max(total, count));
      if (error) return { interrupted: false, rollouts: rollouts(), error };
    }
    if (![...latest.values()].every(isSettled)) continue;
    // What was for a rolling redeploy, and is in order after another step, was no step itself.
    for (const { resource, status } of latest.values()) if (status === 'ok') context.onSettled('ok', resource.id);
    return { interrupted: false, rollouts: rollouts() };
  }
  return { interrupted: false, rollouts: rollouts(), error: undone([...latest.values()]).at({ host: context.host }) };
}

/** The steps of one round, one after another: whether a handler is due shows only when its role's resources are done. */
function* stepsOf(
  context: ApplyContext,
  placed: readonly PlacedResource[],
  latest: Map<Resource, Finding>,
  due: Set<string>,
  wasInOrder: boolean,
): Generator<Step> {
  const planned = placed.map(({ resource }) => latest.get(resource) as Finding);
  const neighbours = neighboursOf(planned);
  const apart = new Set<Resource>();
  for (const [i, finding] of planned.entries()) {
    const { role, resource } = finding;
    const following = planned.slice(i + 1);
    const isLastResource = following.every(isSettled);
    if (finding.status === 'ok') context.onSettled('ok', resource.id);
    else if (!isSettled(finding)) {
      yield {
        role,
        id: resource.id,
        afterPeers: resource.afterPeers,
        isDone: () => latest.get(resource)?.status === 'ok',
        async work() {
          const together = togetherNow(neighbours.get(resource) ?? [finding], latest, apart);
          const isRest = (one: Finding) =>
            !isSettled(one) && !together.some((other) => other.resource === one.resource);
          const isLast =
            !following.some(isRest) && due.size === 0 && together.every((one) => one.resource.notify.length === 0);
          const others = isLast ? placed : following;
          const made = await settle(context, latest.get(resource) ?? finding, others, latest, { together, apart });
          // What the plan said, though an earlier step may have done a part of it, as a package brings a file and starts its service.
          const changes = finding.status === 'unknown' ? made : finding.changes.filter(({ rollout }) => !rollout);
          // What a restart of ours has only kept waiting was not changed by it.
          const wasNoChange = wasInOrder || finding.status === 'unknown';
          const isWait = wasNoChange && changes.every(({ waits }) => waits);
          const status = changes.length > 0 && !isWait ? 'changed' : 'ok';
          if (status === 'changed') for (const { id } of resource.notify) due.add(id);
          context.onSettled(status, resource.id);
          return { status, changes };
        },
      };
    }
    if (following[0]?.role === role) continue;
    for (const handler of handlersOf(placed, role).filter(({ id }) => due.has(id))) {
      yield {
        role,
        id: handler.id,
        isDone: () => false,
        async work() {
          const isLast = isLastResource && due.size === 1;
          await handle(context, handler, isLast ? placed : [], latest);
          due.delete(handler.id);
          context.onSettled('handled', handler.id);
          return { status: 'changed', changes: [{ action: 'run', what: '' }] };
        },
      };
    }
  }
}

/** @returns why the step must not be taken */
async function comeAfterPeers({ host, emit, awaitPeers }: ApplyContext): Promise<ProvisionError | undefined> {
  return awaitPeers?.((names) => emit({ type: 'host-waiting', host, text: `${names.join(', ')} come first` }));
}

function notifies({ notify }: Resource, handler: string): boolean {
  return notify.some(({ id }) => id === handler);
}

/** Whether there is nothing for an apply to do: what a rolling redeploy will do counts as done. */
function isSettled({ status }: Finding): boolean {
  return status === 'ok' || status === 'rollout';
}

function undone(findings: readonly Finding[]): ProvisionError {
  const ids = findings.filter((finding) => !isSettled(finding)).map(({ resource }) => resource.id);
  return new ProvisionError('not-converged', 'all was applied, but the last look found some of it undone again', {
    detail: ids.join('\n'),
    hint: 'Two of the resources work against each other, or something else on the host undoes them.',
  });
}

/** Runs one step under the eyes of the reports. @returns its failure, if it failed */
async function takeStep(
  { host, emit }: ApplyContext,
  { role, id, work }: Step,
  step: number,
  total: number,
): Promise<ProvisionError | undefined> {
  emit({ type: 'step-started', host, role, id, step, total });
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  try {
    emit({ type: 'step-finished', host, role, id, ...(await work()), durationMs: elapsed() });
    return undefined;
  } catch (cause) {
    if (!(cause instanceof ProvisionError) || cause.code === 'connection-lost') throw cause;
    const error = redactError(cause.at({ host, task: id }));
    emit({ type: 'step-finished', host, role, id, status: 'failed', changes: [], durationMs: elapsed(), error });
    return error;
  }
}
