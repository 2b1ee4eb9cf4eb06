/** What a host needs to be worked on. Nothing is changed. */
import type { Facts } from '../engine/facts.ts';
import type { PreparedHost } from '../engine/host-run.ts';
import { type ErrorCode, ProvisionError } from '../errors.ts';
import { port } from '../resources/port.ts';
import { redactError } from '../shell/redact.ts';
import { type Script, sh } from '../shell/sh.ts';
import { type Check, missing, ok, warning } from './check.ts';
import { withConnection } from './each-host.ts';
import { type Look, lookAtHost } from './look.ts';
import { parseSystem, type SystemState, systemProbe } from './system-probe.ts';

/** A login that takes longer: sshd looks up names that nobody answers, as a rule. */
const SLOW_LOGIN_MS = 3_000;
const MOST_SKEW_S = 5;
const LEAST_FREE_KIB = 256 * 1024;
const LITTLE_FREE_KIB = 2 * 1024 * 1024;
const LITTLE_MEMORY_KIB = 512 * 1024;

/** Tools of the root shell, and those that probes use. */
const TOOLS = ['flock', 'timeout', 'dd', 'head', 'wc', 'mktemp', 'stat', 'sha256sum', 'base64', 'readlink'];

/**
 * Looks at the host as far as it can be reached: what comes after the first thing that is missing is not known.
 * @param isHere whether it is this machine, worked on without ssh
 */
export async function checkHost(
  prepared: PreparedHost,
  { isHere, stop }: { readonly isHere: boolean; readonly stop: AbortSignal },
): Promise<readonly Check[]> {
  const { task } = prepared;
  const started = performance.now();
  let loginMs = 0;
  let before = 0;
  let after = 0;
  try {
    const look = await withConnection(task, stop, async (connection) => {
      loginMs = performance.now() - started;
      before = Date.now();
      const isPort = ({ resource }: PreparedHost['placed'][number]) => resource.kind.kind === port.kind;
      const seen = await lookAtHost(prepared, connection, () => [systemProbe(), NEEDS_PROBE], isPort);
      after = Date.now();
      return seen;
    });
    const [system = '', needs = ''] = look.answers;
    return [
      ...stagesUpTo('login', isHere).map((stage) => stageDone(stage, task.address, loginMs)),
      rootCheck(needs),
      stageDone('shell', task.address, loginMs),
      ...stateChecks(parseSystem(system), (before + after) / 2),
      ...needsChecks(needs, look.facts, prepared),
      ...portChecks(look, prepared),
    ];
  } catch (reason) {
    if (!(reason instanceof ProvisionError)) throw reason;
    const error = redactError(reason);
    const stage = STAGE_OF[error.code] ?? 'shell';
    const done = stagesUpTo(stage, isHere).filter((one) => one !== stage);
    return [
      ...done.map((one) => stageDone(one, task.address, undefined)),
      missing(STAGES[stage], error.message, error.hint),
    ];
  }
}

/** What logging in consists of, in order, and how each part is called. */
const STAGES = { network: 'network', key: 'host key', login: 'login', root: 'root', shell: 'shell' } as const;
type Stage = keyof typeof STAGES;

const STAGE_OF: Partial<Record<ErrorCode, Stage>> = {
  unreachable: 'network',
  'host-key-unknown': 'key',
  'host-key-changed': 'key',
  'host-key-revoked': 'key',
  'file-unreadable': 'key',
  'key-unreadable': 'login',
  'authentication-failed': 'login',
  'become-password-wrong': 'root',
  'become-password-missing': 'root',
  'become-not-allowed': 'root',
  'become-not-found': 'root',
  'become-requires-tty': 'root',
};

/** What ssh does has no part in it where the host is this machine. */
const OF_SSH: readonly Stage[] = ['network', 'key', 'login'];

function stagesUpTo(stage: Stage, isHere: boolean): readonly Stage[] {
  const all = Object.keys(STAGES) as Stage[];
  return all.slice(0, all.indexOf(stage) + 1).filter((one) => !isHere || !OF_SSH.includes(one));
}

function stageDone(stage: Stage, address: string, loginMs: number | undefined): Check {
  const name = STAGES[stage];
  if (stage === 'network') return ok(name, `${address} answers`);
  if (stage === 'key') return ok(name, 'is the one that is known');
  if (stage === 'root') return ok(name, 'works');
  if (stage === 'shell') return ok(name, 'answers as it should');
  if (loginMs === undefined) return ok(name, 'works');
  const took = `took ${(loginMs / 1000).toFixed(1)} s`;
  if (loginMs < SLOW_LOGIN_MS) return ok(name, took);
  return warning(name, took, 'Often it is sshd that looks up names: set `UseDNS no` in sshd_config on the host.');
}

/** As whom commands run: as root, unless the inventory says that nobody is to be become. */
function rootCheck(output: string): Check {
  const [, id, name = ''] = /^user (\d+) ?(.*)$/m.exec(output) ?? [];
  if (id === '0') return ok(STAGES.root, 'commands run as root');
  const hint = 'Most that provision does needs root: remove ansible_become: false, or log in as root.';
  return warning(STAGES.root, `commands run as ${name || id}`, hint);
}

