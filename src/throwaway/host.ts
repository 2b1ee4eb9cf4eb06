/**
 * Throwaway hosts: Debian with systemd, sshd and room for an engine of its own, each in one container.
 *
 * They are started through dockerode, not testcontainers: systemd needs a terminal and a cgroup namespace of its own, and
 * a host whose passwords are known must publish its ports on loopback alone. testcontainers offers none of the three, and
 * its reaper is one more image that must be pulled.
 */
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { ProvisionError } from '../errors.ts';
import { execIn } from './exec.ts';

const BOOT_LIMIT_S = 60;
const ASK_LIMIT_MS = 10_000;

/** What is gone already, or what somebody else is removing. */
const GONE = [404, 409];

export interface HostSpec {
  /** An image made by Dockerfile.testhost. */
  readonly image: string;
  /** The container's name begins with it; what follows makes it unique. */
  readonly prefix: string;
  /** The host's name in itself. */
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Public key that logs in as root. */
  readonly authorizedKey: string;
  /** Its ports that are published on 127.0.0.1, each on a free one. */
  readonly ports: readonly number[];
  /** Further lines for its /etc/hosts: name to address. */
  readonly extraHosts?: Readonly<Record<string, string>>;
}

/** Starts a host and waits until its sshd lets users in, a few seconds. @throws ProvisionError `test-host-failed`, `interrupted` */
export async function startHost(docker: Docker, spec: HostSpec, signal?: AbortSignal): Promise<Docker.Container> {
  const container = await create(docker, spec);
  try {
    await container.start();
    await untilReady(docker, container.id, signal);
    return container;
  } catch (error) {
    await removeHost(container);
    throw error;
  }
}

/** Removes a host with all that it stored, unless it is gone or somebody else is at it. */
export async function removeHost(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch((error: { statusCode?: number }) => {
    if (!GONE.includes(error.statusCode ?? 0)) throw error;
  });
}

/** Its public host key, for pinning: `ssh-ed25519 AAAA…`. */
export async function hostKeyOf(docker: Docker, id: string): Promise<string> {
  const script = "cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub";
  return (await execIn(docker, id, script, { timeoutMs: ASK_LIMIT_MS })).stdout.trim();
}

/** The address of a running container on the network that it is on. */
export function addressOf({ NetworkSettings }: Docker.ContainerInspectInfo): string {
  return Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '';
}

/** The port of 127.0.0.1 that leads to that one of the host. */
export function publishedPort({ NetworkSettings }: Docker.ContainerInspectInfo, port: number): number {
  return Number(NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort);
}

async function create(docker: Docker, spec: HostSpec): Promise<Docker.Container> {
  // Not --privileged: that fails on a machine that itself lacks a capability, as SYS_RESOURCE in many sandboxes. Before
  // Docker 23 so does ALL, unless what lacks is dropped; from then on, what lacks cannot be dropped.
  try {
    return await docker.createContainer(optionsOf(spec, ['SYS_RESOURCE']));
  } catch (error) {
    if (!/invalid CapDrop/.test((error as Error).message)) throw error;
    return docker.createContainer(optionsOf(spec, []));
  }
}

function optionsOf(spec: HostSpec, dropped: string[]): Docker.ContainerCreateOptions {
  const { image, prefix, hostname, labels, authorizedKey, ports, extraHosts = {} } = spec;
  const onLoopback = ports.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: '' }]] as const);
  const hostConfig: Docker.HostConfig & { CgroupnsMode: 'private' } = {
    CapAdd: ['ALL'],
    CapDrop: dropped,
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
    // A nested engine mounts /proc anew, which the kernel refuses while parts of the outer one are covered.
    MaskedPaths: [],
    ReadonlyPaths: [],
    CgroupnsMode: 'private',
    Tmpfs: { '/run': '', '/run/lock': '', '/tmp': 'exec' },
    PortBindings: Object.fromEntries(onLoopback),
    ExtraHosts: Object.entries(extraHosts).map(([host, address]) => `${host}:${address}`),
  };
  return {
    name: `${prefix}-${randomBytes(3).toString('hex')}`,
    Image: image,
    Hostname: hostname,
    Labels: { ...labels },
    // systemd exits without a terminal; the second variable makes 256 and later start on cgroup v1.
    Tty: true,
    Env: ['container=docker', 'SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1', `AUTHORIZED_KEY=${authorizedKey}`],
    ExposedPorts: Object.fromEntries(onLoopback.map(([port]) => [port, {}])),
    HostConfig: hostConfig,
  };
}

/** sshd refuses users while /run/nologin exists, that is, until the boot is through. */
async function untilReady(docker: Docker, id: string, signal: AbortSignal | undefined): Promise<void> {
  const script = `
    for i in $(seq ${BOOT_LIMIT_S * 20}); do
      [ ! -e /run/nologin ] && ss -Hltn 'sport = :22' | grep -q . && exit
      sleep 0.05
    done
    systemctl --no-pager --state=failed,activating list-units; systemctl list-jobs; exit 1`;
  const { code, stdout, stderr } = await execIn(docker, id, script, { timeoutMs: (BOOT_LIMIT_S + 5) * 1000, signal });
  if (code === 0) return;
  throw new ProvisionError('test-host-failed', `the throwaway host lets nobody in after ${BOOT_LIMIT_S} s`, {
    detail: `${stdout}${stderr}`,
    hint: 'Start a container of its image by hand, and look what its systemd says.',
  });
}
