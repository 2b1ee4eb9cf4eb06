/**
 * `npm run bench:forks`: what a look at many resources of one kind takes on the host: milliseconds, and processes that are
 * started for it. Runs within the lab, on a host that has them all.
 *
 *   --rounds N   default 5
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { probesOf } from '../src/engine/plan.ts';
import { joinSections } from '../src/engine/sections.ts';
import { file, packages, type Resource, type Script, service, user } from '../src/index.ts';
import { joinScripts, renderScript } from '../src/shell/sh.ts';
import { type LabHost, startHost } from '../test/lab/host.ts';
import { step } from '../test/lab/progress.ts';
import { inFolder } from './in-folder.ts';
import { busyPercent, median, run } from './measure.ts';

const FILES = 1_000;
const USERS = 200;
const PACKAGES = 200;
const UNITS = 100;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });

async function main(folder: string): Promise<void> {
  const busy = await busyPercent();
  const host = await startHost({ name: 'bench-forks' });
  try {
    const resources = await step('host: files and users, and strace to count', () => prepare(host));
    const scripts = [...Map.groupBy(resources, ({ kind }) => kind)].map(([{ kind }, members]) => {
      const name = `${countOf(kind, members)} ${kind}`;
      return [name, joinScripts(probesOf(members).scripts)] as const;
    });
    scripts.push(['all in one exchange', joinSections(probesOf(resources).scripts).script]);
    scripts.push(['nothing: a shell', joinSections([]).script]);
    const rows: string[] = [];
    for (const [what, script] of scripts) {
      await send(host, folder, script);
      rows.push(`| ${what} | ${median(await timesOf(host)).toFixed(1)} | ${await processesOf(host)} |`);
    }
    process.stdout.write(`
| a look at | ms | processes |
|---|---:|---:|
${rows.join('\n')}

Medians of ${values.rounds} runs on the host itself, without the way there; other work took ${busy} % of the machine before.
`);
  } finally {
    await host.stop();
  }
}

/** Makes what is looked at. Of packages and units there are as many as a bare host has; the rest of the names are nobody's. */
async function prepare(host: LabHost): Promise<readonly Resource[]> {
  await inHost(
    host,
    `mkdir -p /opt/bench && i=1 && while [ $i -le ${FILES} ]; do echo "file $i" >/opt/bench/f$i; i=$((i + 1)); done
     i=1; while [ $i -le ${USERS} ]; do useradd -M -s /bin/sh bench$i || exit; i=$((i + 1)); done
     export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -q -y install --no-install-recommends strace`,
  );
  const installed = linesOf(await inHost(host, `dpkg-query -Wf '\${Package}\\n'`));
  const units = linesOf(await inHost(host, 'systemctl list-unit-files --type=service --plain --no-legend'))
    .map((line) => line.split(/\s/, 1)[0] ?? '')
    .filter((name) => !name.includes('@'));
  return [
    ...upTo(FILES, (n) => file({ path: `/opt/bench/f${n}`, content: `file ${n}\n` })),
    ...upTo(USERS, (n) => user({ name: `bench${n}`, shell: '/bin/sh', password: 'locked' })),
    packages({ names: upTo(PACKAGES, (n) => installed[n - 1] ?? `nobodys${n}`), manager: 'apt' }),
    ...upTo(UNITS, (n) => service({ name: units[n - 1] ?? `nobodys${n}`, enabled: true })),
  ];
}

function upTo<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i + 1));
}

/** The packages are one resource. */
function countOf(kind: string, { length }: readonly Resource[]): number {
  return kind === 'packages' ? PACKAGES : length;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

async function send(host: LabHost, folder: string, script: Script): Promise<void> {
  const { text, inputs } = renderScript(script);
  if (inputs.length > 0) throw new TypeError('these looks have no inputs');
  const probe = join(folder, 'probe.sh');
  writeFileSync(probe, `export LC_ALL=C\n${text}\n`);
  writeFileSync(join(folder, 'known_hosts'), `${host.address} ${host.hostKey}\n`);
  const options = ['-F', '/dev/null', '-o', `UserKnownHostsFile=${join(folder, 'known_hosts')}`, '-o', 'BatchMode=yes'];
  const argv = ['ssh', ...options, '-i', host.keyFile, `root@${host.address}`, 'cat >/root/probe.sh'] as const;
  await run({ name: 'ssh', argv: [...argv], stdin: probe });
}

async function timesOf(host: LabHost): Promise<number[]> {
  const once =
    'RUN=$(mktemp -d); export RUN; t=$(date +%s%N); sh /root/probe.sh >/dev/null && echo $(($(date +%s%N) - t))';
  const script = `for i in 0 ${upTo(Number(values.rounds), String).join(' ')}; do ${once} || exit; rm -rf "$RUN"; done`;
  const [, ...times] = linesOf(await inHost(host, script));
  return times.map((nanoseconds) => Number(nanoseconds) / 1e6);
}

/** strace tells of each process that ends. */
async function processesOf(host: LabHost): Promise<number> {
  const output = await inHost(
    host,
    `RUN=$(mktemp -d); export RUN
     strace -f -e trace=none -o /root/trace sh /root/probe.sh >/dev/null || exit
     grep -c 'exited with' /root/trace; rm -rf "$RUN"`,
  );
  return Number(output);
}

async function inHost(host: LabHost, script: string): Promise<string> {
  const { code, stdout, stderr } = await host.exec(script, 300_000);
  if (code !== 0) throw new Error(`a script on the host ended with ${code}: ${stderr}`);
  return stdout;
}

await inFolder(main);
