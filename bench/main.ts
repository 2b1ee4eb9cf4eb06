/**
 * `npm run bench`: how long runs take beside Ansible and beside ssh alone, which is the floor, on throwaway hosts of the lab.
 * All are measured in turn, so that a busy moment of the machine strikes them alike.
 *
 *   --only PART   only the cases whose name holds PART, such as "100 ms" or "first run"; may be given several times
 *   --full        all cases, and Ansible also where it takes minutes: hours
 *   --rounds N    default 5; who takes longer than a minute runs once
 *
 * The raw figures stay in bench/results/, the picture is docs/bench.svg (with --only beside the figures). Exits with 1 where
 * something could not be measured; a goal that is missed is told, no more.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ours from '../package.json' with { type: 'json' };
import { type LabHost, startHost } from '../test/lab/host.ts';
import { messageOf } from '../test/lab/lab-error.ts';
import { say, step } from '../test/lab/progress.ts';
import { goalLines } from './goals.ts';
import { inFolder } from './in-folder.ts';
import { type Case, chooseCases, goalsOf, type Measured, nameOf, type Sample } from './matrix.ts';
import { busyPercent, converge, type Program, run } from './measure.ts';
import { ansibleVersion, ensureAnsible, prepareHost } from './peer.ts';
import { plot } from './plot.ts';
import { csvLines, resultLines } from './results.ts';
import { ansibleChanges, changesOf, openSite, type Site, writeProbe } from './site.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));
const PICTURE = fileURLToPath(new URL('../docs/bench.svg', import.meta.url));
/** Who takes longer runs once. */
const SLOW_MS = 60_000;
/** Lists and packages that were fetched for Python. Ansible tells by the folder's time whether the lists are up to date. */
const BARE_AGAIN = `rm -rf /var/lib/apt/lists/* /var/lib/apt/periodic/* /var/cache/apt/*
  mkdir -p /var/cache/apt/archives/partial /var/lib/apt/lists/partial; touch -d @0 /var/lib/apt/lists`;
/** Above it the user is told. */
const BUSY_PERCENT = 20;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
  },
});
const rounds = Number(values.rounds);

async function main(folder: string): Promise<void> {
  const cases = chooseCases(values.only, values.full);
  if (cases.length === 0) throw new Error(`no case has ${values.only.join(' or ')} in its name`);
  await ensureAnsible();
  const busy = await busyPercent();
  if (busy > BUSY_PERCENT) say(`others keep this machine busy (${busy} %): all times will be longer`);
  const measured: Measured[] = [];
  const standing = cases.filter(({ action }) => action !== 'first run');
  if (standing.length > 0) {
    const host = await startHost({ name: 'bench' });
    try {
      await prepareStanding(host);
      for (const one of standing) await attempt(one, measured, () => measureStanding(host, one, folder));
    } finally {
      await host.stop();
    }
  }
  for (const one of cases.filter(({ action }) => action === 'first run')) {
    await attempt(one, measured, () => measureFirstRun(one, folder));
  }
  if (measured.length > 0) await tell(measured, busy);
}

/** What cannot be measured is told, and the rest is measured all the same. */
async function attempt(one: Case, measured: Measured[], work: () => Promise<readonly Sample[]>): Promise<void> {
  try {
    measured.push({ ...one, samples: await step(nameOf(one), work) });
  } catch (error) {
    say(`${nameOf(one)} could not be measured: ${messageOf(error)}`);
    process.exitCode = 1;
  }
}

/** sshd drops logins that come at once: Ansible does not stagger them, and is not to be measured by that. */
async function prepareStanding(host: LabHost): Promise<void> {
  await step('host: what Ansible needs', () => prepareHost(host));
  await host.exec(`echo 'MaxStartups 500' >/etc/ssh/sshd_config.d/bench.conf && systemctl reload ssh`);
}

