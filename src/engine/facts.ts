import { type Script, sh } from '../shell/sh.ts';

/** What roles may ask of a host. Only what seldom changes: it is remembered from run to run. */
export interface Facts {
  /** `debian`, `ubuntu`, `alpine`: ID of os-release(5). */
  readonly os: string;
  /** `13`, `24.04`: VERSION_ID; empty where there is none. */
  readonly osVersion: string;
  /** `trixie`: VERSION_CODENAME; empty where there is none. */
  readonly codename: string;
  /** `x86_64`, `aarch64`: uname -m. */
  readonly machine: string;
  /** `amd64`, `arm64`: as packages and images name it. */
  readonly architecture: string;
  readonly packageManager: 'apt' | 'dnf' | 'apk' | 'unknown';
  readonly init: 'systemd' | 'other';
}

/** Assumed of a host that was never seen: where it is otherwise, its first answer tells, and roles are evaluated again. */
export const ASSUMED_FACTS: Facts = {
  os: 'debian',
  osVersion: '13',
  codename: 'trixie',
  machine: 'x86_64',
  architecture: 'amd64',
  packageManager: 'apt',
  init: 'systemd',
};

/**
 * Done by the shell itself; `uname` is for kernels before 6.1. It leaves the variables of os-release(5) behind: nothing else comes
 * after it in the same shell.
 */
export const FACTS_PROBE: Script = sh`
  [ -r /etc/os-release ] && . /etc/os-release
  read -r machine 2>/dev/null </proc/sys/kernel/arch || machine=$(uname -m)
  printf '%s\n' "os=\${ID-}" "osVersion=\${VERSION_ID-}" "codename=\${VERSION_CODENAME-}" "machine=$machine"
  for manager in apt-get dnf apk; do
    command -v "$manager" >/dev/null && { printf 'packageManager=%s\n' "$manager"; break; }
  done
  [ -d /run/systemd/system ] && echo init=systemd
  :
`;

const ARCHITECTURES: Record<string, string> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'armhf',
  ppc64le: 'ppc64el',
  s390x: 's390x',
  riscv64: 'riscv64',
};

const MANAGERS: Record<string, Facts['packageManager']> = { 'apt-get': 'apt', dnf: 'dnf', apk: 'apk' };

export function parseFacts(output: string): Facts {
  const entries = output.split('\n').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const read = Object.fromEntries(entries) as Record<string, string | undefined>;
  const { os = '', osVersion = '', codename = '', machine = '', packageManager = '', init } = read;
  return {
    os,
    osVersion,
    codename,
    machine,
    architecture: ARCHITECTURES[machine] ?? machine,
    packageManager: MANAGERS[packageManager] ?? 'unknown',
    init: init === 'systemd' ? 'systemd' : 'other',
  };
}
