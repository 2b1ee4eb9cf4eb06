/** One step: a resource made what it shall be, and verified in the exchange that made it; or a handler run. */
import { ProvisionError } from '../errors.ts';
import {
  type Change,
  type Handler,
  isUnknown,
  type Resource,
  type Source,
  type Target,
  timeoutOf,
  type Unknown,
} from '../resources/contract.ts';
import { redact } from '../shell/redact.ts';
import type { Script } from '../shell/sh.ts';
import type { Connection } from '../transport/types.ts';
import type { PlacedResource } from './evaluate.ts';
import type { Emit } from './events.ts';
import { markPending, runHandler } from './handlers.ts';
import { compare, type Finding, probesOf, readProbes } from './plan.ts';
import { type FailedScript, scriptFailure } from './script-failure.ts';
import { joinSections } from './sections.ts';
import { mend, mendTogether } from './together.ts';
import type { Workshop } from './workshop.ts';

/** Time limit of what the engine itself runs, milliseconds. */
const STEP_TIMEOUT_MS = 120_000;

/** What each further step adds that goes in the same exchange, milliseconds: few take that long, and a hang must not go unnoticed for an hour. */
const FURTHER_TIMEOUT_MS = 10_000;
/** And all of them together. */
const MOST_FURTHER_TIMEOUT_MS = 600_000;

export interface ApplyContext {
  readonly host: string;
  readonly connection: Connection;
  readonly emit: Emit;
  /** Aborted by the first interrupt: the step in flight is the last one. */
  readonly stop: AbortSignal;
  /** Aborted by the second interrupt. */
  readonly abort: AbortSignal;
  /** Where hosts share what they make; undefined where each makes it for itself. */
  readonly workshop?: Workshop | undefined;
  /**
   * Ends when the hosts are done that a resource is to come after; undefined where there are none.
   * @param tell is given their names where there is anything to wait for
   * @returns why the resource must be left as it is
   */
  readonly awaitPeers?: ((tell: (names: readonly string[]) => void) => Promise<ProvisionError | undefined>) | undefined;
  /** Told of every resource and handler that is done, so that nothing is forgotten when the connection is lost. */
  readonly onSettled: (what: 'ok' | 'changed' | 'handled', id: string) => void;
}

interface Neighbours {
  /** The resource itself first. */
  readonly together: readonly Finding[];
  /** What has failed with others, and goes by itself from then on. */
  readonly apart: Set<Resource>;
}

/**
 * Makes one resource what it shall be, and verifies it. The same exchange looks at others whose state this step may have
 * changed or brought into being: of those given, what is to be applied next, or all where nothing is left to do.
 *
 * @param neighbours what goes in the same exchange: their own steps find them in order
 * @returns the changes that were made; none where an earlier step had made them
 */
export async function settle(
  context: ApplyContext,
  finding: Finding,
  others: readonly PlacedResource[],
  latest: Map<Resource, Finding>,
  neighbours?: Neighbours,
): Promise<readonly Change[]> {
  const { resource } = finding;
  const { kind, notify } = resource;
  if (finding.status === 'change' && neighbours && neighbours.together.length > 1)
    await settleTogether(context, neighbours, others, latest);
  let current = latest.get(resource) ?? finding;
  const watched = [finding, ...toWatch(others, latest, [resource])];
  if (current.status === 'unknown') {
    await observe(context.connection, undefined, watched, latest, resource);
    current = latest.get(resource) as Finding;
    if (isUnknown(current.actual)) throw stillUnknown(current.actual);
  }
  if (current.status === 'ok' || current.status === 'rollout') return [];
  const timeoutMs = timeoutOf(resource);
  if (kind.perform) {
    if (notify.length > 0) await runChecked(context.connection, markPending(notify), STEP_TIMEOUT_MS);
    await perform(context, resource, current, target(context, resource.id, timeoutMs));
    await observe(context.connection, undefined, watched, latest, resource);
  } else if (kind.apply) {
    await observe(context.connection, mend(current), watched, latest, resource, timeoutMs);
  } else {
    throw notConverged(current.changes);
  }
  const after = latest.get(resource) as Finding;
  if (isUnknown(after.actual)) throw stillUnknown(after.actual);
  if (after.status === 'change') throw notConverged(after.changes.filter(({ rollout }) => !rollout));
  return current.changes.filter(({ rollout }) => !rollout);
}

/** Where one of them fails, all are looked at again, and the first that is not in order goes by itself: its own step tells why. */
async function settleTogether(
  { connection }: ApplyContext,
  { together, apart }: Neighbours,
  others: readonly PlacedResource[],
  latest: Map<Resource, Finding>,
): Promise<void> {
  const { script, included } = mendTogether(together);
  const resources = included.map(({ resource }) => resource);
  const furtherMs = Math.min((resources.length - 1) * FURTHER_TIMEOUT_MS, MOST_FURTHER_TIMEOUT_MS);
  const timeoutMs = Math.max(...resources.map(timeoutOf)) + furtherMs;
  const watched = [...included, ...toWatch(others, latest, resources)];
  await observe(connection, script, watched, latest, undefined, timeoutMs).catch(async (error: unknown) => {
    if (!(error instanceof ProvisionError) || !SCRIPT_FAILURES.includes(error.code)) throw error;
    await observe(connection, undefined, watched, latest);
    const failed = resources.find((resource) => latest.get(resource)?.status !== 'ok');
    if (failed) apart.add(failed);
  });
}

const SCRIPT_FAILURES: readonly string[] = ['apply-failed', 'disk-full', 'command-timed-out'];

