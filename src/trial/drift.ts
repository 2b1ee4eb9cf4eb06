/** Drift: what is changed by hand must show in a plan, and be mended by an apply. */
import type { PlacedResource } from '../engine/evaluate.ts';
import { ProvisionError } from '../errors.ts';
import { joinScripts, type Script, sh } from '../shell/sh.ts';
import type { Bench } from './bench.ts';
import type { TrialHostSpec } from './inventory.ts';
import type { Changed, Run } from './runner.ts';
import { mustRun } from './scripts.ts';
import type { Disturbance, TestSpec } from './spec.ts';
import type { Steps } from './steps.ts';

/** A resource that can be changed by hand, and how. */
export interface Target {
  readonly id: string;
  readonly script: Script;
}

/** What can be disturbed of the resources of a role, but for those that the scenario wants to be left alone. */
export function targetsOf(
  placed: readonly PlacedResource[],
  role: string,
  { leave_alone }: Pick<TestSpec, 'leave_alone'>,
): readonly Target[] {
  return placed.flatMap(({ role: owner, resource: { id, kind, desired } }) => {
    if (owner !== role || leave_alone === 'all' || leave_alone.includes(id)) return [];
    const script = kind.disturb?.(desired);
    return script === undefined ? [] : [{ id, script }];
  });
}

/** Disturbs all of them, the last one first, for it may need those before it. A line `NUMBER WHY` tells of each that cannot be. */
export function disturbScript(targets: readonly Target[]): Script {
  const scripts = targets.map(
    ({ script }, i) => sh`
      said=$({
      ${script}
      } 2>&1) || printf '%s %s\n' ${i} "$(printf '%s' "$said" | tr '\n' ' ')"
    `,
  );
  return joinScripts(scripts.toReversed());
}

/** Why what cannot be disturbed could not be, by the places in the list. */
export function parseFailures(output: string): ReadonlyMap<number, string> {
  return new Map([...output.matchAll(/^(\d+) (.*)$/gm)].map(([, place, why = '']) => [Number(place), why]));
}

/** A resource that was changed by hand, or why it could not be. */
interface Disturbed {
  readonly host: string;
  readonly id: string;
  readonly why: string | undefined;
}

/**
 * All resources of the role that can be disturbed, at once, so that it takes three runs however many there are; each is a
 * step of its own.
 */
export async function builtInDrift(
  specs: readonly TrialHostSpec[],
  role: string,
  bench: Bench,
  steps: Steps,
): Promise<void> {
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  steps.begin('drift');
  try {
    const disturbed = await disturbAll(specs, role, bench, steps);
    if (disturbed.length === 0) return;
    const planned = await planAndMend(bench.run);
    const durationMs = elapsed() / disturbed.length;
    for (const one of disturbed) {
      const { host, id, why } = one;
      const seen = planned.find((changed) => changed.host === host && changed.id === id);
      const error = why !== undefined ? notDisturbed(why) : seen === undefined ? unseen([id]) : undefined;
      const detail = seen?.changes.map(({ what, action }) => what || action).join(', ');
      const name = `drift: ${titleOf(specs, host, id)}`;
      steps.record({ name, status: error === undefined ? 'passed' : 'failed', detail, durationMs, error });
    }
  } catch (reason) {
    steps.record({ name: 'drift', status: 'failed', durationMs: elapsed(), error: steps.errorOf(reason) });
  }
}

async function disturbAll(
  specs: readonly TrialHostSpec[],
  role: string,
  bench: Bench,
  { note }: Steps,
): Promise<readonly Disturbed[]> {
  const disturbed: Disturbed[] = [];
  for (const { name: host, test } of specs) {
    const targets = targetsOf(await bench.resources(host), role, test);
    if (targets.length === 0) continue;
    note(`changing ${targets.length} resources by hand`);
    const script = disturbScript(targets);
    const { stdout } = await bench.on(host, (connection) => connection.run(script, { timeoutMs: test.timeout }));
    const failures = parseFailures(stdout);
    disturbed.push(...targets.map(({ id }, i) => ({ host, id, why: failures.get(i) })));
  }
  return disturbed;
}

/** What the scenario itself does to a host. @returns the ids that a plan told of */
export async function ownDrift(
  host: string,
  { run: script, sees }: Disturbance,
  { test }: Pick<TrialHostSpec, 'test'>,
  bench: Bench,
): Promise<string> {
  await bench.on(host, (connection) => mustRun(connection, script, test.timeout));
  const planned = await planAndMend(bench.run);
  if (planned.length === 0) throw unseen([]);
  const missing = sees.filter((id) => !planned.some((one) => one.host === host && one.id === id));
  if (missing.length > 0) throw unseen(missing);
  return idsOf(planned);
}

/** What it is called: the host stands before, where there are several. */
export function titleOf(specs: readonly TrialHostSpec[], host: string, title: string): string {
  return specs.length > 1 ? `${host}: ${title}` : title;
}

/** @returns what a plan told of @throws ProvisionError `test-failed` where an apply does not mend it */
async function planAndMend(run: Run): Promise<readonly Changed[]> {
  const { changed: planned } = await run('plan');
  await run('apply');
  const { changed: left } = await run('plan');
  if (left.length === 0) return planned;
  throw new ProvisionError('test-failed', `after an apply there is still something to change: ${idsOf(left)}`, {
    hint: 'Look at what apply does there: what it leaves must be what the plan asks for.',
  });
}

export function idsOf(changed: readonly Changed[]): string {
  return [...new Set(changed.map(({ id }) => id))].join(', ');
}

/** @param ids what a plan should have told of; none: anything */
function unseen(ids: readonly string[]): ProvisionError {
  const message = ids.length === 0 ? 'a plan sees nothing of it' : `a plan does not tell of ${ids.join(', ')}`;
  return new ProvisionError('test-failed', message, {
    hint: 'Look at what was changed by hand: does a resource of the role stand for it, and does its probe look there?',
  });
}

function notDisturbed(why: string): ProvisionError {
  return new ProvisionError('test-failed', 'it could not be changed by hand', {
    detail: why,
    hint: 'If it is not to be, name it in leave_alone of the scenario.',
  });
}
