import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { EXIT, type ExitCode, ProvisionError } from '../../errors.ts';
import { createPaint } from '../../report/colour.ts';
import { checkReportFile } from '../../report/html/write.ts';
import { writeJunit } from '../../report/junit.ts';
import { createTrialReporter, type TrialReporter } from '../../report/trial-reporter.ts';
import { trialsLines } from '../../report/trial-text.ts';
import { imageReference } from '../../resources/docker/image-name.ts';
import { personHere } from '../../resources/person.ts';
import { openEngine } from '../../throwaway/engine.ts';
import { keyPairIn } from '../../throwaway/key.ts';
import { removeLeftovers, startHosts, type Workshop } from '../../trial/hosts.ts';
import { loadScenario, resolveScenario } from '../../trial/inventory.ts';
import { hasPassed, type TrialResult } from '../../trial/results.ts';
import { findScenarios, type Scenario } from '../../trial/scenarios.ts';
import { runTrial, type TrialOptions } from '../../trial/trial.ts';
import type { Options } from '../arguments/options.ts';
import { untilInterrupted } from '../hosts.ts';
import { keyringOf } from '../keyring.ts';
import { colourOf, textOptions } from '../print.ts';
import { isLive } from '../session.ts';

/** What a host is made from where nothing else is said. */
const DEFAULT_IMAGE = 'debian:trixie-slim';

type Checked = Pick<TrialOptions, 'scenario' | 'inventory' | 'specs'>;

/** `provision test`: roles on throwaway hosts. Everything is read and checked before a host is started. */
export async function execute(options: Options): Promise<ExitCode> {
  const { junit, keep, arguments: words } = options;
  if (junit !== undefined) checkReportFile(junit);
  const images = imagesOf(options);
  const checked = await checkAll(findScenarios(words, process.cwd()), options);
  const docker = await openEngine(process.env.DOCKER_HOST);
  return untilInterrupted(async (stop) => {
    const key = keyPairIn(join(cacheFolder(), 'test'), 'provision-test');
    const workshop: Workshop = { docker, key, machine: hostname(), pid: process.pid, keep, stop };
    await removeLeftovers(workshop, isAlive);
    const reporter = openReporter(options);
    const results: TrialResult[] = [];
    const startOn: TrialOptions['startHosts'] = (trial, names, note) => startHosts(workshop, trial, names, note);
    const course = { startHosts: startOn, keep, stop, by: personHere(), emit: reporter.handle };
    try {
      for (const { image, ...trial } of trialsOf(checked, images)) {
        if (!stop.aborted) results.push(await runTrial({ ...trial, ...course, image }));
      }
    } finally {
      await reporter.finish();
      if (junit !== undefined) writeJunit(junit, results);
    }
    if (!options.json) process.stdout.write(`${trialsLines(results, textOptions(options)).join('\n')}\n`);
    return results.every(hasPassed) ? EXIT.ok : EXIT.failed;
  });
}

/** @throws ProvisionError whatever is wrong with a scenario or its roles */
async function checkAll(scenarios: readonly Scenario[], options: Options): Promise<readonly Checked[]> {
  const keyring = keyringOf(options);
  const checked: Checked[] = [];
  for (const scenario of scenarios) {
    const inventory = await loadScenario(scenario, { env: process.env, keyring });
    checked.push({ scenario, inventory, specs: await resolveScenario(inventory) });
  }
  return checked;
}

/** `--image`, which is the same option as that of init, with commas between several. @throws ProvisionError `usage` */
function imagesOf({ answers: { image } }: Options): readonly string[] | undefined {
  if (image === undefined) return undefined;
  const names = String(image).split(',');
  const wrong = names.find((name) => !imageReference().safeParse(name).success);
  if (wrong === undefined) return names;
  throw new ProvisionError('usage', `--image needs names of images, not ${JSON.stringify(wrong)}`, {
    hint: `For example --image ${DEFAULT_IMAGE},debian:bookworm-slim.`,
  });
}

/** Each scenario on each of these images, or of those that it names itself for any of its hosts. */
function trialsOf(checked: readonly Checked[], images: readonly string[] | undefined) {
  return checked.flatMap((trial) => {
    const named = new Set(trial.specs.flatMap(({ test }) => test.images ?? []));
    return (images ?? (named.size > 0 ? [...named] : [DEFAULT_IMAGE])).map((image) => ({ ...trial, image }));
  });
}

function openReporter(options: Options): TrialReporter {
  const { stdout, stderr } = process;
  const paint = createPaint(colourOf(stderr, options));
  return createTrialReporter({
    stdout,
    stderr,
    paint,
    text: textOptions(options),
    isLive: isLive(options),
    json: options.json,
  });
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'provision');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