/** By itself, or with what another host of the run has made. */
async function perform(
  { host, workshop }: ApplyContext,
  { kind, desired }: Resource,
  { changes, actual }: Finding,
  target: Target,
): Promise<void> {
  const make = async () => kind.perform?.(desired, changes, actual, target);
  const thing = kind.shared?.(desired);
  if (thing === undefined || workshop === undefined) return make();
  const source = { host, stream: target.stream };
  const fetch = async (from: Source) => kind.fetch?.(desired, from, target);
  await workshop.bring({ thing: `${kind.kind}:${thing}`, source, make, fetch }, target);
}

/** Runs a handler, and looks at these resources in the same exchange. */
export async function handle(
  { connection }: ApplyContext,
  handler: Handler,
  watched: readonly PlacedResource[],
  latest: Map<Resource, Finding>,
): Promise<void> {
  await observe(connection, runHandler(handler), watched, latest).catch((error: unknown) => {
    if (!(error instanceof ProvisionError) || error.code !== 'apply-failed') throw error;
    throw new ProvisionError('handler-failed', error.message, {
      detail: error.detail,
      hint: 'Mend the cause and run again: the handler stays pending on the host until it has run.',
    });
  });
}

/** What is not converged, up to the first that will be applied, and those that may go together with it; everything where all is. */
function toWatch(
  others: readonly PlacedResource[],
  latest: ReadonlyMap<Resource, Finding>,
  current: readonly Resource[],
): readonly PlacedResource[] {
  const rest = others.filter(({ resource }) => !current.includes(resource));
  const open = rest.filter(({ resource }) => !['ok', 'rollout'].includes(latest.get(resource)?.status ?? ''));
  if (open.length === 0) return rest;
  const first = open.findIndex(({ resource }) => latest.get(resource)?.status === 'change');
  if (first === -1) return open;
  if (!open[first]?.resource.kind.appliesTogether) return open.slice(0, first + 1);
  const next = open.findIndex(({ resource }, i) => i > first && !resource.kind.appliesTogether);
  return next === -1 ? open : open.slice(0, next);
}

/** One exchange: runs the script, then looks at the watched resources again. */
async function observe(
  connection: Connection,
  script: Script | undefined,
  watched: readonly PlacedResource[],
  latest: Map<Resource, Finding>,
  current?: Resource,
  timeoutMs = STEP_TIMEOUT_MS,
): Promise<void> {
  const probes = probesOf(watched.map(({ resource }) => resource));
  const sections = joinSections(probes.scripts, script);
  const answer = await connection.run(sections.script, { timeoutMs });
  const results = [...sections.split(answer.stdout)];
  if (script) {
    const result = results.shift();
    const { code, stdout } = result ?? { code: answer.code, stdout: '' };
    if (result?.code !== 0) throw applyFailed(nameOf(current), { code, stdout, stderr: answer.stderr });
  }
  const actuals = readProbes(probes.kinds, probes.resultsOf(results), answer.stderr);
  for (const { role, resource } of watched) {
    // What stands in the way of another resource is for its own turn to say.
    if (resource !== current && isConflicted(resource, actuals.get(resource))) continue;
    for (const finding of compare([{ role, resource }], actuals)) latest.set(resource, finding);
  }
}

function isConflicted(resource: Resource, actual: unknown): boolean {
  return !isUnknown(actual) && resource.kind.diff(resource.desired, actual).some(({ action }) => action === 'conflict');
}

async function runChecked(connection: Connection, script: Script, timeoutMs: number): Promise<void> {
  const result = await connection.run(script, { timeoutMs });
  if (result.code !== 0) throw applyFailed('the step', result);
}

function target({ host, connection, emit, abort }: ApplyContext, id: string, timeoutMs: number): Target {
  return {
    run: (script, options) => connection.run(script, { timeoutMs, ...options }),
    stream: (command) => connection.stream(command),
    progress: (text) => emit({ type: 'step-progress', host, id, text: redact(text) }),
    signal: abort,
  };
}

/** What a message says of whose script it is: that of no resource is a handler's. */
function nameOf(resource: Resource | undefined): string {
  if (resource === undefined) return 'the handler';
  return resource.kind.kind === 'command' ? 'the command' : 'the step';
}

function applyFailed(what: string, script: FailedScript): ProvisionError {
  const { message, detail, hint } = scriptFailure(what, script);
  if (/No space left on device|ENOSPC/.test(`${script.stderr}\n${script.stdout}`)) {
    return new ProvisionError('disk-full', 'the disk of the host is full', {
      detail,
      hint: 'Free space on the host (see `df -h` there), then run again: it goes on where it stopped.',
    });
  }
  return new ProvisionError('apply-failed', message, {
    detail,
    hint: hint ?? 'Mend the cause and run again: it goes on where it stopped.',
  });
}

function notConverged(changes: readonly Change[]): ProvisionError {
  const left = changes.map(({ action, what, from, to }) => {
    if (action === 'run') return [what, 'it would have to run again'].filter(Boolean).join(': ');
    if (action === 'delete') return `${what || 'it'} is still there`;
    return `${what || 'it'}: is ${from ?? 'absent'}${to === undefined ? '' : `, should be ${to}`}`;
  });
  return new ProvisionError('not-converged', 'it was applied, but a second look found it still different', {
    detail: left.join('\n'),
    hint: changes.every(({ action }) => action === 'run')
      ? 'What tells that it need not run (`creates`, `unless`) must be there once it has run: look at what it makes.'
      : 'Something on the host undoes the change, or this is a bug in the resource kind: see --debug for its scripts.',
  });
}

function stillUnknown({ unknown }: Unknown): ProvisionError {
  return new ProvisionError('apply-failed', `its state could not be told: ${unknown}`, {
    hint: 'Look at the host for the reason, then run again.',
  });
}
