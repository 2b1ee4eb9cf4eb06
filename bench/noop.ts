/**
 * `npm run bench:noop`: how long a run takes that changes nothing, beside plain ssh and beside Ansible on the same host and
 * the same state. Runs within the lab; the host is thrown away afterwards.
 *
 *   --demo        also the demo's inventory, on a host of its own (takes minutes)
 *   --json FILE   keeps the raw figures: milliseconds of every run, versions, the machine
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ours from '../package.json' with { type: 'json' };
import { demoEnvironment } from '../test/lab/demo.ts';
import { type LabHost, startHost } from '../test/lab/host.ts';
import { LabError } from '../test/lab/lab-error.ts';
import { say, step } from '../test/lab/progress.ts';
import { inFolder } from './in-folder.ts';
import { busyPercent, converge, measure, type Program, run } from './measure.ts';
import { ansible, ansibleVersion, ensureAnsible, prepareHost } from './peer.ts';
import { table } from './table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 5;
/** Above it the user is told. */
const BUSY_PERCENT = 20;

async function main(folder: string): Promise<void> {
  const { values } = parseArgs({ options: { demo: { type: 'boolean' }, json: { type: 'string' } } });
  await ensureAnsible();
  const [host, demoHost] = await Promise.all([
    startHost({ name: 'bench' }),
    values.demo ? startHost({ name: 'bench-demo' }) : undefined,
  ]);
  const programs = await prepare(host, folder);
  if (demoHost) programs.push(await prepareDemo(demoHost, folder));

  const busyBefore = await busyPercent();
  if (busyBefore > BUSY_PERCENT) say(`others keep this machine busy (${busyBefore} %): all times will be longer`);
  const timesMs = await step(`${ROUNDS} rounds after one to warm up`, () => measure(programs, ROUNDS));
  const busy = { before: busyBefore, after: await busyPercent() };

  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model, busyPercent: busy, load: loadavg() };
  const versions = { provision: ours.version, node: process.version, ansible: await ansibleVersion() };
  process.stdout.write(`
${table(timesMs, 'provision', 'a run that changes nothing, ms')}

provision ${versions.provision} on Node.js ${versions.node}; ${versions.ansible}; the host is a container on this machine:
${machine.cores} cores (${machine.processor}), of which other work took ${busy.before} % before and ${busy.after} % after.
`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, versions, timesMs }, null, 2)}\n`);
}

/** Brings the host to the one state that ours and Ansible agree on; what then is to be measured there. */
async function prepare(host: LabHost, folder: string): Promise<Program[]> {
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, `${host.address} ${host.hostKey}\n`);
  const sshOptions = ['-F', '/dev/null', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'BatchMode=yes'];
  const ssh = ['ssh', ...sshOptions, '-i', host.keyFile, `root@${host.address}`] as const;

  const peer = ansible(host, sshOptions, join(folder, 'ansible'));
  const own = provision('provision', 'bench/inventory.yml', folder, {
    BENCH_HOST: host.address,
    BENCH_KEY_FILE: host.keyFile,
    BENCH_HOST_KEY: host.hostKey,
  });
  await step('host: the state by provision, then by Ansible', async (note) => {
    await prepareHost(host);
    // Ours first: its certificate is one that Ansible takes for done, but not the other way round.
    for (const program of [own, peer, own]) {
      note(program.name);
      await converge(program);
    }
  });

  const probe = join(folder, 'probe.sh');
  writeFileSync(probe, await probeScript(own));
  return [
    { name: 'ssh HOST true', argv: [...ssh, 'true'] },
    { name: 'ssh HOST sh <probe.sh', argv: [...ssh, 'sh'], stdin: probe, isIdle: answersAll },
    own,
    peer,
  ];
}

/** The whole of the main job, as `npm run demo` has it. */
async function prepareDemo(host: LabHost, folder: string): Promise<Program> {
  const env = await demoEnvironment(host, { password: randomBytes(12).toString('base64url') });
  const demo = provision('provision (the demo)', 'inventory/demo.yml', folder, env);
  await step('demo: its state', () => converge(demo));
  return demo;
}

function provision(name: string, inventory: string, folder: string, env: NodeJS.ProcessEnv): Program {
  return {
    name,
    argv: [join(ROOT, 'bin/provision'), '--inventory', join(ROOT, inventory), '--yes'],
    // A cache of its own: what is remembered of hosts, and our modules as compiled, come from the rounds before alone.
    env: { ...env, XDG_CACHE_HOME: join(folder, 'cache') },
    isIdle: (stdout) => /^\S+ +ok +\d+ +0 +0 /m.test(stdout),
  };
}

/** The script that our plan sends to the host, from what `--debug` tells of the first exchange. */
async function probeScript({ argv, ...rest }: Program): Promise<string> {
  const { stderr } = await run({ ...rest, argv: [...argv, '--debug'] });
  const [, told = ''] = /: exchange 1 runs\n((?: {2}\| ?.*\n)+)/.exec(stderr) ?? [];
  if (told === '') throw new LabError('--debug does not tell the script of the plan', 'Has its form changed?');
  const script = told.replaceAll(/^ {2}\| ?/gm, '');
  return `RUN=$(mktemp -d) || exit\ntrap 'rm -rf "$RUN"' EXIT\nexport LC_ALL=C\n${script}`;
}

/** Each section ends in a line of its mark, its number and its status. */
function answersAll(stdout: string): boolean {
  const statuses = [...stdout.matchAll(/^[0-9a-f]{32} \d+ (\d+)$/gm)].map(([, status]) => status);
  return statuses.length > 0 && statuses.every((status) => status === '0');
}

await inFolder(main);
