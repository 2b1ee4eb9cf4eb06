/**
 * Throwaway hosts: Debian with systemd, sshd and room for an engine of its own, each in one container.
 *
 * They are started through dockerode, not testcontainers: systemd needs a terminal and a cgroup namespace of its own, and
 * a host whose passwords are known must publish its ports on loopback alone. testcontainers offers none of the three, and
 * its reaper is one more image that must be pulled.
 */
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { addressOf, docker, type ExecResult, engineProblem, execIn, LAB_LABEL, RUN_LABEL } from './docker.ts';
import { labKey } from './keys.ts';
import { lab } from './lab.ts';
import { LabError, messageOf } from './lab-error.ts';
import { RELEASES, type Release } from './releases.ts';

const HOST_LABEL = 'provision.lab.host';
const RELEASE_LABEL = 'provision.lab.release';
const BOOT_LIMIT_S = 60;

/** The accounts of every throwaway host, one for each way to become root; the lab's key logs in to all of them. */
export const LAB_USERS = {
  root: { name: 'root' },
  /** Becomes root by sudo without a password. */
  deploy: { name: 'deploy' },
  /** Becomes root by sudo with its password, and may log in with it as well. */
  operator: { name: 'operator', password: 'correct horse battery staple' },
  /** Has no way to become root. */
  guest: { name: 'guest' },
} as const;

export interface HostOptions {
  /** Debian release; trixie if not given. */
  readonly distro?: Release;
  /** The host's name in itself, and what `findHost` knows it by; `host` if not given. Need not be unique. */
  readonly name?: string;
  /** Further lines for its /etc/hosts: name to address. */
  readonly extraHosts?: Readonly<Record<string, string>>;
}

export interface LabHost {
  /** Id of the container. */
  readonly id: string;
  readonly name: string;
  readonly distro: Release;
  /** Address that this machine reaches it at (on Linux); sshd listens on its port 22. */
  readonly address: string;
  /** Ports of 127.0.0.1 that lead to its ports 22, 80 and 443. */
  readonly ports: { readonly ssh: number; readonly http: number; readonly https: number };
  /** Its public host key, as `ssh-ed25519 AAAA…`: for pinning. */
  readonly hostKey: string;
  /** Path of the private key that logs in to each user. */
  readonly keyFile: string;
  readonly users: typeof LAB_USERS;
  /** Runs a shell script as root through the engine, that is, by another way than what is under test. */
  exec(script: string, timeoutMs?: number): Promise<ExecResult>;
  /** Removes the host with all that it stored. */
  stop(): Promise<void>;
}

/** The name of the image that hosts of a release are started from. */
export function hostImage(release: Release): string {
  return `provision-lab/host:${release}`;
}

/** Starts a host and waits until its sshd lets users in, a second or two. @throws LabError where the lab is not up */
export async function startHost(options: HostOptions = {}): Promise<LabHost> {
  await lab();
  const container = await create(options);
  try {
    await container.start();
    await untilReady(container.id);
    return await describe(container.id);
  } catch (error) {
    await remove(container);
    throw error;
  }
}

/** The running host that was started under this name, if there is one. */
export async function findHost(name: string): Promise<LabHost | undefined> {
  if ((await engineProblem()) !== undefined) return undefined;
  const [found] = await docker.listContainers({ filters: { label: [`${HOST_LABEL}=${name}`] } });
  return found && describe(found.Id);
}

/** Removes all hosts, or those of one run of `run`; how many there were. */
export async function removeHosts(run?: string): Promise<number> {
  const label = run === undefined ? `${LAB_LABEL}=host` : `${RUN_LABEL}=${run}`;
  const found = await docker.listContainers({ all: true, filters: { label: [label] } });
  await Promise.all(found.map(({ Id }) => remove(docker.getContainer(Id))));
  return found.length;
}

