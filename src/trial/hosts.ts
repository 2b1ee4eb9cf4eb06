/** The throwaway hosts of a scenario: started, logged in to, and removed whatever happens. */
import { connect as dial } from 'node:net';
import type Docker from 'dockerode';
import { ProvisionError } from '../errors.ts';
import { shippedDockerfile, shippedFile } from '../installation.ts';
import type { Note } from '../throwaway/engine.ts';
import { addressOf, hostKeyOf, publishedPort, removeHost, startHost } from '../throwaway/host.ts';
import { build, ensureImage, isBuilt, type Recipe } from '../throwaway/image.ts';
import type { KeyPair } from '../throwaway/key.ts';
import { connect } from '../transport/connect.ts';
import type { Connection, HostAddress } from '../transport/types.ts';
import type { KeptHost, Trial } from './results.ts';

/** `motd debian:trixie-slim`: what the host is for. */
const TRIAL_LABEL = 'provision.test';
/** `laptop 4711`: the machine and the process that started it. */
const OWNER_LABEL = 'provision.test.owner';
/** `yes` where it is to outlive its run. */
const KEEP_LABEL = 'provision.test.keep';
const CONTEXT_LABEL = 'provision.test.context';

const SSH_PORT = 22;
const DIAL_LIMIT_MS = 2_000;
const CONNECT_LIMIT_MS = 15_000;
const KEEP_ALIVE_MS = 10_000;
const REMOVE_LIMIT_MS = 60_000;

/** A host as a test uses it. */
export interface TrialHost {
  readonly name: string;
  /** The address at which other throwaway hosts reach it as well. */
  readonly hostname: string;
  /** For people: `root@172.17.0.2:22`. */
  readonly address: string;
  connect(): Promise<Connection>;
  /** Removes it with all that it stored. */
  remove(): Promise<void>;
  readonly kept: KeptHost;
}

export interface Workshop {
  readonly docker: Docker;
  readonly key: KeyPair;
  /** The name of this machine, and the number of this process. */
  readonly machine: string;
  readonly pid: number;
  /** Leave the hosts running. */
  readonly keep: boolean;
  readonly stop: AbortSignal;
}

/**
 * Starts the hosts of a trial, all at once; the image is made first where it is not there.
 * @throws ProvisionError `test-host-failed`, `interrupted`: none is left running then
 */
export async function startHosts(
  workshop: Workshop,
  trial: Trial,
  names: readonly string[],
  note: Note,
): Promise<readonly TrialHost[]> {
  const image = await hostImage(workshop, trial.image, note);
  await removeKept(workshop, trial);
  note(`waiting for ${names.length === 1 ? 'its' : 'their'} sshd`);
  const started = await Promise.allSettled(names.map((name) => start(workshop, trial, image, name)));
  const hosts = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = started.find((result) => result.status === 'rejected');
  if (failure === undefined) return hosts;
  await Promise.all(hosts.map((host) => host.remove()));
  throw failure.reason instanceof ProvisionError ? failure.reason : notStarted(failure.reason);
}

/** Removes the hosts of runs of this machine that were killed. @returns how many there were */
export async function removeLeftovers(
  { docker, machine }: Workshop,
  isAlive: (pid: number) => boolean,
): Promise<number> {
  const found = await docker.listContainers({ all: true, filters: { label: [TRIAL_LABEL, `${KEEP_LABEL}=no`] } });
  const left = found.filter(({ Labels }) => {
    const [owner, pid] = (Labels[OWNER_LABEL] ?? '').split(' ');
    return owner === machine && !isAlive(Number(pid));
  });
  await Promise.all(left.map(({ Id }) => removeHost(docker.getContainer(Id))));
  return left.length;
}

/** What an earlier run of the very same left running on purpose. */
async function removeKept({ docker, machine }: Workshop, trial: Trial): Promise<void> {
  const label = [`${TRIAL_LABEL}=${labelOf(trial)}`, `${KEEP_LABEL}=yes`];
  const found = await docker.listContainers({ all: true, filters: { label } });
  const own = found.filter(({ Labels }) => Labels[OWNER_LABEL]?.startsWith(`${machine} `));
  await Promise.all(own.map(({ Id }) => removeHost(docker.getContainer(Id))));
}

