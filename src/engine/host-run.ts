/** One host from login to summary: connect, plan, apply; go on after a lost connection. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ProvisionError } from '../errors.ts';
import { asProvisionError } from '../shell/redact.ts';
import { HostLocked } from '../transport/exchange-errors.ts';
import type { Connection, RunOptions } from '../transport/types.ts';
import { type ApplyResult, applyPlan } from './apply.ts';
import { auditScript } from './audit.ts';
import { evaluateRoles, type HostSpec, type PlacedResource, sameDesire } from './evaluate.ts';
import type { Emit, HostPlan, HostSummary } from './events.ts';
import { ASSUMED_FACTS, type Facts } from './facts.ts';
import type { FactsMemory } from './facts-memory.ts';
import type { Place } from './places.ts';
import { describePlan, isInConflict, refuseConflicts, type Survey, survey } from './plan.ts';
import type { ApplyContext } from './settle.ts';
import { newTally, record, summarise, type Tally } from './tally.ts';
import type { Workshop } from './workshop.ts';

/** How often a lost connection is dialled again in one run, and how long to wait before, milliseconds. */
const REDIALS = 3;
const REDIAL_DELAY_MS = 2_000;
const LOCK_POLL_MS = 2_000;
const PLAN_TIMEOUT_MS = 120_000;
/** How long the last step of a run that has died is waited for. */
const LAST_STEP_LIMIT_MS = 600_000;
/** How long another host of this run that is the same machine is waited for. */
const TWIN_LIMIT_MS = 3_600_000;

/** For who counts no places. */
const ALWAYS: Pick<Place, 'lend'> = { lend: (work) => work };

/** A host and how to reach it. */
export interface HostTask extends HostSpec {
  /** For people: `root@203.0.113.10:22`. */
  readonly address: string;
  /** Name or address alone. */
  readonly hostname: string;
  connect(): Promise<Connection>;
}

export interface HostRunOptions {
  readonly mode: 'plan' | 'apply';
  readonly emit: Emit;
  readonly facts: FactsMemory;
  /** Who is at work: `alice@laptop`. */
  readonly by: string;
  /** Who holds the lock while we apply: `alice@laptop, provision apply`. */
  readonly holder: string;
  /** How long to wait for a lock that someone else holds, milliseconds. 0: not at all. */
  readonly lockWaitMs: number;
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** Where the hosts of the run share what they make. */
  readonly workshop?: Workshop | undefined;
  /** The place of the host among those that are worked on. */
  readonly place?: Pick<Place, 'lend'> | undefined;
  /** As `PeerTurns` has it, for this host. */
  readonly awaitPeers?: ApplyContext['awaitPeers'];
  /** What a plan tells, when other hosts have been looked at as well; called when the host itself is no longer needed. */
  readonly complete?: (survey: Survey) => Promise<Survey>;
  /** Told when the host must wait for another one of this run, which is the same machine. */
  readonly onTwin?: () => void;
}

/** A host whose roles were evaluated, with the facts that were remembered of it or else assumed. */
export interface PreparedHost {
  readonly task: HostTask;
  readonly remembered: Facts | undefined;
  readonly placed: readonly PlacedResource[];
}

/** Evaluates the roles of a host before it is touched. @throws ProvisionError whatever a role finds wrong */
export async function prepareHost(task: HostTask, memory: FactsMemory): Promise<PreparedHost> {
  const remembered = await memory.recall(task);
  return { task, remembered, placed: evaluateRoles(task, remembered ?? ASSUMED_FACTS) };
}

