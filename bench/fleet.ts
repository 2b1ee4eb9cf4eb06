/**
 * `npm run bench:fleet`: a thousand hosts from one runner. They are addresses of 127.0.0.0/8, behind one sshd of this machine
 * that the bench starts for itself, with sshd's defaults: hosts and runner share its processors. Linux alone.
 *
 *   --hosts N    default 1000
 *   --forks N    default 50
 *   --json FILE  keeps the raw figures
 *   --keep       leaves sshd and its folder, and prints a command line: to look closer at the runner; Ctrl-C ends it
 */
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { availableParallelism, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { say, step } from '../test/lab/progress.ts';
import { cpuOf, type FleetRun, runFleet } from './fleet-run.ts';
import { type Goal, goalLines } from './goals.ts';
import { inFolder } from './in-folder.ts';
import { busyPercent, median, workedMs } from './measure.ts';
import { startProxy } from './proxy.ts';
import { sshEach } from './ssh-fleet.ts';
import { ensureSshd, type OwnSshd, startOwnSshd } from './sshd.ts';

const PROVISION = fileURLToPath(new URL('../bin/provision', import.meta.url));
const ROLES = fileURLToPath(new URL('roles', import.meta.url));
/** What is looked at on each host: few things, that all exist. */
const MANY = { files: 5, directories: 3, links: 2, users: 0 };
/** What OpenSSH's client needs for so many tells the rate of the floor. */
const FLOOR_HOSTS = 200;
/** The smaller of the two fleets whose difference tells what one host costs. */
const FEW_HOSTS = 100;
const SLOW_ROUND_TRIP_MS = 500;
const HUNG_TIMEOUT_S = 10;

interface HostLine {
  readonly address: string;
  readonly port: number;
  readonly timeoutS?: number;
}

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000' },
    forks: { type: 'string', default: '50' },
    json: { type: 'string' },
    keep: { type: 'boolean' },
  },
});

/** 127.1.0.1, 127.1.0.2, … */
function fleet(count: number, port: number, net = '127.1'): HostLine[] {
  return Array.from({ length: count }, (_, i) => {
    return { address: `${net}.${Math.floor(i / 250)}.${(i % 250) + 1}`, port };
  });
}

async function main(folder: string): Promise<void> {
  await ensureSshd();
  makeState(folder);
  const sshd = await startOwnSshd(folder);
  try {
    if (values.keep) await keepRunning(folder, sshd);
    else await measureFleet(folder, sshd);
  } finally {
    sshd.stop();
  }
}

/** Until Ctrl-C. */
async function keepRunning(folder: string, sshd: OwnSshd): Promise<void> {
  const inventory = writeInventory(folder, fleet(Number(values.hosts), sshd.port), sshd);
  process.stdout.write(`${command(inventory).join(' ')}\n`);
  const timer = setInterval(() => {}, 60_000);
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  clearInterval(timer);
}