/** The image with systemd and sshd that is made from a plain one. @returns its name */
async function hostImage({ docker, stop }: Workshop, base: string, note: Note): Promise<string> {
  const image = `provision-test/host:${base.replaceAll(/[^\w.-]/g, '-').slice(-120)}`;
  const recipe: Recipe = {
    image,
    label: CONTEXT_LABEL,
    context: shippedFile('testhost'),
    dockerfile: shippedDockerfile(),
    args: { BASE: base },
    target: 'host',
  };
  if (await isBuilt(docker, recipe)) return image;
  note(`the image ${base}`);
  await ensureImage(docker, base, { note: (line) => note(`pulling ${base}: ${line}`), signal: stop });
  try {
    await build(docker, recipe, {
      note: (line) => note(`building an image with systemd and sshd: ${line}`),
      signal: stop,
    });
  } catch (cause) {
    const [message = '', ...detail] = (cause as Error).message.split('\n');
    throw new ProvisionError('test-host-failed', `no host can be made from the image ${base}: ${message}`, {
      detail: detail.filter((line) => line.trim() !== '').join('\n'),
      hint: 'It must be Debian or Ubuntu, and their package mirrors must be reachable.',
      cause,
    });
  }
  return image;
}

async function start(workshop: Workshop, trial: Trial, image: string, name: string): Promise<TrialHost> {
  const { docker, key, machine, pid, keep, stop } = workshop;
  const container = await startHost(
    docker,
    {
      image,
      prefix: `provision-test-${plain(trial.scenario)}-${plain(name)}`,
      hostname: plain(name),
      labels: {
        [TRIAL_LABEL]: labelOf(trial),
        [OWNER_LABEL]: `${machine} ${pid}`,
        [KEEP_LABEL]: keep ? 'yes' : 'no',
      },
      authorizedKey: key.publicKey,
      ports: [SSH_PORT],
    },
    stop,
  );
  const [info, hostKey] = await Promise.all([container.inspect(), hostKeyOf(docker, container.id)]);
  const published = publishedPort(info, SSH_PORT);
  const own = { hostname: addressOf(info), port: SSH_PORT };
  // Where the engine runs in a virtual machine, as on macOS, only published ports can be reached.
  const { hostname, port } = (await answers(own)) ? own : { hostname: '127.0.0.1', port: published };
  return {
    name,
    hostname,
    address: `root@${hostname}:${port}`,
    connect: () => connect(addressAt({ name, hostname, port, keyFile: key.keyFile, hostKey })),
    remove: () => withLimit(removeHost(container), `the container ${info.Name.slice(1)} cannot be removed`),
    kept: {
      name,
      container: info.Name.slice(1),
      login: `ssh -i ${key.keyFile} -p ${published} root@127.0.0.1`,
    },
  };
}

interface Reached {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly keyFile: string;
  readonly hostKey: string;
}

/** Without ~/.ssh/config, the agent and known_hosts: they are about other hosts. */
function addressAt({ name, hostname, port, keyFile, hostKey }: Reached): HostAddress {
  return {
    name,
    transport: 'ssh',
    hostname,
    port,
    user: 'root',
    keyFiles: [{ path: keyFile, required: true }],
    jumps: [],
    hostKeys: { mode: 'strict', knownHostsFiles: [], pinned: [hostKey] },
    become: { method: 'auto' },
    connectTimeoutMs: CONNECT_LIMIT_MS,
    keepAliveMs: KEEP_ALIVE_MS,
  };
}

function answers({ hostname, port }: { hostname: string; port: number }): Promise<boolean> {
  if (hostname === '') return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = dial({ host: hostname, port, timeout: DIAL_LIMIT_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}

async function withLimit(work: Promise<void>, what: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new ProvisionError('test-host-failed', `${what} within ${REMOVE_LIMIT_MS / 1000} s`, {
        hint: 'Look at the Docker Engine; the next provision test tries again.',
      }),
    );
  }, REMOVE_LIMIT_MS);
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

function notStarted(cause: unknown): ProvisionError {
  const message = cause instanceof Error ? cause.message.trim() : String(cause);
  return new ProvisionError('test-host-failed', `a throwaway host cannot be started: ${message}`, {
    hint: 'What the engine says is the cause; docker info tells whether it is well.',
    cause,
  });
}

function labelOf({ scenario, image }: Trial): string {
  return `${scenario} ${image}`;
}

/** As a part of the name of a container or host. */
function plain(name: string): string {
  return (
    name
      .replaceAll(/[^A-Za-z0-9-]+/g, '-')
      .slice(0, 40)
      .replaceAll(/^-+|-+$/g, '') || 'host'
  );
}