async function create(options: HostOptions): Promise<Docker.Container> {
  // Not --privileged: that fails on a machine that itself lacks a capability, as SYS_RESOURCE in many sandboxes. Before
  // Docker 23 so does ALL, unless what lacks is dropped; from then on, what lacks cannot be dropped.
  try {
    return await docker.createContainer(specOf(options, ['SYS_RESOURCE']));
  } catch (error) {
    if (!/invalid CapDrop/.test(messageOf(error))) throw error;
    return docker.createContainer(specOf(options, []));
  }
}

function specOf(options: HostOptions, dropped: string[]): Docker.ContainerCreateOptions {
  const { distro = RELEASES[0], name = 'host', extraHosts = {} } = options;
  const loopback = [{ HostIp: '127.0.0.1', HostPort: '' }];
  const hostConfig: Docker.HostConfig & { CgroupnsMode: 'private' } = {
    CapAdd: ['ALL'],
    CapDrop: dropped,
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
    // A nested engine mounts /proc anew, which the kernel refuses while parts of the outer one are covered.
    MaskedPaths: [],
    ReadonlyPaths: [],
    CgroupnsMode: 'private',
    Tmpfs: { '/run': '', '/run/lock': '', '/tmp': 'exec' },
    PortBindings: { '22/tcp': loopback, '80/tcp': loopback, '443/tcp': loopback },
    ExtraHosts: Object.entries(extraHosts).map(([host, address]) => `${host}:${address}`),
  };
  return {
    name: `provision-lab-${name}-${randomBytes(3).toString('hex')}`,
    Image: hostImage(distro),
    Hostname: name,
    Labels: {
      [LAB_LABEL]: 'host',
      [HOST_LABEL]: name,
      [RUN_LABEL]: process.env.PROVISION_LAB_RUN ?? '',
      [RELEASE_LABEL]: distro,
    },
    // systemd exits without a terminal; the second variable makes 256 and later start on cgroup v1.
    Tty: true,
    Env: ['container=docker', 'SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1', `LAB_AUTHORIZED_KEY=${labKey().publicKey}`],
    ExposedPorts: { '22/tcp': {}, '80/tcp': {}, '443/tcp': {} },
    HostConfig: hostConfig,
  };
}

/** Removes a container, unless it is gone or somebody else is at it. */
async function remove(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch((error) => {
    if (![404, 409].includes(error.statusCode)) throw error;
  });
}

/** sshd refuses users while /run/nologin exists, that is, until the boot is through. */
async function untilReady(id: string): Promise<void> {
  const script = `
    for i in $(seq ${BOOT_LIMIT_S * 20}); do
      [ ! -e /run/nologin ] && ss -Hltn 'sport = :22' | grep -q . && exit
      sleep 0.05
    done
    systemctl --no-pager --state=failed,activating list-units; systemctl list-jobs; exit 1`;
  const { code, stdout, stderr } = await execIn(id, script, (BOOT_LIMIT_S + 5) * 1000);
  if (code === 0) return;
  throw new LabError(
    `the throwaway host does not let anyone in after ${BOOT_LIMIT_S} s\n${stdout}${stderr}`,
    'Start one by hand to look into it: sh test/lab/setup.sh host',
  );
}

async function describe(id: string): Promise<LabHost> {
  const container = docker.getContainer(id);
  const [info, { stdout: hostKey }] = await Promise.all([
    container.inspect(),
    execIn(id, "cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub"),
  ]);
  const labels = info.Config.Labels;
  const port = (inside: number) => Number(info.NetworkSettings.Ports[`${inside}/tcp`]?.[0]?.HostPort);
  return {
    id,
    name: labels[HOST_LABEL] ?? '',
    distro: labels[RELEASE_LABEL] as Release,
    address: addressOf(info),
    ports: { ssh: port(22), http: port(80), https: port(443) },
    hostKey: hostKey.trim(),
    keyFile: labKey().keyFile,
    users: LAB_USERS,
    exec: (script, timeoutMs) => execIn(id, script, timeoutMs),
    stop: () => remove(container),
  };
}
