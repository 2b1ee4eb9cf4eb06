/** One scenario on one image. It reads as what it does: plan on a bare host, apply, apply again, assertions, drift. */
import { ProvisionError } from '../errors.ts';
import type { Inventory } from '../inventory/types.ts';
import type { Change } from '../resources/contract.ts';
import { type Bench, createBench } from './bench.ts';
import { builtInDrift, idsOf, ownDrift, titleOf } from './drift.ts';
import type { TrialHost } from './hosts.ts';
import { resolveScenario, type TrialHostSpec } from './inventory.ts';
import type { EmitTrial, Trial, TrialResult } from './results.ts';
import type { Changed, Run } from './runner.ts';
import type { Scenario } from './scenarios.ts';
import { checkAssertion, mustRun } from './scripts.ts';
import { scriptTitle } from './spec.ts';
import { createSteps, type Steps } from './steps.ts';

export interface TrialOptions {
  readonly scenario: Scenario;
  readonly inventory: Inventory;
  /** The hosts of the inventory, as they were checked before any was started. */
  readonly specs: readonly TrialHostSpec[];
  readonly image: string;
  startHosts(trial: Trial, names: readonly string[], note: (text: string) => void): Promise<readonly TrialHost[]>;
  /** Leave the hosts running. */
  readonly keep: boolean;
  /** Who is at work: `alice@laptop`. */
  readonly by: string;
  readonly stop: AbortSignal;
  readonly emit: EmitTrial;
}

/** Never throws for what happens on the hosts: it is in the results. They are removed in any case, unless they are to be kept. */
export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  const { scenario, specs, image, keep, emit } = options;
  const trial: Trial = { scenario: scenario.name, image };
  const startedAt = new Date();
  const started = performance.now();
  const steps = createSteps(trial, options);
  let hosts: readonly TrialHost[] = [];
  let bench: Bench | undefined;
  // No step that needs it is taken where there is none.
  const up = () => bench as Bench;

  emit({ type: 'trial-started', trial });
  try {
    await steps.must('host', async () => {
      hosts = await options.startHosts(trial, [...options.inventory.hosts.keys()], steps.note);
      const addresses = new Map(hosts.map(({ name, hostname }) => [name, hostname]));
      bench = createBench(await resolveScenario(options.inventory, addresses), hosts, { ...options, note: steps.note });
      return hosts.map(({ address }) => address).join(', ');
    });
    if (specs.some(({ test }) => test.before.length > 0)) await steps.must('before', () => before(specs, up()));
    await steps.must('plan', async () => `${(await up().run('plan')).changed.length} to change`);
    await steps.must('apply', async () => `${(await up().run('apply')).changed.length} changed`);
    const isStable = await steps.take('apply again', () => changesNothing(up().run));
    for (const spec of specs) await assertions(spec);
    // Where nothing stays as it is, nobody can tell what was changed by hand.
    if (!isStable || steps.isBroken) {
      steps.skip('drift');
    } else {
      await builtInDrift(specs, scenario.role, up(), steps);
      for (const spec of specs) await disturbances(spec);
    }
  } finally {
    if (!keep) await removeAll(hosts, steps);
  }
  const kept = keep ? hosts.map((host) => host.kept) : [];
  const durationMs = performance.now() - started;
  const result: TrialResult = { ...trial, startedAt, durationMs, steps: steps.results, kept };
  emit({ type: 'trial-finished', result });
  return result;

  async function assertions({ name, test }: TrialHostSpec): Promise<void> {
    for (const assertion of test.assert) {
      await steps.take(`assert: ${titleOf(specs, name, scriptTitle(assertion))}`, async () => {
        await up().on(name, (connection) => checkAssertion(connection, assertion, test.timeout));
        return undefined;
      });
    }
  }

  async function disturbances(spec: TrialHostSpec): Promise<void> {
    for (const disturbance of spec.test.disturb) {
      const title = titleOf(specs, spec.name, scriptTitle(disturbance));
      await steps.take(`drift: ${title}`, () => ownDrift(spec.name, disturbance, spec, up()));
    }
  }
}

async function before(specs: readonly TrialHostSpec[], bench: Bench): Promise<undefined> {
  for (const { name, test } of specs) {
    for (const script of test.before) await bench.on(name, (connection) => mustRun(connection, script, test.timeout));
  }
}

/** @throws ProvisionError `test-failed` where an apply finds something to do after an apply */
async function changesNothing(run: Run): Promise<string> {
  const { changed } = await run('apply');
  if (changed.length === 0) return '0 changed';
  throw new ProvisionError('test-failed', `applied again, it changes ${idsOf(changed)} once more`, {
    detail: changed.flatMap(describe).join('\n'),
    hint: 'What is in order must be seen to be: let the role describe a state that stays.',
  });
}

function describe({ id, changes }: Changed): string[] {
  return changes.map((change) => {
    const [from = 'nothing', to = 'nothing'] = change.text ? firstDifference(change.text) : [change.from, change.to];
    return `${id}: ${[change.action, change.what].filter(Boolean).join(' ')}, ${from} -> ${to}`;
  });
}

/** The first lines of two texts that differ. */
function firstDifference({ before, after }: NonNullable<Change['text']>): [before: string, after: string] {
  const [old, now] = [before, after].map((text) => text.split('\n')) as [string[], string[]];
  const at = Array.from({ length: Math.max(old.length, now.length) }).findIndex((_, i) => old[i] !== now[i]);
  return [old, now].map((lines) => (lines[at] === undefined ? 'nothing' : JSON.stringify(lines[at]))) as [
    string,
    string,
  ];
}

async function removeAll(hosts: readonly TrialHost[], steps: Steps): Promise<void> {
  if (hosts.length > 0) steps.note('removing the host');
  const removed = await Promise.allSettled(hosts.map((host) => host.remove()));
  for (const result of removed) {
    if (result.status === 'fulfilled') continue;
    steps.record({ name: 'remove', status: 'failed', durationMs: 0, error: steps.errorOf(result.reason) });
  }
}
