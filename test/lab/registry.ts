import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf, docker, LAB_LABEL, orUndefined } from './docker.ts';
import { ensureBuilt } from './images.ts';
import { LabError, messageOf } from './lab-error.ts';
import { step } from './progress.ts';

/** Name of the registry's container, and of the volume that keeps its images when the container is removed. */
export const REGISTRY = 'provision-lab-registry';

const IMAGE = 'provision-lab/registry';
const PORT = 5000;
const PUBLISHED_FROM = 5055;
const PORTS_TRIED = 20;
const START_LIMIT_MS = 30_000;

/** Where the registry is reached, as host and port: from throwaway hosts, and from this machine and its engine. */
export interface RegistryAddress {
  readonly fromHosts: string;
  readonly fromHere: string;
}

/** Sees to it that the registry runs, from its image as it is now. */
export async function ensureRegistry(): Promise<RegistryAddress> {
  await ensureBuilt({ image: IMAGE, context: 'test/lab/images/registry' });
  const container = docker.getContainer(REGISTRY);
  const [image, found] = await Promise.all([docker.getImage(IMAGE).inspect(), orUndefined(container.inspect())]);
  if (found === undefined || found.Image !== image.Id) await step('registry: start', create);
  else if (!found.State.Running) await step('registry: start', () => container.start());
  const address = await findRegistry();
  if (address !== undefined && (await answers(address.fromHere))) return address;
  throw new LabError('the registry does not stay up', `See \`docker logs ${REGISTRY}\`.`);
}

/** A registry that has just started listens a moment later. */
async function answers(registry: string): Promise<boolean> {
  const deadline = performance.now() + START_LIMIT_MS;
  do {
    const signal = AbortSignal.timeout(START_LIMIT_MS);
    const response = await fetch(`http://${registry}/v2/`, { signal }).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(100);
  } while (performance.now() < deadline);
  return false;
}

/** Where the registry is reached; undefined when it does not run. */
export async function findRegistry(): Promise<RegistryAddress | undefined> {
  const found = await orUndefined(docker.getContainer(REGISTRY).inspect());
  if (!found?.State.Running) return undefined;
  const published = found.NetworkSettings.Ports[`${PORT}/tcp`]?.[0]?.HostPort;
  return { fromHosts: `${addressOf(found)}:${PORT}`, fromHere: `localhost:${published}` };
}

/** Removes the registry, with what it stores if asked to. */
export async function removeRegistry(options: { storage: boolean }): Promise<void> {
  await orUndefined(docker.getContainer(REGISTRY).remove({ force: true }));
  if (options.storage) await orUndefined(docker.getVolume(REGISTRY).remove());
}

/** Creates and starts the container, published on the first port that is free. */
async function create(): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    await removeRegistry({ storage: false });
    try {
      const container = await createOn(PUBLISHED_FROM + attempt);
      await container.start();
      return;
    } catch (error) {
      const isTaken = /already (allocated|in use)/.test(messageOf(error));
      if (isTaken && attempt < PORTS_TRIED) continue;
      throw new LabError(`the registry cannot be started: ${messageOf(error)}`, 'Run the set-up once more.', error);
    }
  }
}

/**
 * On the engine's default network, as the hosts are: on any other, a host's /etc/resolv.conf would name a server on the
 * loopback of the host, which the containers that the host itself starts cannot ask.
 */
function createOn(port: number) {
  return docker.createContainer({
    name: REGISTRY,
    Image: IMAGE,
    Labels: { [LAB_LABEL]: 'registry' },
    ExposedPorts: { [`${PORT}/tcp`]: {} },
    HostConfig: {
      Binds: [`${REGISTRY}:/var/lib/docker-registry`],
      PortBindings: { [`${PORT}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
    },
  });
}
