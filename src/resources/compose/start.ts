/** How containers of a compose service are started, waited for and removed. */

import { ProvisionError } from '../../errors.ts';
import { joinScripts, type Script, sh } from '../../shell/sh.ts';
import type { ScriptResult, Target } from '../contract.ts';
import { lastLogLines } from '../docker/container-logs.ts';
import { NO_ENGINE } from '../docker/engine.ts';
import { askHttp, describeAnswer, isHealthy, readAnswers, wantedAnswer } from '../http-check.ts';
import { waitFor } from '../wait.ts';
import {
  type Container,
  describeContainer,
  INSPECT_FORMAT,
  readInspected,
  replicaContainer,
  serviceLabel,
} from './container.ts';
import { type ComposeService, checksOf, replicaUrl, type Slot } from './desired.ts';
import { ASSEMBLE, COMPOSE, type FragmentSource, recordMade, removeFragments, writeFragment } from './files.ts';
import { startReasons } from './start-output.ts';
import { type ActualService, hasOtherLimit, isOurs, judge, missingSlots, type Replica, type Verdict } from './state.ts';

/** How long a container without a health check of ours may take until its own one succeeds. */
const HEALTHY_LIMIT_MS = 180_000;
/** A container that nobody can ask has come up when it has not died for so long. */
const STEADY_MS = 2000;
/** What Docker may take to start or remove a container, besides what the application is given to end. */
const OWN_LIMIT_MS = 120_000;
/** How long a container may be down while others that it needs still start. */
const DOWN_LIMIT_MS = 30_000;

/**
 * Makes a service what it shall be, as far as nobody's requests are in the way: what a rolling redeploy must do is left.
 * A replica that is replaced is waited for before the next one, so that of several one always answers.
 */
export async function bringUp(desired: ComposeService, actual: ActualService, target: Target): Promise<void> {
  const verdicts = judge(desired, actual);
  for (const verdict of verdicts) {
    if (verdict.change?.rollout) continue;
    await mend(desired, actual, verdict, target);
  }
  const left = verdicts.filter(({ action, change }) => action !== 'remove' || change?.rollout);
  const missing = missingSlots(desired, { ...actual, replicas: left.map(({ replica }) => replica) });
  for (const slot of missing) await startReplica(desired, slot, sourceOf(slot, actual), target);
  for (const slot of missing) await waitForReplica(desired, slot, target);
}

async function mend(
  desired: ComposeService,
  actual: ActualService,
  { replica, slot, action }: Verdict,
  target: Target,
): Promise<void> {
  if (action === 'none') return;
  if (action === 'remove' || slot === undefined) return removeReplica(desired, replica.name, target);
  if (action === 'replace') await startReplica(desired, slot, sourceOf(slot, actual), target, replica);
  if (action === 'revive') {
    const script = revive(desired, slot, replica.container);
    checkResult(await target.run(script), `the container of ${slot.name} could not be started`);
  }
  await waitForReplica(desired, slot, target);
}

/** After a rollback the release that was brought back counts, not the inventory. */
function sourceOf({ definition }: Slot, { held }: ActualService): FragmentSource {
  return held ? { release: 'current' } : { definition };
}

/**
 * Starts the container of a slot from a definition, in place of one that may be there.
 * @throws ProvisionError `apply-failed`, `disk-full`
 */
export async function startReplica(
  service: ComposeService,
  { name, container }: Pick<Slot, 'name' | 'container'>,
  source: FragmentSource,
  target: Target,
  present?: Replica,
): Promise<void> {
  const { project, directory, limits } = service;
  const script = sh`
    ${COMPOSE}
    ${ASSEMBLE}
    cd ${directory} || exit
    ${writeFragment(name, source)}
    ${isForeign(project, present) ? sh`docker stop ${container} >/dev/null && docker rm ${container} >/dev/null || exit` : sh`:`}
    compose -p ${project} -f compose.yml up -d --no-deps --no-build --force-recreate ${name} || exit
    ${recordMade(name, container, checksOf(service))}
  `;
  const result = await target.run(script, { timeoutMs: limits.stopMs + OWN_LIMIT_MS });
  const stderr = startReasons(`${result.stdout}\n${result.stderr}`);
  checkResult({ code: result.code, stdout: '', stderr }, `the container of ${name} could not be started`);
}

/** Compose replaces its own containers alone: one that only bears the name, or even the labels, is in its way. */
function isForeign(project: string, present: Replica | undefined): boolean {
  if (present?.container === undefined) return false;
  return present.container.service !== serviceLabel(project, present.name) || !isOurs(present);
}

/** Stops and removes the container of a replica, if there is one, and forgets it. @throws ProvisionError `apply-failed` */
export async function removeReplica(
  { project, directory, limits }: Pick<ComposeService, 'project' | 'directory' | 'limits'>,
  name: string,
  target: Target,
  container = replicaContainer(project, name),
): Promise<void> {
  const seconds = Math.ceil(limits.stopMs / 1000);
  const script = sh`
    ${ASSEMBLE}
    cd ${directory} || exit
    if docker stop -t ${seconds} ${container} >/dev/null 2>"$RUN"/refused; then
      docker rm ${container} >/dev/null || exit
    elif docker inspect --format . ${container} >/dev/null 2>&1; then
      cat "$RUN"/refused >&2
      exit 1
    fi
    ${removeFragments([name])}
  `;
  const result = await target.run(script, { timeoutMs: limits.stopMs + OWN_LIMIT_MS });
  checkResult(result, `the container of ${name} could not be removed`);
}