async function measureStanding(host: LabHost, one: Case, folder: string): Promise<readonly Sample[]> {
  const isWithPeer = one.isPeerLong !== true || values.full;
  // One host alone brings the state; many at once would be many who work on the same container.
  const alone = await openSite(host, { ...one, hosts: 1, roundTripMs: 0 }, folder);
  const { provision: own, 'ansible-playbook': peer } = alone.programs;
  // Ours first: its certificate is one that Ansible takes for done, but not the other way round.
  for (const program of isWithPeer ? [own, peer, own] : [own]) await converge(program);
  await alone.close();

  const site = await openSite(host, one, folder);
  try {
    await writeProbe(site);
    if (one.action === 'one change') return await inTurn(site, ['provision', 'ansible-playbook'], () => spoil(host));
    return await inTurn(site, isWithPeer ? ['ssh', 'provision', 'ansible-playbook'] : ['ssh', 'provision']);
  } finally {
    await site.close();
  }
}

/** The one change: a file's content. */
async function spoil(host: LabHost): Promise<void> {
  const { code, stderr } = await host.exec('echo changed >>/opt/stack/.env');
  if (code !== 0) throw new Error(`the file could not be changed: ${stderr}`);
}

/** The first round warms up; it counts for those alone who are too slow for another one. */
async function inTurn(
  site: Site,
  names: readonly Sample['program'][],
  before?: () => Promise<void>,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const slow = new Set<string>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names.filter((one) => !slow.has(one))) {
      await before?.();
      const sample = await sampleOf(site, name, before === undefined ? 0 : 1);
      if (sample.durationMs > SLOW_MS) slow.add(name);
      if (round > 0 || slow.has(name)) samples.push(sample);
    }
  }
  return samples;
}

async function sampleOf({ programs, proxies }: Site, name: Sample['program'], changes: number): Promise<Sample> {
  for (const proxy of proxies) proxy.reset();
  const program = programs[name];
  const { durationMs, stdout } = await run(program);
  if (name !== 'ssh') checkChanges(program, stdout, changes);
  const roundTrips = proxies.length === 0 ? undefined : proxies.reduce((sum, proxy) => sum + proxy.roundTrips, 0);
  return { program: name, durationMs, roundTrips };
}

function checkChanges({ name }: Program, stdout: string, wanted: number): void {
  const changes = name === 'provision' ? changesOf(stdout) : ansibleChanges(stdout);
  if (changes !== wanted)
    throw new Error(`${name} changed ${changes ?? 'not all hosts, and failed'} instead of ${wanted}`);
}

/** On a bare host each time. What Ansible itself needs there is not counted. */
async function measureFirstRun(one: Case, folder: string): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const program of ['provision', 'ansible-playbook'] as const) {
      const host = await startHost({ name: 'bench-first' });
      try {
        if (program === 'ansible-playbook') {
          await prepareHost(host);
          await host.exec(BARE_AGAIN);
        }
        const site = await openSite(host, one, folder);
        const { durationMs } = await run(site.programs[program]);
        samples.push({ program, durationMs, roundTrips: undefined });
        await site.close();
      } finally {
        await host.stop();
      }
    }
  }
  return samples;
}

async function tell(measured: readonly Measured[], busy: number): Promise<void> {
  mkdirSync(RESULTS, { recursive: true });
  const base = join(RESULTS, new Date().toISOString().slice(0, 19).replaceAll(':', '-'));
  writeFileSync(`${base}.csv`, `${csvLines(measured).join('\n')}\n`);
  const picture = values.only.length === 0 ? PICTURE : `${base}.svg`;
  writeFileSync(picture, plot(measured));
  process.stdout.write(`
${resultLines(measured).join('\n')}

${goalLines(goalsOf(measured)).join('\n')}

Medians of ${rounds} runs in turn after one to warm up (one run where it takes longer than a minute); first runs each on a host of its own. The host is a
container on this machine; 10 and 50 hosts are that container at as many ports, where ours is a plan: one run can lock it only once. Round trips are those of one host and run of
provision. Ansible has pipelining, as many forks as hosts, and keeps its connections from run to run, as by its defaults.
provision ${ours.version} on Node.js ${process.version}; ${await ansibleVersion()}; ${availableParallelism()} cores (${cpus()[0]?.model}), of which
other work took ${busy} % before. Raw figures: ${base}.csv; picture: ${picture}
`);
}

await inFolder(main);
