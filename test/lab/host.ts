/** Throwaway hosts of the lab, with accounts for each way to become root. */
import * as throwaway from '../../src/throwaway/host.ts';
import { addressOf, docker, type ExecResult, engineProblem, execIn, LAB_LABEL, RUN_LABEL } from './docker.ts';
import { labKey } from './keys.ts';
import { lab } from './lab.ts';
import { RELEASES, type Release } from './releases.ts';

const HOST_LABEL = 'provision.lab.host';
const RELEASE_LABEL = 'provision.lab.release';

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
export async function startHost({
  distro = RELEASES[0],
  name = 'host',
  extraHosts = {},
}: HostOptions = {}): Promise<LabHost> {
  await lab();
  const container = await throwaway.startHost(docker, {
    image: hostImage(distro),
    prefix: `provision-lab-${name}`,
    hostname: name,
    labels: {
      [LAB_LABEL]: 'host',
      [HOST_LABEL]: name,
      [RUN_LABEL]: process.env.PROVISION_LAB_RUN ?? '',
      [RELEASE_LABEL]: distro,
    },
    authorizedKey: labKey().publicKey,
    ports: [22, 80, 443],
    extraHosts,
  });
  return describe(container.id);
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
  await Promise.all(found.map(({ Id }) => throwaway.removeHost(docker.getContainer(Id))));
  return found.length;
}

async function describe(id: string): Promise<LabHost> {
  const container = docker.getContainer(id);
  const [info, hostKey] = await Promise.all([container.inspect(), throwaway.hostKeyOf(docker, id)]);
  const labels = info.Config.Labels;
  const port = (inside: number) => throwaway.publishedPort(info, inside);
  return {
    id,
    name: labels[HOST_LABEL] ?? '',
    distro: labels[RELEASE_LABEL] as Release,
    address: addressOf(info),
    ports: { ssh: port(22), http: port(80), https: port(443) },
    hostKey,
    keyFile: labKey().keyFile,
    users: LAB_USERS,
    exec: (script, timeoutMs) => execIn(id, script, timeoutMs),
    stop: () => throwaway.removeHost(container),
  };
}