/** What makes a container that is the right one run again. */
function revive(desired: ComposeService, { container }: Slot, actual: Container | undefined): Script {
  const { restart, memoryBytes } = desired;
  const { status, health, restartPolicy } = actual ?? {};
  const isLimited = actual !== undefined && memoryBytes > 0 && hasOtherLimit(desired, actual);
  // Where nothing is said of swap, a container may take as much of it again.
  const limits = ['--memory', String(memoryBytes), '--memory-swap', String(2 * memoryBytes)];
  const scripts = [
    ...(restartPolicy === restart ? [] : [sh`docker update --restart ${restart} ${container} >/dev/null`]),
    ...(isLimited ? [sh`docker update ${limits} ${container} >/dev/null`] : []),
    ...(status === 'paused' ? [sh`docker unpause ${container} >/dev/null`] : []),
    ...(status === 'running' && health === 'unhealthy' ? [sh`docker restart ${container} >/dev/null`] : []),
    ...(['paused', 'running', 'restarting'].includes(status ?? '') ? [] : [sh`docker start ${container} >/dev/null`]),
  ];
  return joinScripts([sh`:`, ...scripts], ' && ');
}

export interface WaitOptions {
  /** How often the container may be started again before it is given up. Default: as often as time allows. */
  readonly mostRestarts?: number;
}

/**
 * Waits until a replica answers as it should; without a health check of ours until it is healthy by its own, or has run for
 * a moment without dying.
 * @returns when its container was started, as Docker tells it
 * @throws ProvisionError `not-healthy` with the last answer and the end of the container's log; `interrupted`
 */
export async function waitForReplica(
  desired: ComposeService,
  slot: Slot,
  target: Target,
  { mostRestarts = Infinity }: WaitOptions = {},
): Promise<string> {
  const { health } = desired;
  const { name, container } = slot;
  const url = health && replicaUrl(desired, slot, health.path);
  let up: { readonly startedAt: string; readonly since: number } | undefined;
  let downSince: number | undefined;
  let starts = 0;

  async function look() {
    const ask = url === undefined ? [] : [sh`(${askHttp([url], health?.status)})`];
    const inspect = sh`docker inspect --format ${INSPECT_FORMAT} ${container} 2>&1`;
    const { stdout } = await target.run(joinScripts([...ask, inspect]));
    const inspected = readInspected(stdout, [container]);
    // It may be starting again, as after an upgrade, and leaves containers running meanwhile.
    if (inspected === undefined) return { done: false, state: NO_ENGINE, hopeless: false };
    const found = inspected.get(container);
    if (found === undefined || !('status' in found)) return { done: false, state: 'gone', hopeless: true };
    const now = performance.now();
    const isRunning = found.status === 'running';
    // One that dies and is restarted between two looks has not been up all the time.
    if (up?.startedAt !== found.startedAt) {
      up = { startedAt: found.startedAt, since: now };
      starts += 1;
    }
    const isSteady = isRunning && now - up.since >= STEADY_MS;
    downSince = isSteady || (isRunning && found.health !== undefined) ? undefined : (downSince ?? now);
    const isDown = downSince !== undefined && now - downSince >= DOWN_LIMIT_MS;
    const hopeless = isDown || starts > mostRestarts + 1;
    if (!isRunning) return { done: false, state: describeContainer(found), hopeless };
    if (health && url) {
      const [answer] = readAnswers(stdout, 1);
      return { done: isHealthy(health, answer), state: describeAnswer(answer), hopeless };
    }
    const done = found.health === undefined ? isSteady : found.health === 'healthy';
    return { done, state: describeContainer(found), hopeless };
  }

  const limitMs = health?.timeoutMs ?? HEALTHY_LIMIT_MS;
  const { done, state, hopeless } = await waitFor(name, target, look, {
    limitMs,
    intervalMs: url === undefined ? 250 : 50,
  });
  if (done) return up?.startedAt ?? '';
  const limit = `${Math.round(limitMs / 1000)} s`;
  throw new ProvisionError(
    'not-healthy',
    hopeless ? `${name} does not stay up: ${state}` : `${name} did not become healthy within ${limit}: ${state}`,
    {
      detail: state === NO_ENGINE ? undefined : await lastLogLines(container, target),
      hint:
        state === NO_ENGINE
          ? 'Look at it on the host: systemctl status docker. The version itself may be in order.'
          : health === undefined || hopeless
            ? `The end of its log tells why; \`docker logs ${container}\` on the host shows all of it.`
            : `${url} should answer ${wantedAnswer(health)}. If it only needs longer, raise the time limit of its health check.`,
    },
  );
}

/** @throws ProvisionError `disk-full`, `apply-failed` with the end of what the script printed */
export function checkResult({ code, stdout, stderr }: ScriptResult, message: string): void {
  if (code === 0) return;
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  const isFull = lines.some((line) => /no space left on device/i.test(line));
  throw new ProvisionError(isFull ? 'disk-full' : 'apply-failed', isFull ? 'the disk of the host is full' : message, {
    detail: lines.slice(-15).join('\n'),
    hint: isFull
      ? 'Free space on the host (see `df -h` there), then run again: it goes on where it stopped.'
      : 'Mend the cause and run again: it goes on where it stopped.',
  });
}
