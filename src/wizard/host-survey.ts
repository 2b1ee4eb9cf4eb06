/** What a host is like: asked for once, when the wizard first logs in. */
import { printable } from '../report/printable.ts';
import { type Script, sh } from '../shell/sh.ts';

export interface Survey {
  /** `Debian GNU/Linux 13 (trixie)` */
  readonly os: string;
  readonly machine: string;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly diskFreeBytes: number;
  /** Version of Docker's engine; undefined: there is none. */
  readonly docker: string | undefined;
  /** Whether packages can be installed there. */
  readonly hasApt: boolean;
  /** Ports that something listens on, other than on loopback, with its name where that could be told. */
  readonly ports: readonly { readonly port: number; readonly program: string }[];
}

export const SURVEY_PROBE: Script = sh`
  [ -r /etc/os-release ] && . /etc/os-release
  printf '%s\n' "os=\${PRETTY_NAME-unknown}" "machine=$(uname -m)"
  printf 'processors=%s\n' "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)"
  while read -r name size _; do
    [ "$name" != MemTotal: ] || printf 'memoryKb=%s\n' "$size"
  done </proc/meminfo
  df -Pk / | { read -r _; read -r _ size _ free _; printf '%s\n' "diskKb=$size" "diskFreeKb=$free"; }
  command -v apt-get >/dev/null && echo apt=yes
  command -v docker >/dev/null && printf 'docker=%s\n' "$(docker version --format '{{.Server.Version}}' 2>/dev/null || docker --version)"
  if command -v ss >/dev/null; then
    ss -Hltnp | while read -r _ _ _ address _ program; do printf 'listens=%s %s\n' "$address" "$program"; done
  fi
  :
`;

export function parseSurvey(output: string): Survey {
  const entries = output.split('\n').map((line): readonly [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), printable(line.slice(at + 1))];
  });
  const read = new Map(entries);
  const kilobytes = (key: string) => Number(read.get(key) ?? 0) * 1024;
  return {
    os: read.get('os') ?? 'unknown',
    machine: read.get('machine') ?? '',
    processors: Number(read.get('processors') ?? 1),
    memoryBytes: kilobytes('memoryKb'),
    diskBytes: kilobytes('diskKb'),
    diskFreeBytes: kilobytes('diskFreeKb'),
    docker: read.get('docker'),
    hasApt: read.get('apt') === 'yes',
    ports: portsOf(entries.filter(([key]) => key === 'listens').map(([, value]) => value)),
  };
}

/** `0.0.0.0:22 users:(("sshd",pid=1,fd=3))`; the same port over IPv4 and IPv6 counts once. */
function portsOf(lines: readonly string[]): Survey['ports'] {
  const ports = new Map<number, string>();
  for (const line of lines) {
    const [address = '', rest = ''] = line.split(' ', 2);
    if (/^(127\.|\[::1\])/.test(address)) continue;
    const port = Number(address.slice(address.lastIndexOf(':') + 1));
    if (Number.isInteger(port) && port > 0) ports.set(port, /\(\("([^"]+)"/.exec(rest)?.[1] ?? ports.get(port) ?? '');
  }
  return [...ports].sort(([a], [b]) => a - b).map(([port, program]) => ({ port, program }));
}

const LITTLE_MEMORY = 900 * 1024 ** 2;
const LITTLE_DISK = 4 * 1024 ** 3;
const OURS = ['haproxy', 'docker-proxy', 'dockerd'];

/** What to show of it, and what to mind. */
export function surveyLines(survey: Survey): {
  readonly found: readonly string[];
  readonly warnings: readonly string[];
} {
  const { os, machine, processors, memoryBytes, diskBytes, diskFreeBytes, docker, hasApt, ports } = survey;
  const cpus = `${processors} ${processors === 1 ? 'CPU' : 'CPUs'}`;
  const listening = ports.map(({ port, program }) => (program === '' ? `${port}` : `${port} ${program}`));
  const taken = ports.filter(({ port, program }) => (port === 80 || port === 443) && !OURS.includes(program));
  return {
    found: [
      `${os}, ${machine}, ${cpus}`,
      `${size(memoryBytes)} of memory; disk ${size(diskBytes)}, of which ${size(diskFreeBytes)} are free`,
      docker === undefined ? 'Docker is not installed yet: it will be' : `Docker ${docker}`,
      `in use: ${listening.length === 0 ? 'no port' : `port ${listening.join(', ')}`}`,
    ],
    warnings: [
      ...(hasApt ? [] : ['it has no apt: only Debian, Ubuntu and their kin are supported so far']),
      ...(memoryBytes > 0 && memoryBytes < LITTLE_MEMORY
        ? ['that is little memory for containers and a database']
        : []),
      ...(diskFreeBytes < LITTLE_DISK ? ['that is little room for images'] : []),
      ...taken.map(({ port, program }) => {
        return `port ${port} is taken${program && ` by ${program}`}: stop that, or the load balancer cannot start`;
      }),
    ],
  };
}

function size(bytes: number): string {
  const gigabytes = bytes / 1024 ** 3;
  if (gigabytes < 1) return `${Math.round(bytes / 1024 ** 2)} MB`;
  return `${gigabytes < 10 ? gigabytes.toFixed(1) : Math.round(gigabytes)} GB`;
}
