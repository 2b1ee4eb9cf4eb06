/** Applies a plan, in order: role by role, resources first, then the handlers that they made necessary. */
import { ProvisionError } from '../errors.ts';
import type { Change, Handler, Resource } from '../resources/contract.ts';
import { redactError } from '../shell/redact.ts';
import type { Connection } from '../transport/types.ts';
import type { PlacedResource } from './evaluate.ts';
import { handlersOf, runHandler } from './handlers.ts';
import { describePlan, type Finding, type Survey } from './plan.ts';
import { type ApplyContext, STEP_TIMEOUT_MS, settle, tail } from './settle.ts';

/** How the apply of a host ended, where no connection was lost. */
export interface ApplyResult {
  readonly interrupted: boolean;
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
  work(): Promise<Outcome>;
}

/**
 * Carries out the plan of a survey, role by role: the resources in order, then the handlers that they made necessary.
 * @throws ProvisionError `connection-lost`: the caller dials again, and what is left is found by a new survey
 */
export async function applyPlan(
  context: ApplyContext,
  placed: readonly PlacedResource[],
  seen: Survey,
): Promise<ApplyResult> {
  const { resources, handlers } = describePlan(context.host, placed, seen);
  const total = resources.filter(({ status }) => status !== 'ok').length + handlers.length;
  let count = 0;
  for (const step of stepsOf(context, placed, seen)) {
    if (context.stop.aborted) return { interrupted: true };
    count += 1;
    const error = await takeStep(context, step, count, Math.max(total, count));
    if (error) return { interrupted: false, error };
  }
  return { interrupted: false };
}

/** The steps of a plan, one after another: whether a handler is due shows only when its role's resources are done. */
function* stepsOf(context: ApplyContext, placed: readonly PlacedResource[], seen: Survey): Generator<Step> {
  const due = new Set(seen.pending);
  const latest = new Map<Resource, Finding>(seen.findings.map((finding) => [finding.resource, finding]));
  for (const [i, finding] of seen.findings.entries()) {
    const { role, resource } = finding;
    if (finding.status === 'ok') context.onSettled('ok', resource.id);
    else {
      yield {
        role,
        id: resource.id,
        async work() {
          const made = await settle(context, latest.get(resource) ?? finding, placed.slice(i + 1), latest);
          // An earlier step may have brought it about, as a package starts its service: it is a change all the same.
          const changes = made.length > 0 ? made : finding.changes;
          const status = changes.length > 0 ? 'changed' : 'ok';
          if (status === 'changed') for (const { id } of resource.notify) due.add(id);
          context.onSettled(status, resource.id);
          return { status, changes };
        },
      };
    }
    if (placed[i + 1]?.role === role) continue;
    for (const handler of handlersOf(placed, role).filter(({ id }) => due.has(id))) {
      yield {
        role,
        id: handler.id,
        async work() {
          await runPending(context.connection, handler);
          context.onSettled('handled', handler.id);
          return { status: 'changed', changes: [{ action: 'run', what: '' }] };
        },
      };
    }
  }
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

async function runPending(connection: Connection, handler: Handler): Promise<void> {
  const result = await connection.run(runHandler(handler), { timeoutMs: STEP_TIMEOUT_MS });
  if (result.code === 0) return;
  throw new ProvisionError('handler-failed', `${handler.id} ended with status ${result.code}`, {
    detail: tail(result.stderr || result.stdout),
    hint: 'Mend the cause and run again: the handler stays pending on the host until it has run.',
  });
}