/** What is asked besides the state of the machine. */
export const NEEDS_PROBE: Script = sh`
  printf 'user %s %s\n' "$(id -u)" "$(id -un 2>/dev/null)"
  for tool in ${TOOLS}; do
    command -v "$tool" >/dev/null || printf 'lacks %s\n' "$tool"
  done
  names=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apk/repositories /etc/yum.repos.d/*.repo 2>/dev/null |
    sed -n 's#^[^\#]*https\{0,1\}://\([A-Za-z0-9.-]*\).*#\1#p' | sort -u | head -n 2)
  for name in $names; do
    if getent hosts "$name" >/dev/null 2>&1; then echo "resolves $name"; else echo "unresolved $name"; fi
  done
  if command -v docker >/dev/null; then
    printf 'docker %s\n' "$(docker version --format '{{.Server.Version}}' 2>/dev/null)"
    printf 'compose %s\n' "$(docker compose version --short 2>/dev/null || docker-compose version --short 2>/dev/null)"
  fi
  :
`;

function stateChecks({ clockS, disks, memory, system, lock }: SystemState, nowMs: number): Check[] {
  const skewS = Math.round(clockS - nowMs / 1000);
  const way = skewS > 0 ? 'ahead' : 'behind';
  const gib = (kib: number) => `${(kib / 1024 ** 2).toFixed(1)} GiB`;
  return [
    ok('system', system || 'it does not say its name'),
    Math.abs(skewS) <= MOST_SKEW_S
      ? ok('clock', 'agrees with the one here')
      : warning(
          'clock',
          `${Math.abs(skewS)} s ${way} of the one here`,
          'Set it: certificates and logs go by it (timedatectl set-ntp true).',
        ),
    ...disks.map(({ path, freeKiB, usedPercent }): Check => {
      const name = `disk ${path}`;
      const text = `${gib(freeKiB)} free, ${usedPercent}% used`;
      if (freeKiB < LEAST_FREE_KIB) return missing(name, text, 'Free some: packages and images need it.');
      if (freeKiB < LITTLE_FREE_KIB) return warning(name, text, 'Free some before images are built or pulled.');
      return ok(name, text);
    }),
    ...(memory === undefined
      ? []
      : [
          memory.totalKiB < LITTLE_MEMORY_KIB
            ? warning('memory', gib(memory.totalKiB), 'That is little for Docker and an application.')
            : ok('memory', `${gib(memory.totalKiB)}, ${gib(memory.availableKiB)} of it available`),
        ]),
    ...(lock
      ? [warning('lock', `${lock.by} works on it since ${lock.since}`, 'Wait for it, or run with --wait.')]
      : []),
  ];
}

function needsChecks(output: string, { packageManager, init }: Facts, { placed }: PreparedHost): Check[] {
  const all = (pattern: RegExp) => [...output.matchAll(pattern)].map(([, value = '']) => value);
  const lacking = all(/^lacks (\S+)$/gm);
  const unresolved = all(/^unresolved (\S+)$/gm);
  const resolved = all(/^resolves (\S+)$/gm);
  return [
    lacking.length === 0
      ? ok('tools', 'all there')
      : missing(
          'tools',
          `there is no ${lacking.join(', ')}`,
          'Install them: they come with coreutils and util-linux, or busybox.',
        ),
    packageManager === 'apt'
      ? ok('packages', 'apt')
      : warning('packages', packageManager, 'The roles that come with provision know apt alone.'),
    init === 'systemd'
      ? ok('services', 'systemd')
      : warning('services', 'no systemd', 'The roles that come with provision start services with systemd alone.'),
    ...(unresolved.length > 0
      ? [
          missing(
            'DNS',
            `cannot resolve ${unresolved.join(', ')}`,
            'Packages come from there: see /etc/resolv.conf on the host.',
          ),
        ]
      : resolved.length > 0
        ? [ok('DNS', `resolves ${resolved.join(', ')}`)]
        : []),
    ...dockerChecks(
      output,
      placed.some(({ role }) => role === 'docker'),
    ),
  ];
}

function dockerChecks(output: string, willBeInstalled: boolean): Check[] {
  const docker = /^docker (.*)$/m.exec(output)?.[1];
  const compose = /^compose (.*)$/m.exec(output)?.[1];
  if (docker === undefined) {
    return [ok('Docker', willBeInstalled ? 'not installed yet: apply does it' : 'not installed, and no role needs it')];
  }
  if (docker === '') {
    return [
      missing('Docker', 'installed, but the engine does not answer', 'See `systemctl status docker` on the host.'),
    ];
  }
  if (!compose) {
    const hint = willBeInstalled ? 'Apply installs it.' : 'Install it: docker-compose-plugin, or docker-compose.';
    return [ok('Docker', docker), warning('Docker Compose', 'not installed', hint)];
  }
  return [ok('Docker', docker), ok('Docker Compose', compose)];
}

/** The ports that the inventory wants for haproxy and containers. */
function portChecks({ problems, findings }: Look, { placed }: PreparedHost): Check[] {
  const ports = placed.filter(({ resource }) => resource.kind.kind === port.kind);
  if (ports.length === 0) return [];
  const free = findings.map(({ resource }) => (resource.desired as { port: number }).port);
  return [
    ...problems.map(({ message, hint }) => missing('ports', message, hint)),
    ...(free.length > 0
      ? [ok('ports', `${[...new Set(free)].join(', ')}: free, or taken by those that they are for`)]
      : []),
  ];
}
