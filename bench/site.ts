/** The host that is measured on, and the three programs that are run there: ours, Ansible, and ssh as the floor. */
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LabHost } from '../test/lab/host.ts';
import { LabError } from '../test/lab/lab-error.ts';
import { manyOf } from './many.ts';
import type { Case, Sample } from './matrix.ts';
import { type Program, run } from './measure.ts';
import { type DelayProxy, startProxy } from './proxy.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface Site {
  readonly programs: Readonly<Record<Sample['program'], Program>>;
  readonly proxies: readonly DelayProxy[];
  close(): Promise<void>;
}

interface Place {
  readonly address: string;
  readonly port: number;
}

/**
 * Several hosts are one container that is reached at several ports, each through a proxy of its own: it is the same work for
 * this machine's processors, which all containers share. A near host alone is reached directly.
 */
export async function openSite(host: LabHost, one: Case, folder: string): Promise<Site> {
  const { hosts, roundTripMs } = one;
  const isDirect = hosts === 1 && roundTripMs === 0;
  const target = { host: host.address, port: 22 };
  const proxies = isDirect
    ? []
    : await Promise.all(Array.from({ length: hosts }, () => startProxy(target, roundTripMs)));
  const places: readonly Place[] = isDirect
    ? [{ address: host.address, port: 22 }]
    : proxies.map(({ port }) => ({ address: '127.0.0.1', port }));

  const home = mkdtempSync(join(folder, 'site-'));
  const knownHosts = join(home, 'known_hosts');
  const known = places.map(
    ({ address, port }) => `${port === 22 ? address : `[${address}]:${port}`} ${host.hostKey}\n`,
  );
  writeFileSync(knownHosts, known.join(''));
  const ssh = ['-F', '/dev/null', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'BatchMode=yes'];
  const own = provision(host, places, one, home);
  const programs = {
    provision: own,
    'ansible-playbook': ansible(host, places, one, home, ssh),
    // Written down when the first of our runs is known to change nothing: see `writeProbe`.
    ssh: floor(host, places, home, ssh),
  };
  return {
    programs,
    proxies,
    async close() {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    },
  };
}

function provision(host: LabHost, places: readonly Place[], { resources, hosts }: Case, home: string): Program {
  const role = resources === 'workload' ? 'workload' : 'many';
  mkdirSync(join(home, 'roles'));
  cpSync(join(ROOT, `bench/roles/${role}.ts`), join(home, `roles/${role}.ts`));
  cpSync(join(ROOT, 'bench/templates'), join(home, 'templates'), { recursive: true });
  const vars = {
    ansible_user: host.users.root.name,
    ansible_ssh_private_key_file: host.keyFile,
    provision_host_key: host.hostKey,
    roles: [role],
    ...(resources !== 'workload' && { many: manyOf(resources) }),
  };
  // One run has one lock on one machine: at its second port it would take the first for its own former self, and end it.
  const action = hosts > 1 ? ['plan'] : ['apply', '--yes'];
  // JSON is YAML.
  writeFileSync(join(home, 'site.yml'), JSON.stringify({ all: { vars, hosts: hostLines(places) } }));
  return {
    name: 'provision',
    argv: [join(ROOT, 'bin/provision'), ...action, '-i', join(home, 'site.yml'), '--json', '--forks', String(hosts)],
    env: { XDG_CACHE_HOME: join(home, 'cache'), XDG_STATE_HOME: join(home, 'state') },
    isIdle: (stdout) => changesOf(stdout) === 0,
  };
}

/** How many resources our run has changed; undefined where not all hosts went well. */
export function changesOf(stdout: string): number | undefined {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  const { type, summaries = [] } = JSON.parse(last) as {
    type: string;
    summaries?: readonly { status: string; changed: number }[];
  };
  const isWhole = summaries.every(({ status }) => status === 'ok' || status === 'changed');
  return type === 'run-finished' && isWhole ? summaries.reduce((sum, { changed }) => sum + changed, 0) : undefined;
}

function ansible(
  host: LabHost,
  places: readonly Place[],
  { resources, hosts }: Case,
  home: string,
  ssh: readonly string[],
): Program {
  const vars = {
    ansible_user: host.users.root.name,
    ansible_ssh_private_key_file: host.keyFile,
    ansible_ssh_common_args: ssh.join(' '),
    ...(resources !== 'workload' && { many: manyOf(resources) }),
  };
  writeFileSync(join(home, 'ansible.json'), JSON.stringify({ all: { vars, hosts: hostLines(places) } }));
  const playbook = join(ROOT, 'bench/ansible', resources === 'workload' ? 'site.yml' : 'many.yml');
  return {
    name: 'ansible-playbook',
    argv: ['ansible-playbook', '-i', join(home, 'ansible.json'), '--forks', String(hosts), playbook],
    env: {
      ANSIBLE_CONFIG: join(ROOT, 'bench/ansible/ansible.cfg'),
      ANSIBLE_HOME: join(home, 'ansible'),
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(home, 'cp'),
    },
    isIdle: (stdout) => ansibleChanges(stdout) === 0,
  };
}

/** As `changesOf`. */
export function ansibleChanges(stdout: string): number | undefined {
  const hosts = [...stdout.matchAll(/ changed=(\d+) +unreachable=(\d+) +failed=(\d+) /g)];
  if (hosts.length === 0 || hosts.some(([, , unreachable, failed]) => unreachable !== '0' || failed !== '0')) return;
  return hosts.reduce((sum, [, changed]) => sum + Number(changed), 0);
}

function hostLines(places: readonly Place[]): Record<string, object> {
  return Object.fromEntries(
    places.map(({ address, port }, i) => [`h${i + 1}`, { ansible_host: address, ansible_port: port }]),
  );
}

/** All hosts at once, each its own ssh. */
function floor(host: LabHost, places: readonly Place[], home: string, ssh: readonly string[]): Program {
  const login = `ssh ${ssh.join(' ')} -i ${host.keyFile}`;
  const lines = places.map(
    ({ address, port }) => `${login} -p ${port} root@${address} sh <${home}/probe.sh >/dev/null & pids="$pids $!"`,
  );
  return {
    name: 'ssh HOST sh <probe.sh',
    argv: ['sh', '-c', `${lines.join('\n')}\nfor pid in $pids; do wait $pid || exit; done`],
  };
}

/** What our plan asks a host, from what `--debug` tells of the first exchange, for ssh to ask the same. */
export async function writeProbe({ programs: { provision: own, ssh } }: Site): Promise<void> {
  const { stderr } = await run({ ...own, argv: [...own.argv, '--debug'] });
  const [, told = ''] = /: exchange 1 runs\n((?: {2}\| ?.*\n)+)/.exec(stderr) ?? [];
  if (told === '') throw new LabError('--debug does not tell the script of the plan', 'Has its form changed?');
  const [, path = ''] = /<(\S+\/probe\.sh)/.exec(ssh.argv.at(-1) ?? '') ?? [];
  const script = told.replaceAll(/^ {2}\| ?/gm, '');
  writeFileSync(path, `RUN=$(mktemp -d) || exit\ntrap 'rm -rf "$RUN"' EXIT\nexport LC_ALL=C RUN\n${script}`);
}
