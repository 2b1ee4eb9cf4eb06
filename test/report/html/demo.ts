/** Writes pages to look at in a browser: node test/report/html/demo.ts FOLDER */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeReport } from '../../../src/report/html/write.ts';
import { type SampleOptions, sampleRun } from './sample.ts';

const [folder = 'pages'] = process.argv.slice(2);

const PAGES: Readonly<Record<string, SampleOptions>> = {
  'one-host': { hosts: 1, failEach: 0 },
  'one-host-failed': { hosts: 1, failEach: 1, resources: 30 },
  'one-host-in-order': { hosts: 1, failEach: 0, drift: 0 },
  'few-hosts-plan': { hosts: 5, failEach: 0, mode: 'plan', resources: 24 },
  'many-hosts': { hosts: 200 },
  'many-hosts-in-order': { hosts: 200, failEach: 0, drift: 0 },
  'very-many-hosts': { hosts: 2_000, failEach: 60, drift: 0.1 },
};

mkdirSync(folder, { recursive: true });
for (const [name, options] of Object.entries(PAGES)) {
  const file = join(folder, `${name}.html`);
  const started = performance.now();
  const { run, events } = sampleRun(options);
  const made = performance.now();
  writeReport(file, run, events);
  console.log(
    `${file}: ${Math.round(made - started)} ms for the sample, ${Math.round(performance.now() - made)} ms for the page`,
  );
}