/** Runs one host. Never throws for what happens on the host: it is in the summary. */
export async function runHost(prepared: PreparedHost, options: HostRunOptions): Promise<HostSummary> {
  const { task } = prepared;
  const started = performance.now();
  const tally = newTally();
  let error: ProvisionError | undefined;
  let looked: Looked | undefined;
  const failed = (reason: unknown) => asProvisionError(reason, task.name);
  for (let redials = 0; ; redials += 1) {
    error = await attempt(prepared, { ...options, isAgain: redials > 0 }, tally).then((seen) => {
      looked = seen;
      return undefined;
    }, failed);
    if (error?.code !== 'connection-lost' || !tally.connected || redials === REDIALS || options.stop.aborted) break;
    options.emit({ type: 'host-connecting', host: task.name, address: task.address, lost: error.message });
    await sleep(REDIAL_DELAY_MS);
  }
  if (looked) error = await tellPlan(task.name, looked, options, tally).catch(failed);
  // Whatever else fails while the user breaks it off: it was interrupted.
  if (error && (options.abort.aborted || error.code === 'interrupted')) {
    tally.interrupted = true;
    if (error.code !== 'interrupted') error = undefined;
  }
  const summary = summarise(task.name, tally, error, performance.now() - started);
  options.emit({ type: 'host-finished', host: task.name, summary });
  return summary;
}

/** What was seen of a host whose plan is all that is wanted. */
interface Looked {
  readonly placed: readonly PlacedResource[];
  readonly seen: Survey;
  readonly durationMs: number;
}

async function tellPlan(
  host: string,
  { placed, seen, durationMs }: Looked,
  { emit, complete }: HostRunOptions,
  tally: Tally,
): Promise<undefined> {
  const survey = (await complete?.(seen)) ?? seen;
  const plan = describePlan(host, placed, survey);
  emit({ type: 'host-planned', host, plan, durationMs });
  countPlan(tally, plan, survey);
  refuseConflicts(survey.findings);
}

function countPlan(tally: Tally, plan: HostPlan, { findings }: Survey): void {
  const open = plan.resources.filter(({ status }) => status !== 'ok');
  for (const { id, status } of plan.resources) if (status === 'ok' && !tally.changed.has(id)) tally.ok.add(id);
  const blocked = new Set(findings.filter(isInConflict).map(({ resource }) => resource.id));
  for (const { id, status } of open) if (status === 'change' && !blocked.has(id)) tally.changed.add(id);
  for (const { id } of plan.handlers) tally.handled.add(id);
  tally.unknown = open.filter(({ status }) => status === 'unknown').length;
}

async function attempt(
  prepared: PreparedHost,
  options: HostRunOptions & LockOptions,
  tally: Tally,
): Promise<Looked | undefined> {
  const { emit, mode, place = ALWAYS } = options;
  const { task, remembered } = prepared;
  const host = task.name;
  emit({ type: 'host-connecting', host, address: task.address });
  const dialled = performance.now();
  const connection = await place.lend(task.connect());
  const cut = () => void connection.close();
  options.abort.addEventListener('abort', cut, { once: true });
  if (options.abort.aborted) cut();
  try {
    tally.connected = true;
    emit({ type: 'host-connected', host, durationMs: performance.now() - dialled });
    const asked = performance.now();
    const { placed, seen } = await place.lend(surveyHost(prepared, connection, options));
    if (!isDeepStrictEqual(remembered, seen.facts)) await options.facts.remember(task, seen.facts);
    tally.total = placed.length;
    const durationMs = performance.now() - asked;
    if (mode === 'plan') return { placed, seen, durationMs };
    const plan = describePlan(host, placed, seen);
    emit({ type: 'host-planned', host, plan, durationMs });
    if (plan.resources.every(({ status }) => status === 'ok') && plan.handlers.length === 0) {
      countPlan(tally, plan, seen);
      return undefined;
    }
    // Told with all else that differs, and before anything is touched.
    refuseConflicts(seen.findings);
    const result = await applyPlan({ ...options, host, connection, onSettled: record(tally) }, placed, seen);
    tally.interrupted = result.interrupted;
    tally.rollouts = result.rollouts;
    await writeAudit(connection, options, tally, result, performance.now() - dialled);
    if (result.error) throw result.error;
    return undefined;
  } finally {
    options.abort.removeEventListener('abort', cut);
    tally.exchanges += connection.exchanges;
    await options.workshop?.leave(host);
    await connection.close();
  }
}

