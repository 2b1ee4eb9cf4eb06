/** Plays recorded runs to look at the reports in a terminal: node test/report/demo.ts [plan|apply|many|crowd] [terminal|plain|json] */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../../src/engine/events.ts';
import { wantsColour } from '../../src/report/colour.ts';
import { createReporter } from '../../src/report/create-reporter.ts';
import type { ReporterOptions } from '../../src/report/reporter.ts';
import { sampleRun } from './html/sample.ts';
import { applyEvents, LONG_NAME, planEvents, runEvents, unreachable } from './recorded.ts';

const [scene = 'apply', mode = 'terminal', ...flags] = process.argv.slice(2);
const has = (flag: string) => flags.includes(flag);
const colour = ({ isTTY }: { isTTY?: boolean }) =>
  wantsColour({ env: process.env, isTTY: isTTY ?? false, refused: has('--no-color') });

const reporter = createReporter({
  mode: mode as ReporterOptions['mode'],
  stdout: process.stdout,
  stderr: process.stderr,
  colour: { stdout: colour(process.stdout), stderr: colour(process.stderr) },
  columns: process.stdout.columns ?? 80,
  rows: process.stdout.rows ?? 24,
  verbose: has('--verbose'),
  diff: has('--diff'),
  debug: has('--debug'),
});

const SCENES: Record<string, () => ReturnType<typeof runEvents>> = {
  plan: () => runEvents('plan', [planEvents('web1')]),
  apply: () => runEvents('apply', [applyEvents('web1')]),
  many: () => {
    const failing = applyEvents('web2', { failing: 'image:palindrome-app' });
    return runEvents('apply', [
      applyEvents('web1'),
      failing,
      applyEvents(LONG_NAME),
      unreachable('web4'),
      unreachable('web5'),
    ]);
  },
};

if (scene === 'crowd') {
  await playCrowd();
  process.exit();
}

const events = SCENES[scene]?.() ?? [];
const [first, last] = [events[0], events.at(-1)];
const hosts = first?.type === 'run-started' ? first.hosts : [];
const tempoMs = Number(process.env.TEMPO_MS ?? 700);

if (first) reporter.handle(first);
await Promise.all(
  hosts.map(async (host, i) => {
    await sleep(i * 200);
    for (const event of events.filter((entry) => 'host' in entry && entry.host === host)) {
      reporter.handle(event);
      await sleep(tempoMs);
    }
  }),
);
if (last) reporter.handle(last);
await reporter.finish();

/** A thousand hosts, at the speed of the recording. */
async function playCrowd(): Promise<void> {
  const { events } = sampleRun({
    hosts: 1_000,
    failEach: 60,
    drift: 0.1,
    resources: 20,
    mode: has('--plan') ? 'plan' : 'apply',
  });
  const started = performance.now();
  const speed = Number(process.env.SPEED ?? 10);
  for (const { atMs, ...event } of events) {
    const waitMs = atMs / speed - (performance.now() - started);
    if (waitMs > 5) await sleep(waitMs);
    reporter.handle(event as Event);
  }
  await reporter.finish();
}