async function measureFleet(folder: string, sshd: OwnSshd): Promise<void> {
  const count = Number(values.hosts);
  const run = (name: string, hosts: readonly HostLine[], role?: string) =>
    step(name, () =>
      runFleet(command(writeInventory(folder, hosts, sshd, role)), { XDG_CACHE_HOME: join(folder, 'cache') }),
    );
  const busy = await busyPercent();

  // What changes nothing was run before: facts of each host are remembered.
  const warm = await run(`${count} hosts, to warm up`, fleet(count, sshd.port));
  checkIdle(warm);
  const few = await run(`${FEW_HOSTS} hosts`, fleet(FEW_HOSTS, sshd.port));
  const workedBeforeMs = workedMs();
  const all = await run(`${count} hosts`, fleet(count, sshd.port));
  const eachMs = (workedMs() - workedBeforeMs) / count;
  const blind = await run(`${FLOOR_HOSTS} hosts, looking at nothing`, fleet(FLOOR_HOSTS, sshd.port), 'nothing');
  const sshdBefore = cpuOf(sshd.pid);
  const floorMs = await step(`ssh HOST true, ${FLOOR_HOSTS} hosts`, () =>
    sshEach(
      fleet(FLOOR_HOSTS, sshd.port).map(({ address }) => address),
      sshd,
    ),
  );
  const sshdAfter = cpuOf(sshd.pid);
  const loginMs = (sshdAfter.ownMs + sshdAfter.childrenMs - sshdBefore.ownMs - sshdBefore.childrenMs) / FLOOR_HOSTS;
  const { mixed, hung, slow } = await withTroubled(folder, sshd, run);

  const failed = all.hosts.filter(({ status }) => status !== 'ok');
  const rate = all.hosts.length / (all.wallMs / 1000);
  const perHostMiB = (all.peakMiB - few.peakMiB) / (count - FEW_HOSTS);
  const others = mixed.hosts.filter(({ name }) => name.startsWith('h'));
  const others95 = percentile(
    others.map(({ durationMs }) => durationMs),
    0.95,
  );
  const few95 = percentile(
    few.hosts.map(({ durationMs }) => durationMs),
    0.95,
  );

  const goals: Goal[] = [
    { what: `${count} hosts, no-op`, measured: `${rate.toFixed(0)} hosts/s`, goal: '≥ 60 hosts/s', isMet: rate >= 60 },
    {
      what: 'memory of one more host',
      measured: `${perHostMiB.toFixed(2)} MiB`,
      goal: '≤ 0.5 MiB',
      isMet: perHostMiB <= 0.5,
    },
    { what: 'peak memory', measured: `${all.peakMiB.toFixed(0)} MiB`, goal: '≤ 300 MiB', isMet: all.peakMiB <= 300 },
    { what: 'hosts that failed', measured: String(failed.length), goal: '0', isMet: failed.length === 0 },
  ];
  process.stdout.write(`
${goalLines(goals).join('\n')}

| run | hosts | seconds | hosts/s | peak memory, MiB |
|---|---:|---:|---:|---:|
${[few, all, mixed].map((one) => rowOf('plan', one)).join('\n')}
${rowOf('plan that looks at nothing', blind)}
| \`ssh HOST true\` | ${FLOOR_HOSTS} | ${seconds(floorMs)} | ${(FLOOR_HOSTS / (floorMs / 1000)).toFixed(0)} | |

Each of the ${count} hosts took ${eachMs.toFixed(1)} ms of the processors, ${(all.cpuMs / count).toFixed(1)} ms of them for the runner. A login that runs \`true\` takes
${loginMs.toFixed(1)} ms of sshd by itself: whoever asks, this machine takes no more than ${((availableParallelism() * 1000) / loginMs).toFixed(0)} logins a second.

${hung.length} hung hosts (they accept, and say nothing), as many as there are places, and a slow one (${SLOW_ROUND_TRIP_MS} ms round trip) before ${others.length} others:
the hung ones were given up after ${seconds(Math.max(...hung.map(({ durationMs }) => durationMs)))} s (their time limit is ${HUNG_TIMEOUT_S} s), the slow one took ${seconds(slow.durationMs)} s.
The others took ${median(others.map(({ durationMs }) => durationMs)).toFixed(0)} ms each (95 %: ${others95.toFixed(0)} ms; without those: ${few95.toFixed(0)} ms), and the last
of them was done ${seconds(Math.max(...others.map(({ doneMs }) => doneMs)))} s after the start.

--forks ${values.forks}, sshd with its default MaxStartups, ${availableParallelism()} cores for it and the runner; other work took ${busy} % before.
`);
  for (const { name, error = '' } of failed.slice(0, 5)) say(`${name}: ${error}`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ busy, few, all, mixed }, null, 2)}\n`);
}

/** A fleet with a host that is far away, and so many that accept and say nothing that each place is taken by one to begin with. */
async function withTroubled(
  folder: string,
  sshd: OwnSshd,
  run: (name: string, hosts: readonly HostLine[]) => Promise<FleetRun>,
) {
  const silent = await Promise.all(Array.from({ length: Number(values.forks) }, listenSilently));
  const far = await startProxy({ host: '127.0.0.1', port: sshd.port }, SLOW_ROUND_TRIP_MS);
  try {
    const hungLines = fleet(silent.length, 0, '127.2').map((line, i) => {
      return { ...line, port: portOf(silent[i] as Server), timeoutS: HUNG_TIMEOUT_S };
    });
    const slowLine = { address: '127.0.0.1', port: far.port };
    const lines = [...hungLines, slowLine, ...fleet(FEW_HOSTS, sshd.port)];
    const mixed = await run(`${FEW_HOSTS} hosts, ${silent.length} hung ones before them, and a slow one`, lines);
    const hostAt = ({ address }: HostLine) => mixed.hosts.find(({ name }) => name === nameOf(address));
    const hung = hungLines.flatMap((line) => hostAt(line) ?? []);
    const slow = hostAt(slowLine);
    const answered = hung.find(({ status }) => status !== 'unreachable');
    if (hung.length < silent.length || answered || slow?.status !== 'ok') {
      throw new Error(`a hung host was ${answered?.status}, the slow one ${slow?.status}: ${slow?.error ?? ''}`);
    }
    return { mixed, hung, slow };
  } finally {
    for (const server of silent) server.close();
    await far.stop();
    rmSync(join(folder, 'mixed'), { recursive: true, force: true });
  }
}

async function listenSilently(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

/** What the inventory describes, made by hand: all hosts are this machine. */
function makeState(folder: string): void {
  const state = join(folder, 'state');
  mkdirSync(state, { mode: 0o755 });
  const names = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1).padStart(4, '0'));
  for (const n of names(MANY.directories)) mkdirSync(join(state, `d${n}`), { mode: 0o750 });
  for (const n of names(MANY.files)) writeFileSync(join(state, `f${n}`), `file ${n}\n`, { mode: 0o640 });
  for (const n of names(MANY.links)) symlinkSync(join(state, `f${n}`), join(state, `l${n}`));
  cpSync(ROLES, join(folder, 'roles'), { recursive: true });
}

function nameOf(address: string): string {
  return address.startsWith('127.1.') ? `h${address.replaceAll('.', '-')}` : `x${address.replaceAll('.', '-')}`;
}

/** JSON is YAML. @returns its path */
function writeInventory(folder: string, hosts: readonly HostLine[], sshd: OwnSshd, role = 'many'): string {
  const vars = {
    ansible_user: userInfo().username,
    ansible_become: false,
    ansible_ssh_private_key_file: sshd.keyFile,
    provision_host_key: sshd.hostKey,
    roles: [role],
    ...(role === 'many' && { many: { folder: join(folder, 'state'), ...MANY } }),
  };
  const entries = hosts.map(({ address, port, timeoutS }) => [
    nameOf(address),
    { ansible_host: address, ansible_port: port, ...(timeoutS !== undefined && { ansible_ssh_timeout: timeoutS }) },
  ]);
  const path = join(folder, 'fleet.yml');
  writeFileSync(path, JSON.stringify({ all: { vars, hosts: Object.fromEntries(entries) } }));
  return path;
}

function command(inventory: string): [string, ...string[]] {
  return [PROVISION, 'plan', '-i', inventory, '--forks', values.forks, '--json'];
}

/** @throws Error where the state is not what the inventory describes: then nothing that follows would be a no-op */
function checkIdle({ hosts: [host] }: FleetRun): void {
  if (host?.status !== 'ok') throw new Error(`the host is ${host?.status}: ${host?.error ?? 'something differs'}`);
}

function rowOf(name: string, { hosts, wallMs, peakMiB }: FleetRun): string {
  const rate = (hosts.length / wallMs) * 1000;
  return `| ${name} | ${hosts.length} | ${seconds(wallMs)} | ${rate.toFixed(0)} | ${peakMiB.toFixed(0)} |`;
}

function percentile(numbers: readonly number[], share: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.ceil(numbers.length * share) - 1] ?? 0;
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(1);
}

await inFolder(main);