/** What an apply did stands in the host's log. One that found nothing to do leaves no line, and costs no exchange for it. */
async function writeAudit(
  connection: Connection,
  { by }: HostRunOptions,
  { changed }: Tally,
  { error, interrupted }: ApplyResult,
  durationMs: number,
): Promise<void> {
  if (changed.size === 0 && error === undefined) return;
  const detail = `${changed.size} changed${error ? `, ${error.task ?? error.code} failed` : ''}`;
  const outcome = error ? 'failed' : interrupted ? 'interrupted' : 'ok';
  // A log that cannot be written must not make a run fail that went well.
  await connection.run(auditScript({ by, what: 'apply', detail, outcome, durationMs })).catch(() => undefined);
}

interface LockOptions extends Pick<HostRunOptions, 'mode' | 'holder' | 'lockWaitMs' | 'stop' | 'emit' | 'onTwin'> {
  /** An earlier connection of the run was lost, perhaps in the middle of a step. */
  readonly isAgain?: boolean;
}

/** One exchange as a rule; a second one where the host's facts call for other desired states than assumed. */
export async function surveyHost(
  { task, remembered = ASSUMED_FACTS, placed }: PreparedHost,
  connection: Connection,
  options: LockOptions,
): Promise<{ placed: readonly PlacedResource[]; seen: Survey }> {
  const seen = await surveyWithLock(connection, placed, options);
  if (isDeepStrictEqual(remembered, seen.facts)) return { placed, seen };
  const again = evaluateRoles(task, seen.facts);
  if (sameDesires(placed, again)) return { placed, seen };
  return { placed: again, seen: await survey(connection, again, { timeoutMs: PLAN_TIMEOUT_MS }) };
}

async function surveyWithLock(
  connection: Connection,
  placed: readonly PlacedResource[],
  { mode, holder, lockWaitMs, stop, emit, onTwin, isAgain = false }: LockOptions,
): Promise<Survey> {
  const started = performance.now();
  let told = '';
  let run: RunOptions = { timeoutMs: PLAN_TIMEOUT_MS, ...(mode === 'apply' ? { lock: holder } : {}) };
  for (;;) {
    try {
      return await survey(connection, placed, run);
    } catch (error) {
      if (!(error instanceof HostLocked)) throw error;
      if (stop.aborted) throw interruptedWaiting(error, isAgain);
      const { deadHolder: lockFrom, message, twin } = error;
      if (twin !== undefined && twin !== connection.host) onTwin?.();
      const waitedMs = performance.now() - started;
      const leftMs = Math.max(lockWaitMs, unaskedWaitMs(error)) - waitedMs;
      if (leftMs <= 0) throw told === '' ? error : error.afterWaiting(waitedMs);
      if (message !== told) emit({ type: 'host-waiting', host: connection.host, text: message });
      told = message;
      if (lockFrom === undefined) await sleep(Math.min(LOCK_POLL_MS, leftMs));
      else run = { ...run, lockFrom };
    }
  }
}

/** How long a run waits for a lock though nobody asked it to: for what ends by itself. */
function unaskedWaitMs({ deadHolder, twin }: HostLocked): number {
  if (twin !== undefined) return TWIN_LIMIT_MS;
  return deadHolder === undefined ? 0 : LAST_STEP_LIMIT_MS;
}

function interruptedWaiting({ host, message }: HostLocked, isAgain: boolean): ProvisionError {
  const hint = isAgain
    ? 'What was under way when the connection was lost may go on to its end there. Run it again: it waits for that, and goes on.'
    : 'Nothing was touched. Run it again.';
  return new ProvisionError('interrupted', `interrupted while it waited: ${message}`, { host, hint });
}

/** Whether two evaluations of a host's roles ask for the same. */
export function sameDesires(a: readonly PlacedResource[], b: readonly PlacedResource[]): boolean {
  return a.length === b.length && a.every(({ resource }, i) => sameDesire(resource, (b[i] as PlacedResource).resource));
}
